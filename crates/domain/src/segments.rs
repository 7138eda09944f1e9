//! How many segments a text takes: GSM-7 or UCS-2.
//!
//! Source: 3GPP TS 23.038. A text that fits one segment has 160 GSM-7 septets or 70 UCS-2
//! code units; each of several has 153 or 67, the rest is the concatenation header.

/// The basic character set of GSM 03.38; each takes one septet.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension table; each takes two septets, which stay in one segment.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many segments `body` takes; 1 for an empty one.
pub fn segments(body: &str) -> u32 {
    let count = match septets(body) {
        Some(widths) => pack(&widths, 160, 153),
        None => {
            // A character outside the basic plane takes two code units; they stay together.
            let widths: Vec<usize> = body.chars().map(char::len_utf16).collect();
            pack(&widths, 70, 67)
        }
    };
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The septets of each character, if all of them are in the GSM alphabet.
fn septets(body: &str) -> Option<Vec<usize>> {
    body.chars()
        .map(|character| {
            // Most characters of most texts, without a search through the table.
            let usual = character.is_ascii_alphanumeric() || character == ' ';
            if usual || BASIC.contains(character) {
                Some(1)
            } else if EXTENDED.contains(character) {
                Some(2)
            } else {
                None
            }
        })
        .collect()
}

fn pack(widths: &[usize], single: usize, each: usize) -> usize {
    if widths.iter().sum::<usize>() <= single {
        return 1;
    }
    let mut segments = 1;
    let mut filled = 0;
    for width in widths {
        if filled + width > each {
            segments += 1;
            filled = 0;
        }
        filled += width;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_searched_for_stands_in_the_table() {
        let usual = (' '..='~').filter(|c| c.is_ascii_alphanumeric() || *c == ' ');
        assert!(usual.into_iter().all(|c| BASIC.contains(c)));
    }

    #[test]
    fn segments_by_alphabet() {
        check("", 1);
        check(&"a".repeat(160), 1);
        check(&"a".repeat(161), 2);
        check(&"a".repeat(306), 2);
        check(&"a".repeat(307), 3);
        check(&"€".repeat(80), 1);
        check(&"€".repeat(81), 2);
        check(&"ш".repeat(70), 1);
        check(&"ш".repeat(71), 2);
        check(&"ш".repeat(135), 3);
        // One character that GSM-7 has not turns all to UCS-2.
        check(&format!("{}ш", "a".repeat(70)), 2);
        // 152 + a two-septet character does not fit 153: it moves to the next segment whole.
        check(&format!("{}€{}", "a".repeat(152), "a".repeat(152)), 3);
        check(&"😀".repeat(35), 1);
        check(&"😀".repeat(36), 2);
        check("`", 1);

        #[track_caller]
        fn check(body: &str, expected: u32) {
            assert_eq!(segments(body), expected, "{body:?}");
        }
    }
}
