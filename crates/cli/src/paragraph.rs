//! Texts in lines: broken at blanks, their further lines below the first one.
//!
//! Called by commands that print what is long, and by those that write pages of the manual.

use std::fmt::Write as _;

/// Columns of a line.
pub const WIDTH: usize = 100;

/// A text behind a label; its further lines begin below its first.
pub fn hanging(label: &str, text: &str) -> String {
    hanging_within(WIDTH, label, text)
}

/// The same, in lines of so many columns. A label that is as wide leaves 20 for the text.
pub fn hanging_within(width: usize, label: &str, text: &str) -> String {
    let indent = label.chars().count();
    let lines = wrapped(text, width.saturating_sub(indent).max(20));
    let mut all = String::new();
    for (number, line) in lines.iter().enumerate() {
        let before = if number == 0 {
            label
        } else {
            &" ".repeat(indent)
        };
        let _ = writeln!(all, "{before}{line}");
    }
    all
}

/// The lines of a text, broken at blanks; a word that is longer stands alone.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_broken_at_blanks_and_hangs_below_its_label() {
        assert_eq!(wrapped("aa bb cc", 5), ["aa bb", "cc"]);
        assert_eq!(wrapped("aaaaaaa b", 5), ["aaaaaaa", "b"]);
        assert_eq!(wrapped("", 5), [""]);
        let text = hanging("to: ", &"word ".repeat(30));
        assert!(text.lines().all(|line| line.len() <= WIDTH));
        assert!(text.lines().nth(1).unwrap().starts_with("    word"));
    }
}
