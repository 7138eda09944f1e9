//! Requests of the compatible surface: from form pairs to what they ask for.
//!
//! Called by the server's handlers with what was decoded from a body or query. What is
//! wrong is refused with the documented code and a sentence that names the parameter;
//! parameters that nobody documents are ignored, as SDKs send some.

use std::fmt;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::subscription::{Interest, Method};

use crate::destinations::Destinations;
use crate::form;
use crate::overrides::Overrides;
use crate::url::CallbackUrl;

mod call;
mod check;
mod list;
mod message;
mod recording;
mod setup;
mod transcription;

pub use call::{CallOrder, CallUpdate, Ending, new_call, update_call};
pub use list::{
    AvailableList, CallList, CreatedList, DateBounds, MessageList, NamedList, list_available,
    list_by_creation, list_calls, list_messages, list_named, list_numbers,
};
pub use message::{MessageOrder, Redaction, new_message, update_message};
pub use recording::{
    RecordingList, RecordingOrder, RecordingUpdate, list_recordings, new_recording,
    recording_with_call, update_recording,
};
pub use setup::{
    NewNumber, Wanted, account_name, new_application, new_number, update_application, update_number,
};
pub use transcription::{TranscriptionOrder, new_transcription};

/// How much of a refused value a message repeats, in characters.
const SHOWN_CHARS: usize = 40;

/// Why a request is refused. Answered as [`super::error::ErrorJson`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParamError {
    /// The documented code.
    pub code: ErrorCode,
    /// Which parameter.
    pub parameter: &'static str,
    /// What is wrong with it and what is allowed, the parameter named first.
    pub message: String,
}

impl ParamError {
    /// A call that nothing says how to handle.
    pub const NO_DOCUMENT: ErrorCode = error_code!("21205");
    /// A page above 0 without a token.
    pub const NO_PAGE_TOKEN: ErrorCode = error_code!("54453");
    /// A page size out of range.
    pub const BAD_PAGE_SIZE: ErrorCode = error_code!("54454");
    /// A page token that was never handed out.
    pub const BAD_PAGE_TOKEN: ErrorCode = error_code!("21481");
    /// Any other argument that is wrong.
    pub const BAD_ARGUMENT: ErrorCode = error_code!("10000");

    /// A parameter and what is wrong with it, which reads on after its name.
    pub(crate) fn new(code: ErrorCode, parameter: &'static str, fault: impl fmt::Display) -> Self {
        Self {
            code,
            parameter,
            message: format!("{parameter} {fault}"),
        }
    }

    /// An application that the project does not have.
    pub fn unknown_application() -> Self {
        let fault = "names no application of this project";
        Self::new(error_code!("21218"), "ApplicationSid", fault)
    }

    /// The HTTP status of the answer: 400 for paging and for a call without a document, as
    /// documented, else 422.
    pub fn status(&self) -> u16 {
        const BAD_REQUEST: [ErrorCode; 4] = [
            ParamError::NO_DOCUMENT,
            ParamError::NO_PAGE_TOKEN,
            ParamError::BAD_PAGE_SIZE,
            ParamError::BAD_PAGE_TOKEN,
        ];
        if BAD_REQUEST.contains(&self.code) {
            400
        } else {
            422
        }
    }
}

/// The parameters of a request, in order, and where its URLs may lead.
#[derive(Clone, Debug, Default)]
pub struct Form {
    pairs: Vec<(String, String)>,
    destinations: Destinations,
}

impl Form {
    /// These parameters, decoded.
    pub fn new(pairs: Vec<(String, String)>) -> Self {
        Self {
            pairs,
            destinations: Destinations::default(),
        }
    }

    /// The parameters of a form body or query.
    pub fn parse(text: &str) -> Self {
        Self::new(form::decode(text))
    }

    /// The same, whose URLs may lead to `destinations` alone.
    #[must_use]
    pub fn within(self, destinations: Destinations) -> Self {
        Self {
            destinations,
            ..self
        }
    }

    /// Where its URLs may lead.
    pub(crate) const fn destinations(&self) -> &Destinations {
        &self.destinations
    }

    /// The last value of a parameter; `None` if it is missing or empty.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.given(name).filter(|value| !value.is_empty())
    }

    /// The last value of a parameter, be it empty.
    pub fn given(&self, name: &str) -> Option<&str> {
        let mut named = self.pairs.iter().rev().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.as_str())
    }

    /// Every value that is not empty, of `name` and of `name[]`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let is_named = move |key: &str| key.strip_suffix("[]").unwrap_or(key) == name;
        let named = self.pairs.iter().filter(move |(key, _)| is_named(key));
        named
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Every word of every value: one space-separated value is documented, SDKs repeat the
    /// key.
    pub fn words<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.all(name).flat_map(str::split_whitespace)
    }

    /// The pairs, in order.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }
}

/// Who wants to hear of the new resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionOrder {
    /// Where callbacks go.
    pub url: CallbackUrl,
    /// How they are sent.
    pub method: Method,
    /// Which changes they tell of.
    pub interest: Interest,
}

/// What a callback URL's fragment was given that cannot be used: for the timeline.
pub(crate) fn warnings_of(url: Option<&CallbackUrl>) -> Vec<String> {
    let Some(fragment) = url.and_then(CallbackUrl::fragment) else {
        return Vec::new();
    };
    let (_, warnings) = Overrides::lenient(fragment);
    warnings.iter().map(ToString::to_string).collect()
}

/// A refused value as a message repeats it: short, and without controls.
fn quoted(value: &str) -> String {
    let mut chars = value.chars().filter(|c| !c.is_control());
    let short: String = chars.by_ref().take(SHOWN_CHARS).collect();
    let rest = if chars.next().is_some() { ".." } else { "" };
    format!("`{short}{rest}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_a_repeated_parameter_holds_and_empty_ones_are_none() {
        let form = Form::parse("To=a&To=b&From=&Body=");
        assert_eq!(form.one("To"), Some("b"));
        assert_eq!(form.one("From"), None);
        assert_eq!(form.given("Body"), Some(""));
        assert_eq!(form.one("to"), None, "names are case-sensitive");
    }

    #[test]
    fn lists_come_in_three_forms() {
        for text in [
            "E=a&E=b&E=c",
            "E=a+b+c",
            "E%5B%5D=a&E%5B%5D=b&E[]=c",
            "E=a++b&E[]=c&E=",
        ] {
            let form = Form::parse(text);
            let words: Vec<&str> = form.words("E").collect();
            assert_eq!(words, ["a", "b", "c"], "{text}");
        }
    }
}
