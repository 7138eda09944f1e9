//! Phone numbers and the other addresses that a call may have.
//!
//! Used by the REST surface to refuse bad input, and by wire to format numbers.

/// What kind of address a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// `+` and 2 to 15 digits that do not begin with 0 (ITU-T E.164).
    E164,
    /// 3 to 6 digits.
    ShortCode,
    /// `sip:` or `sips:` and something to call.
    Sip,
    /// `client:` and a name.
    Client,
}

/// What kind of address `text` is; `None` if it is no address at all.
pub fn address(text: &str) -> Option<Address> {
    if let Some(digits) = text.strip_prefix('+') {
        let right = (2..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        return right.then_some(Address::E164);
    }
    if (3..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Address::ShortCode);
    }
    let (scheme, rest) = text.split_once(':')?;
    let usable = !rest.is_empty() && !rest.contains(char::is_whitespace);
    match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" if usable => Some(Address::Sip),
        "client" if usable => Some(Address::Client),
        _ => None,
    }
}

/// The number as people of its country write it: `(555) 010-0002` for North America, as it
/// is elsewhere.
pub fn formatted(number: &str) -> String {
    match number.strip_prefix("+1") {
        Some(national) if national.len() == 10 && address(number) == Some(Address::E164) => {
            format!(
                "({}) {}-{}",
                &national[..3],
                &national[3..6],
                &national[6..]
            )
        }
        _ => number.to_owned(),
    }
}

/// Areas of North America that are free of charge for who calls (NANPA, "Toll-Free Numbers").
pub const TOLL_FREE: [&str; 7] = ["800", "833", "844", "855", "866", "877", "888"];

/// Whether `number` is one that 10DLC is about: of North America, with ten digits of its own, and
/// not free of charge for who calls it.
pub fn is_ten_digit(number: &str) -> bool {
    match number.strip_prefix("+1") {
        Some(own) if own.len() == 10 && address(number) == Some(Address::E164) => {
            !TOLL_FREE.contains(&&own[..3])
        }
        Some(_) | None => false,
    }
}

/// Whether `number` has `pattern` in it, of which `*` is any one digit.
pub fn contains(number: &str, pattern: &str) -> bool {
    let fits = |(part, wanted): (&u8, &u8)| part == wanted || *wanted == b'*' && *part != b'+';
    let mut parts = number.as_bytes().windows(pattern.len().max(1));
    pattern.is_empty() || parts.any(|part| part.iter().zip(pattern.as_bytes()).all(fits))
}

/// The country of a number (ISO 3166-1), as far as its first digits tell: `ZZ`, which stands for
/// no country, if it is none of these. North America counts as the United States.
pub fn country(number: &str) -> &'static str {
    // ITU-T E.164, annex to Operational Bulletin 1114; no code is the beginning of another.
    const CODES: [(&str, &str); 46] = [
        ("+1", "US"),
        ("+7", "RU"),
        ("+20", "EG"),
        ("+27", "ZA"),
        ("+30", "GR"),
        ("+31", "NL"),
        ("+32", "BE"),
        ("+33", "FR"),
        ("+34", "ES"),
        ("+36", "HU"),
        ("+39", "IT"),
        ("+40", "RO"),
        ("+41", "CH"),
        ("+43", "AT"),
        ("+44", "GB"),
        ("+45", "DK"),
        ("+46", "SE"),
        ("+47", "NO"),
        ("+48", "PL"),
        ("+49", "DE"),
        ("+51", "PE"),
        ("+52", "MX"),
        ("+54", "AR"),
        ("+55", "BR"),
        ("+56", "CL"),
        ("+57", "CO"),
        ("+60", "MY"),
        ("+61", "AU"),
        ("+62", "ID"),
        ("+63", "PH"),
        ("+64", "NZ"),
        ("+65", "SG"),
        ("+66", "TH"),
        ("+81", "JP"),
        ("+82", "KR"),
        ("+84", "VN"),
        ("+86", "CN"),
        ("+90", "TR"),
        ("+91", "IN"),
        ("+351", "PT"),
        ("+353", "IE"),
        ("+358", "FI"),
        ("+380", "UA"),
        ("+420", "CZ"),
        ("+852", "HK"),
        ("+972", "IL"),
    ];
    let found = CODES.iter().find(|(code, _)| number.starts_with(code));
    found.map_or("ZZ", |(_, country)| country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_addresses_apart() {
        check("+15550100001", Some(Address::E164));
        check("+4930123456", Some(Address::E164));
        check("12345", Some(Address::ShortCode));
        check("sip:bob@example.com", Some(Address::Sip));
        check("client:alice", Some(Address::Client));
        for bad in [
            "",
            "+",
            "+1",
            "+0123456789",
            "+1555010000A",
            "5550100001",
            "sip:",
            "client: a b",
            "+1234567890123456",
        ] {
            check(bad, None);
        }

        #[track_caller]
        fn check(text: &str, expected: Option<Address>) {
            assert_eq!(address(text), expected, "{text:?}");
        }
    }

    #[test]
    fn formats_north_american_numbers_alone() {
        assert_eq!(formatted("+15550100002"), "(555) 010-0002");
        assert_eq!(formatted("+4930123456"), "+4930123456");
        assert_eq!(formatted("sip:a@b"), "sip:a@b");
        assert_eq!(formatted("+1555é10000"), "+1555é10000");
    }

    #[test]
    fn the_country_is_that_of_the_first_digits() {
        assert_eq!(country("+15550100002"), "US");
        assert_eq!(country("+4930123456"), "DE");
        assert_eq!(country("+97230000000"), "IL");
        assert_eq!(country("+99900000000"), "ZZ");
    }

    #[test]
    fn a_pattern_is_found_anywhere_and_a_star_is_any_digit() {
        for (pattern, found) in [
            ("", true),
            ("+1555", true),
            ("0100", true),
            ("55*0", true),
            ("****0******", true),
            ("************", false),
            ("0101", false),
            ("+15550100001", true),
            ("+155501000011", false),
        ] {
            assert_eq!(contains("+15550100001", pattern), found, "{pattern}");
        }
    }
}
