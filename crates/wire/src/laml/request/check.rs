//! Checks of single parameters: a value, `None` if it was not given, or why it is refused.

use std::fmt::Display;
use std::ops::RangeInclusive;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::project::Price;
use ringback_domain::subscription::Method;

use super::{Form, ParamError, quoted};
use crate::url::CallbackUrl;

/// Method that is neither GET nor POST.
const BAD_METHOD: ErrorCode = error_code!("21209");

/// A parameter that must be there.
pub(super) fn required<'a>(
    form: &'a Form,
    name: &'static str,
    code: ErrorCode,
    expected: &str,
) -> Result<&'a str, ParamError> {
    let missing = || ParamError::new(code, name, format_args!("is missing: send {expected}"));
    form.one(name).ok_or_else(missing)
}

/// A refusal of a value.
pub(super) fn refused(
    code: ErrorCode,
    name: &'static str,
    expected: impl Display,
    value: &str,
) -> ParamError {
    let value = quoted(value);
    ParamError::new(
        code,
        name,
        format_args!("has to be {expected}, not {value}"),
    )
}

/// An absolute http or https URL that leads to where the form's URLs may lead.
pub(super) fn url(
    form: &Form,
    name: &'static str,
    code: ErrorCode,
) -> Result<Option<CallbackUrl>, ParamError> {
    let Some(text) = form.one(name) else {
        return Ok(None);
    };
    match form.destinations().url(text) {
        Ok(url) => Ok(Some(url)),
        Err(error) => Err(ParamError::new(code, name, error)),
    }
}

/// GET or POST.
pub(super) fn method(form: &Form, name: &'static str) -> Result<Option<Method>, ParamError> {
    let check = |text: &str| {
        Method::parse(text).ok_or_else(|| refused(BAD_METHOD, name, "GET or POST", text))
    };
    form.one(name).map(check).transpose()
}

/// A whole number.
pub(super) fn whole(
    form: &Form,
    name: &'static str,
    range: RangeInclusive<u32>,
    code: ErrorCode,
) -> Result<Option<u32>, ParamError> {
    let Some(text) = form.one(name) else {
        return Ok(None);
    };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|number| range.contains(number));
    match number.filter(|_| is_number) {
        Some(number) => Ok(Some(number)),
        None => {
            let (least, most) = (range.start(), range.end());
            let expected = format_args!("a whole number from {least} to {most}");
            Err(refused(code, name, expected, text))
        }
    }
}

/// One of a few words.
pub(super) fn word<'a>(
    form: &'a Form,
    name: &'static str,
    allowed: &[&str],
    code: ErrorCode,
) -> Result<Option<&'a str>, ParamError> {
    match form.one(name) {
        Some(text) if !allowed.contains(&text) => Err(refused(code, name, one_of(allowed), text)),
        word => Ok(word),
    }
}

/// `a`, `b` or `c`, in words.
pub(super) fn one_of(allowed: &[&str]) -> String {
    match allowed {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// A boolean; SDKs write `true` and `True`.
pub(super) fn flag(form: &Form, name: &'static str) -> Result<Option<bool>, ParamError> {
    let check = |text: &str| match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => {
            let code = ParamError::BAD_ARGUMENT;
            Err(refused(code, name, "true or false", text))
        }
    };
    form.one(name).map(check).transpose()
}

/// US dollars with up to four decimals: `^\d+\.?\d{0,4}$`.
pub(super) fn price(form: &Form, name: &'static str) -> Result<Option<Price>, ParamError> {
    let check = |text: &str| {
        let expected = "US dollars with up to four decimals, such as 0.05";
        parse_price(text).ok_or_else(|| refused(ParamError::BAD_ARGUMENT, name, expected, text))
    };
    form.one(name).map(check).transpose()
}

fn parse_price(text: &str) -> Option<Price> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || decimals.len() > 4 {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let decimals: i64 = format!("{decimals:0<6}").parse().ok()?;
    let micro_usd = whole.checked_mul(1_000_000)?.checked_add(decimals)?;
    Some(Price::from_micro_usd(micro_usd))
}

/// A SID.
pub(super) fn sid(
    form: &Form,
    name: &'static str,
    code: ErrorCode,
) -> Result<Option<Sid>, ParamError> {
    let check = |text: &str| {
        text.parse()
            .map_err(|_| refused(code, name, "a UUID", text))
    };
    form.one(name).map(check).transpose()
}

/// A UUID in the hyphenated form.
pub(super) fn uuid<'a>(
    form: &'a Form,
    name: &'static str,
    code: ErrorCode,
) -> Result<Option<&'a str>, ParamError> {
    let Some(text) = form.one(name) else {
        return Ok(None);
    };
    match text.parse::<Sid>() {
        Ok(_) => Ok(Some(text)),
        Err(_) => Err(refused(code, name, "a UUID", text)),
    }
}

/// What to say of an address that is none: an unescaped `+` is the usual mistake.
pub(super) fn bad_address(
    code: ErrorCode,
    name: &'static str,
    expected: &str,
    text: &str,
) -> ParamError {
    let digits = text.strip_prefix(' ').unwrap_or_default();
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        let fault = "begins with a blank: in a form, a + is written %2B";
        return ParamError::new(code, name, fault);
    }
    refused(code, name, expected, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_have_up_to_four_decimals() {
        let price = |text: &str| parse_price(text).map(Price::as_micro_usd);
        assert_eq!(price("0.005"), Some(5_000));
        assert_eq!(price("2"), Some(2_000_000));
        assert_eq!(price("2."), Some(2_000_000));
        assert_eq!(price("0.0001"), Some(100));
        for bad in [
            "",
            ".5",
            "-1",
            "1e3",
            "0.00001",
            "1.2.3",
            "9999999999999999999",
            "1,5",
        ] {
            assert_eq!(price(bad), None, "{bad}");
        }
    }

    #[test]
    fn booleans_are_written_as_sdks_write_them() {
        for (text, expected) in [
            ("true", true),
            ("True", true),
            ("1", true),
            ("FALSE", false),
        ] {
            let form = Form::new(vec![("Record".to_owned(), text.to_owned())]);
            assert_eq!(flag(&form, "Record"), Ok(Some(expected)), "{text}");
        }
    }

    #[test]
    fn an_unescaped_plus_is_named() {
        let error = bad_address(error_code!("21211"), "To", "E.164", " 15550100002");
        assert_eq!(
            error.message,
            "To begins with a blank: in a form, a + is written %2B"
        );
        let error = bad_address(error_code!("21211"), "To", "E.164", "5550\u{7}");
        assert_eq!(error.message, "To has to be E.164, not `5550`");
    }
}
