//! The registry of 10DLC (`/api/relay/rest/registry/beta`): brands, campaigns, orders and number
//! assignments, as they are asked for and shown.
//!
//! Called by the server's handlers. What is wrong is refused all at once, each fault with the
//! documented word; attributes that nobody documents are ignored. Attributes and their bounds are
//! those of SignalWire's `Create…Request` schemas. Faults look otherwise than those of the sibling
//! APIs, so that they are read and said here.

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::id::Sid;
use ringback_domain::resource::{Body, Resource};
use ringback_domain::subscription::{Interest, Method};
use serde::{Serialize, Serializer};
use serde_json::Value;

use self::brand::BrandJson;
use self::campaign::CampaignJson;
use self::order::{AssignmentJson, OrderJson};
use super::Given;
use crate::laml::request::SubscriptionOrder;

mod brand;
mod campaign;
mod order;
mod page;

pub use brand::{BrandOrder, new_brand};
pub use campaign::{CampaignOrder, new_campaign, new_name};
pub use order::{NumbersOrder, new_order};
pub use page::{ListAsked, PageJson, list};

/// A required value that is blank or absent.
const MISSING: ErrorCode = error_code!("missing_required_parameter");
/// A value that is none of those allowed.
const INVALID: ErrorCode = error_code!("invalid_parameter");

/// Shortest and longest name, and other short texts, in characters.
const SHORT: Chars = Chars { min: 3, max: 64 };
/// A text without bounds but that of the whole body.
const ANY: Chars = Chars {
    min: 1,
    max: usize::MAX,
};

/// How long a text has to be, in characters.
#[derive(Clone, Copy, Debug)]
struct Chars {
    min: usize,
    max: usize,
}

impl Chars {
    /// At least so many.
    const fn at_least(min: usize) -> Self {
        Self {
            min,
            max: usize::MAX,
        }
    }
}

/// What is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryFault {
    title: &'static str,
    code: ErrorCode,
    detail: String,
}

impl RegistryFault {
    /// `attribute` cannot be used: the word that says why, and how the sentence about it goes on.
    fn of_attribute(attribute: &str, code: ErrorCode, message: &str) -> Self {
        let mut name = attribute.replace('_', " ");
        if let Some(first) = name.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self {
            title: "Invalid Attribute",
            code,
            detail: format!("{name} {message}"),
        }
    }

    /// What is registered already forbids it.
    pub fn of_state(code: ErrorCode, message: String) -> Self {
        Self {
            title: "Invalid State",
            code,
            detail: message,
        }
    }

    /// A number that is not the project's.
    pub fn not_available(number: &str) -> Self {
        let code = error_code!("not_available_for_assignment");
        let message = format!("has {number}, which is not this project's: take it first");
        Self::of_attribute("phone_numbers", code, &message)
    }

    /// The word that says what is wrong.
    pub const fn code(&self) -> &ErrorCode {
        &self.code
    }
}

/// SignalWire's `RestSpaceApiErrorItem`.
impl Serialize for RegistryFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = [
            ("detail", self.detail.as_str()),
            ("status", "422"),
            ("title", self.title),
            ("code", self.code.as_str()),
        ];
        serializer.collect_map(entries)
    }
}

/// The answer to a request with faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RegistryFaultsJson {
    /// Each of them.
    pub errors: Vec<RegistryFault>,
}

/// The attributes of a request, read one by one; faults are gathered.
#[derive(Debug)]
struct Attributes<'a> {
    given: &'a Given,
    faults: Vec<RegistryFault>,
}

impl<'a> Attributes<'a> {
    const fn new(given: &'a Given) -> Self {
        Self {
            given,
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, name: &str, code: ErrorCode, message: &str) {
        let fault = RegistryFault::of_attribute(name, code, message);
        self.faults.push(fault);
    }

    /// What was read, unless something was wrong.
    fn done<T>(self, read: T) -> Result<T, Vec<RegistryFault>> {
        if self.faults.is_empty() {
            Ok(read)
        } else {
            Err(self.faults)
        }
    }

    /// What was given, unless it is null.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.given
            .attributes
            .get(name)
            .filter(|value| !value.is_null())
    }

