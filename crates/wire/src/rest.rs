//! SignalWire's JSON APIs beside the compatible one: what their requests mean and what their
//! answers look like.
//!
//! Called by the server's handlers. What is wrong is refused all at once, each fault with the
//! documented word and the attribute that it is in; attributes that nobody documents are
//! ignored.

use std::fmt;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::destinations::Destinations;
use crate::laml::error::PAGES;
use crate::url::CallbackUrl;

pub mod message;
pub mod number;
pub mod registry;

/// Where SignalWire explains its words; for answers of a server whose own URL is not known.
const MORE_INFO: &str = "https://developer.signalwire.com/rest/overview/error-codes/";

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    #[serde(rename = "type")]
    class: &'static str,
    #[serde(serialize_with = "crate::code::text")]
    code: ErrorCode,
    message: String,
    attribute: &'static str,
    url: String,
}

impl Fault {
    /// `attribute` cannot be used: the word that says why, and a sentence.
    pub fn new(attribute: &'static str, code: ErrorCode, message: impl fmt::Display) -> Self {
        Self {
            class: "validation_error",
            url: format!("{MORE_INFO}#{code}"),
            code,
            message: message.to_string(),
            attribute,
        }
    }

    /// The word that says what is wrong.
    pub fn code(&self) -> &str {
        self.code.as_str()
    }

    /// The attribute that it is in.
    pub const fn attribute(&self) -> &'static str {
        self.attribute
    }
}

/// The answer to a request with faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultsJson {
    /// Each of them.
    pub errors: Vec<Fault>,
}

impl FaultsJson {
    /// The same, each with the page of the server at `base` that explains its word, as errors of the
    /// compatible surface have it.
    #[must_use]
    pub fn explained_at(mut self, base: &str) -> Self {
        for fault in &mut self.errors {
            fault.url = format!("{base}{PAGES}{}", fault.code);
        }
        self
    }
}

/// The answer to a request that is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RefusalJson {
    /// The status in words.
    pub error: &'static str,
}

/// What a request gives: a JSON object, whose URLs may lead to `destinations` alone.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// The object.
    pub attributes: Map<String, Value>,
    /// Where its URLs may lead.
    pub destinations: Destinations,
}

/// The attributes of a request, read one by one; faults are gathered.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    given: &'a Given,
    pub(crate) faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(given: &'a Given) -> Self {
        Self {
            given,
            faults: Vec::new(),
        }
    }

    pub(crate) fn fault(&mut self, name: &'static str, code: ErrorCode, message: &str) {
        self.faults.push(Fault::new(name, code, message));
    }

    /// What was given, unless it is null.
    pub(crate) fn value(&self, name: &str) -> Option<&'a Value> {
        self.given
            .attributes
            .get(name)
            .filter(|value| !value.is_null())
    }

    /// A text; empty if it is missing or no text, which is a fault.
    pub(crate) fn text(&mut self, name: &'static str) -> &'a str {
        match self.value(name) {
            None => "",
            Some(Value::String(text)) => text,
            Some(_) => {
                self.fault(name, error_code!("not_a_string"), "has to be text");
                ""
            }
        }
    }

    /// A URL that leads to where it may; none if it is missing, empty or no such URL, which is a
    /// fault.
    pub(crate) fn url(&mut self, name: &'static str) -> Option<CallbackUrl> {
        let text = Some(self.text(name)).filter(|text| !text.is_empty())?;
        let url = self.given.destinations.url(text);
        url.map_err(|error| self.fault(name, error_code!("not_an_http_url"), &error.to_string()))
            .ok()
    }

    /// A text that has to be there.
    pub(crate) fn required(&mut self, name: &'static str) -> Option<&'a str> {
        let faults = self.faults.len();
        let text = self.text(name);
        if text.is_empty() && self.faults.len() == faults {
            self.fault(
                name,
                error_code!("missing_required_parameter"),
                "is missing",
            );
        }
        Some(text).filter(|text| !text.is_empty())
    }

    /// Yes or no; no if it is missing or neither, which is a fault.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(
                    name,
                    error_code!("not_a_boolean"),
                    "has to be true or false",
                );
                false
            }
        }
    }
}

#[cfg(test)]
impl Given {
    /// An object whose URLs may lead anywhere.
    pub(crate) fn anywhere(object: &Value) -> Self {
        Self {
            attributes: object.as_object().expect("an object").clone(),
            destinations: Destinations::default(),
        }
    }
}
