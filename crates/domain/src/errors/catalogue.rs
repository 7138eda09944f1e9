//! What is known of each code, read once from `errors.json`.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::project::Dialect;

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident $text:literal $sentence:literal)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $word,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word),+];

            /// The word for programs.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text,)+ }
            }

            /// The words for people.
            pub const fn told(self) -> &'static str {
                match self { $(Self::$word => $sentence,)+ }
            }

            /// The one of this name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.as_str() == text)
            }
        }
    };
}

words! {
    /// Who has to act, or is the cause where nobody can.
    Fault {
        /// Who is called or written to: the handset is off, the number is none, no wish to hear.
        Recipient "recipient" "the recipient"
        /// The carrier that serves the recipient.
        Carrier "carrier" "the recipient's carrier"
        /// Who calls or sends: numbers, registration, consent, volume, balance.
        Sender "sender" "the sender: its numbers, registration, consent, volume or balance"
        /// The program that asks, or that is asked: a request, a URL, a document, a receiver.
        Application "application" "the application: its requests, URLs, documents or receivers"
        /// What lies between: a provider's network, or Ringback itself.
        Network "network" "the network between, or the server itself"
        /// Nobody says.
        Unknown "unknown" "not known"
    }
}

words! {
    /// Whether the same again can go well.
    Retry {
        /// After a while, without a change.
        Later "later" "can help, after a while"
        /// Only when something was changed: the request, the set-up, or what stands in its way.
        AfterChange "after_change" "helps only after a change"
        /// Never.
        No "no" "does not help"
        /// Nobody says.
        Unknown "unknown" "not known"
    }
}

words! {
    /// Where Ringback itself shows a code.
    SeenIn {
        /// An answer of the compatible API or of a JSON API.
        Rest "rest" "answers of the REST APIs"
        /// What a resource ended with: its `error_code`, and the callback's `ErrorCode`.
        Callback "callback" "resources and their callbacks, as ErrorCode"
        /// An attempt at a callback that failed, or a remark on one that was accepted.
        Attempt "attempt" "attempts at callbacks"
        /// A document of a call or message: its timeline, and the `ErrorCode` that the fallback
        /// URL or the verb's action is told.
        Document "document" "documents: the timeline, and what fallback URLs are told"
        /// An answer of Ringback's own API.
        Native "native" "answers of `/v1`"
    }
}

words! {
    /// What a code is about.
    CodeKind {
        /// Projects and what they may do.
        Account "account" "projects"
        /// Requests as such.
        Api "api" "requests"
        /// Calls.
        Call "call" "calls"
        /// Conferences.
        Conference "conference" "conferences"
        /// Documents.
        Cxml "cxml" "documents"
        /// Messages.
        Message "message" "messages"
        /// Requests of Ringback's own API.
        Native "native" "requests to `/v1`"
        /// Phone numbers.
        Number "number" "phone numbers"
        /// Recordings.
        Recording "recording" "recordings"
        /// The registry of 10DLC.
        Registry "registry" "the 10DLC registry"
        /// Callbacks and documents on their way.
        Webhook "webhook" "webhooks"
    }
}

/// What is known of a code.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The code.
    #[serde(skip)]
    pub code: String,
    /// What it is about.
    pub kind: CodeKind,
    /// `error`, or `warning` where things go on all the same.
    pub level: String,
    /// What it means: SignalWire's meaning, where providers differ.
    pub meaning: String,
    /// What SignalWire means by it, where Twilio means something else.
    pub signalwire: Option<String>,
    /// What Twilio means by it, where that is something else.
    pub twilio: Option<String>,
    /// What to do about it.
    pub remedy: String,
    /// Whose fault it is.
    pub fault: Fault,
    /// Whether a retry can help.
    pub retry: Retry,
    /// Where Ringback shows it; nowhere by itself, if empty.
    pub seen_in: Vec<SeenIn>,
    /// Which pages say so.
    pub source: Vec<String>,
    /// The HTTP status of an answer with it: Ringback's where it gives one, else what suits it.
    pub http_status: Option<u16>,
    /// The number of the compatible API that means the same as this word.
    pub likely_numeric_equivalent: Option<String>,
}

impl Entry {
    /// What it means, by both providers where they differ.
    pub fn meanings(&self) -> String {
        match (&self.signalwire, &self.twilio) {
            (Some(signalwire), Some(twilio)) => {
                format!("SignalWire: {signalwire}; Twilio: {twilio}")
            }
            (Some(_) | None, None) | (None, Some(_)) => self.meaning.clone(),
        }
    }

    /// What it means to the receivers of a dialect: where providers differ, what its provider means.
    pub fn meaning_in(&self, dialect: Dialect) -> &str {
        match dialect {
            Dialect::SignalWire | Dialect::SignalWireStrict => &self.meaning,
            Dialect::Twilio => self.twilio.as_ref().unwrap_or(&self.meaning),
        }
    }

    /// Whose fault it is and whether a retry can help, in a few words.
    pub fn outlook(&self) -> String {
        let (fault, retry) = (self.fault.as_str(), self.retry.words());
        format!("fault: {fault}, retry: {retry}")
    }

