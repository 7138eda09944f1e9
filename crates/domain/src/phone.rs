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
}
