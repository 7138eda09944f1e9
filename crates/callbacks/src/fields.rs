//! Parameters of a callback: taken one by one by the type that they belong to, so that what is
//! left over is what it does not know.
//!
//! Made by [`crate::callback`], taken from by each type. Of a parameter that is there twice the
//! last one counts: what a sender appends to a query comes after what was there.

use std::str::FromStr;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

use crate::callback::ParseError;
use crate::request::{Content, MAX_BODY_BYTES, MAX_PARAMETERS, Request};

/// The parameters of one callback, in order.
#[derive(Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of a request.
    pub(crate) fn read(request: &Request<'_>) -> Result<Self, ParseError> {
        match request.content() {
            Content::Form(text) | Content::Json(text) if text.len() > MAX_BODY_BYTES => {
                Err(ParseError::TooLarge)
            }
            Content::Form(text) => Self::of_form(text),
            Content::Json(text) => Self::of_json(text),
            Content::Other => Err(ParseError::ContentType),
        }
    }

    fn of_form(text: &[u8]) -> Result<Self, ParseError> {
        let pairs = form_urlencoded::parse(text).into_owned();
        Self::bounded(pairs.take(MAX_PARAMETERS + 1).collect())
    }

    /// Values are taken as text, so that a type is read from a form and from JSON alike; one that
    /// is null is not there. What is nested stays JSON.
    fn of_json(text: &[u8]) -> Result<Self, ParseError> {
        let Value::Object(object) =
            serde_json::from_slice(text).map_err(|source| ParseError::Json { source })?
        else {
            return Err(ParseError::NotACallback);
        };
        let text = |value| match value {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        let pairs = object.into_iter();
        Self::bounded(
            pairs
                .filter_map(|(name, value)| Some((name, text(value)?)))
                .collect(),
        )
    }

    fn bounded(pairs: Vec<(String, String)>) -> Result<Self, ParseError> {
        if pairs.len() > MAX_PARAMETERS {
            return Err(ParseError::TooLarge);
        }
        Ok(Self(pairs))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(each, _)| each == name)
    }

    /// A text without which the callback says nothing.
    pub(crate) fn required(&mut self, name: &'static str) -> Result<String, ParseError> {
        match self.text(name) {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) | None => Err(ParseError::Missing { name }),
        }
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().rposition(|(each, _)| each == name)?;
        Some(self.0.remove(at).1)
    }

    /// A text that is not empty: an id, a URL.
    pub(crate) fn filled(&mut self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty())
    }

    pub(crate) fn word<W: for<'a> From<&'a str>>(&mut self, name: &str) -> Option<W> {
        self.filled(name).map(|word| W::from(&word))
    }

    /// A number from 0. What is none is left over, so that nothing is lost.
    pub(crate) fn number(&mut self, name: &str) -> Option<u64> {
        self.read_as(name, |text| u64::from_str(text).ok())
    }

    /// A number with a point; finite.
    pub(crate) fn decimal(&mut self, name: &str) -> Option<f64> {
        let finite = |text: &str| f64::from_str(text).ok().filter(|it| it.is_finite());
        self.read_as(name, finite)
    }

    /// A moment as mails have it (RFC 2822), or as ISO 8601 has it.
    pub(crate) fn moment(&mut self, name: &str) -> Option<SystemTime> {
        self.read_as(name, moment)
    }

    /// An object of texts.
    pub(crate) fn object(&mut self, name: &str) -> Vec<(String, String)> {
        let pairs = |text: &str| {
            let object: serde_json::Map<String, Value> = serde_json::from_str(text).ok()?;
            let pair = |(name, value)| match value {
                Value::String(text) => Some((name, text)),
                _ => None,
            };
            object.into_iter().map(pair).collect()
        };
        self.read_as(name, pairs).unwrap_or_default()
    }

    /// Takes away a parameter that says again what another one said. If it says something else,
    /// it is left over.
    pub(crate) fn same(&mut self, name: &str, said: Option<&str>) {
        let again = |(each, value): &(String, String)| each == name && Some(&**value) == said;
        if let Some(at) = self.0.iter().position(again) {
            self.0.remove(at);
        }
    }

    /// What nobody took.
    pub(crate) fn left_over(self) -> Vec<(String, String)> {
        self.0
    }

    fn read_as<T>(&mut self, name: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let at = self.0.iter().rposition(|(each, _)| each == name)?;
        let value = read(&self.0[at].1)?;
        self.0.remove(at);
        Some(value)
    }
}

fn moment(text: &str) -> Option<SystemTime> {
    let iso_8601 = text.parse::<Timestamp>().ok();
    let at = iso_8601.or_else(|| Some(rfc2822::parse(text).ok()?.timestamp()))?;
    // Before 1970 there were no callbacks, and not every system has a time for it.
    (at.as_second() >= 0).then(|| at.into())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn fields(form: &str) -> Fields {
        Fields::of_form(form.as_bytes()).unwrap()
    }

    #[test]
    fn of_a_parameter_that_is_there_twice_the_last_one_counts() {
        let mut fields = fields("A=1&B=2&A=3");
        assert_eq!(fields.text("A").as_deref(), Some("3"));
        let left = fields.left_over();
        assert_eq!(left, [("A".into(), "1".into()), ("B".into(), "2".into())]);
    }

    #[test]
    fn what_cannot_be_read_is_left_over() {
        let mut fields = fields("A=-1&B=NaN&C=yesterday&D=18446744073709551616&E=");
        assert_eq!((fields.number("A"), fields.decimal("B")), (None, None));
        assert_eq!((fields.moment("C"), fields.number("D")), (None, None));
        assert_eq!(fields.number("E"), None);
        assert_eq!(fields.left_over().len(), 5);
    }

    #[test]
    fn moments_are_read_in_both_forms() {
        let at = UNIX_EPOCH + Duration::from_secs(1_712_255_535);
        for text in [
            "Thu, 04 Apr 2024 18:32:15 +0000",
            "Thu, 4 Apr 2024 20:32:15 +0200",
            "2024-04-04T18:32:15Z",
            "2024-04-04T20:32:15+02:00",
        ] {
            assert_eq!(moment(text), Some(at), "{text}");
        }
        assert_eq!(moment("1969-12-31T23:59:59Z"), None);
        assert_eq!(moment("2024-04-04"), None);
    }

    #[test]
    fn json_is_read_as_text_and_null_is_not_there() {
        let json = br#"{"a": "1", "b": 2, "c": null, "d": {"e": "f"}, "g": true}"#;
        let mut fields = Fields::of_json(json).unwrap();
        assert_eq!(fields.number("a"), Some(1));
        assert_eq!(fields.number("b"), Some(2));
        assert!(!fields.has("c"));
        assert_eq!(fields.object("d"), [("e".to_owned(), "f".to_owned())]);
        assert_eq!(fields.left_over(), [("g".to_owned(), "true".to_owned())]);
    }

    #[test]
    fn what_says_the_same_again_is_taken_and_what_does_not_is_left() {
        let mut fields = fields("SmsSid=1&Caller=2");
        fields.same("SmsSid", Some("1"));
        fields.same("Caller", Some("3"));
        assert_eq!(fields.left_over(), [("Caller".to_owned(), "2".to_owned())]);
    }
}