    /// All that somebody who meets the code wants to know, in one line.
    pub fn line(&self) -> String {
        format!("{} ({}): {}", self.meanings(), self.outlook(), self.remedy)
    }
}

impl Retry {
    /// Its word with blanks, for a line.
    const fn words(self) -> &'static str {
        match self {
            Self::Later => "later",
            Self::AfterChange => "after a change",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

/// Every code: the numbers first, each group in order.
pub fn entries() -> &'static [Entry] {
    &CATALOGUE.entries
}

/// What is known of `code`.
pub fn entry(code: &str) -> Option<&'static Entry> {
    CATALOGUE.places.get(code).map(|place| &entries()[*place])
}

struct Catalogue {
    entries: Vec<Entry>,
    places: HashMap<String, usize>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("../../errors.json"))
        .expect("the file is part of the program and read by a test");
    let mut entries = file.codes.0;
    entries.sort_by_cached_key(|it| (it.code.parse().unwrap_or(u32::MAX), it.code.clone()));
    let places = entries.iter().enumerate();
    let places = places.map(|(place, it)| (it.code.clone(), place)).collect();
    Catalogue { entries, places }
});

#[derive(Deserialize)]
struct File {
    codes: Codes,
}

/// The entries of an object whose keys are their codes, none of them twice.
struct Codes(Vec<Entry>);

impl<'de> Deserialize<'de> for Codes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CodesVisitor)
    }
}

struct CodesVisitor;

impl<'de> Visitor<'de> for CodesVisitor {
    type Value = Codes;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object of codes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Codes, A::Error> {
        let mut entries: Vec<Entry> = Vec::new();
        while let Some((code, entry)) = map.next_entry::<String, Entry>()? {
            if entries.iter().any(|it| it.code == code) {
                return Err(A::Error::custom(format!("{code} is there twice")));
            }
            entries.push(Entry { code, ..entry });
        }
        Ok(Codes(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_can_be_read_in_order() {
        assert!(entry("30003").unwrap().meaning.contains("unreachable"));
        assert!(entry("11200").unwrap().remedy.contains("reachable"));
        assert!(entry("0").is_none());
        let codes: Vec<&str> = entries().iter().map(|it| it.code.as_str()).collect();
        assert_eq!((codes[0], codes.last()), ("4000", Some(&"wrong_state")));
        assert!(codes.len() > 380, "{}", codes.len());
    }

    #[test]
    fn every_entry_says_what_to_do_and_where_that_is_known_from() {
        for it in entries() {
            assert!(!it.meaning.is_empty() && !it.remedy.is_empty(), "{it:?}");
            assert!(!it.source.is_empty(), "{it:?}");
            assert!(["error", "warning"].contains(&it.level.as_str()), "{it:?}");
            assert_eq!(it.signalwire.is_some(), it.twilio.is_some(), "{it:?}");
            // 10000 means many things, each of these words one of them.
            let number = it.likely_numeric_equivalent.as_ref();
            if let Some(number) = number.filter(|number| *number != "10000") {
                let number = entry(number).unwrap_or_else(|| panic!("{it:?}"));
                assert_eq!((it.fault, it.retry), (number.fault, number.retry), "{it:?}");
            }
        }
    }

    #[test]
    fn retries_agree_with_what_providers_say_of_messages() {
        let file = serde_json::from_str(include_str!("../../errors.json"));
        let file: serde_json::Value = file.unwrap();
        let each = |list: &str, can_help: bool| {
            for code in file["meta"][list].as_array().unwrap() {
                let retry = entry(code.as_str().unwrap()).unwrap().retry;
                assert_eq!(retry == Retry::Later, can_help, "{code}");
            }
        };
        each("retryable_message_codes", true);
        each("permanent_message_codes", false);
    }

    #[test]
    fn a_line_says_everything_and_what_both_providers_mean() {
        let line = entry("30002").unwrap().line();
        let expected = "SignalWire: the balance is too low for the message or operation; Twilio: \
                        the account is suspended (fault: sender, retry: after a change): add funds \
                        or auto top-up";
        assert_eq!(line, expected);
        let line = entry("30005").unwrap().line();
        let expected = "destination number unknown or out of service (fault: recipient, retry: no): \
                        verify the number, and take it from the list if it is out of service";
        assert_eq!(line, expected);
    }

    #[test]
    fn a_dialect_has_its_providers_meaning() {
        check("30002", "balance too low", "account is suspended");
        check("30003", "handset unreachable", "handset unreachable");

        #[track_caller]
        fn check(code: &str, signalwire: &str, twilio: &str) {
            let entry = entry(code).unwrap();
            for (dialect, expected) in [
                (Dialect::SignalWire, signalwire),
                (Dialect::SignalWireStrict, signalwire),
                (Dialect::Twilio, twilio),
            ] {
                let meaning = entry.meaning_in(dialect);
                assert!(meaning.contains(expected), "{code} {dialect:?}: {meaning}");
            }
        }
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        for it in Fault::ALL {
            assert_eq!(Fault::parse(it.as_str()), Some(*it));
        }
        assert_eq!(Retry::parse("after_change"), Some(Retry::AfterChange));
        assert_eq!(CodeKind::parse("fax"), None);
    }
}