    /// A text that has to be there; empty if it is not, which is a fault.
    fn text(&mut self, name: &str, chars: Chars) -> String {
        let faults = self.faults.len();
        let text = self.optional(name, chars);
        if text.is_none() && self.faults.len() == faults {
            self.fault(name, MISSING, "can't be blank");
        }
        text.unwrap_or_default()
    }

    /// A text that may be left out, or blank.
    fn optional(&mut self, name: &str, chars: Chars) -> Option<String> {
        let Value::String(text) = self.value(name)? else {
            self.fault(name, error_code!("not_a_string"), "has to be a string");
            return None;
        };
        if text.trim().is_empty() {
            return None;
        }
        let count = text.chars().count();
        let Chars { min, max } = chars;
        if count < min {
            let message = format!("is too short (minimum is {min} characters)");
            self.fault(name, INVALID, &message);
        } else if count > max {
            let message = format!("is too long (maximum is {max} characters)");
            self.fault(name, INVALID, &message);
        }
        Some(text.clone())
    }

    /// A word of a list; none if it is missing or no such word, which is a fault.
    fn word<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
        let word = self.text(name, ANY);
        self.parsed(name, &word, parse)
    }

    /// A word of a list that may be left out.
    fn optional_word<T>(&mut self, name: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
        let word = self.optional(name, ANY).unwrap_or_default();
        self.parsed(name, &word, parse)
    }

    fn parsed<T>(&mut self, name: &str, word: &str, parse: fn(&str) -> Option<T>) -> Option<T> {
        let parsed = parse(word);
        if parsed.is_none() && !word.is_empty() {
            self.fault(name, INVALID, "is none of the documented values");
        }
        parsed
    }

    /// Yes or no, which has to be said.
    fn flag(&mut self, name: &str) -> bool {
        match self.value(name) {
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(
                    name,
                    error_code!("not_a_boolean"),
                    "has to be true or false",
                );
                false
            }
            None => {
                self.fault(name, MISSING, "can't be blank");
                false
            }
        }
    }

    /// A list of texts; empty if it is missing.
    fn texts(&mut self, name: &str) -> Vec<&'a str> {
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let items = value.as_array();
        let items = items.map(|items| items.iter().map(Value::as_str));
        items.and_then(Iterator::collect).unwrap_or_else(|| {
            let code = error_code!("not_an_array_of_strings");
            self.fault(name, code, "has to be a list of strings");
            Vec::new()
        })
    }

    /// Who wants to hear of it.
    fn callback(&mut self) -> Option<SubscriptionOrder> {
        const NAME: &str = "status_callback_url";
        let text = self.optional(NAME, ANY)?;
        match self.given.destinations.url(&text) {
            // There is neither a method nor a filter.
            Ok(url) => Some(SubscriptionOrder {
                url,
                method: Method::Post,
                interest: Interest::Every,
            }),
            Err(error) => {
                self.fault(NAME, error_code!("not_an_http_url"), &error.to_string());
                None
            }
        }
    }
}

/// One of what is registered, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum EntryJson<'a> {
    /// A brand.
    Brand(Box<BrandJson<'a>>),
    /// A campaign.
    Campaign(Box<CampaignJson<'a>>),
    /// An order.
    Order(OrderJson<'a>),
    /// A number assignment.
    Assignment(AssignmentJson<'a>),
}

impl<'a> EntryJson<'a> {
    /// What `resource` is; none, if it is not of 10DLC. `name_of` says what people call a number.
    pub fn of(resource: &'a Resource, name_of: impl FnOnce(Sid) -> Option<String>) -> Option<Self> {
        match &resource.body {
            Body::Brand(it) => Some(Self::Brand(Box::new(BrandJson::of(resource, it)))),
            Body::Campaign(it) => Some(Self::Campaign(Box::new(CampaignJson::of(resource, it)))),
            Body::AssignmentOrder(it) => Some(Self::Order(OrderJson::of(resource, it))),
            Body::Assignment(it) => {
                let name = name_of(it.number);
                Some(Self::Assignment(AssignmentJson::of(resource, it, name)))
            }
            Body::Call(_) | Body::Message(_) | Body::Recording(_) | Body::Transcription(_) => None,
        }
    }
}

/// The URL that hears of a resource, as it was given.
fn callback_url(resource: &Resource) -> Option<&str> {
    resource.subscriptions.first().map(|it| it.url.as_str())
}

/// A text that is shown only if there is one.
fn shown(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
