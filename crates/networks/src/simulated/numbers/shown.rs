//! The table of numbers and names with a meaning as it is shown: as text, and as JSON.
//!
//! Used by `ringback simulate numbers` and by `/v1/simulate/numbers`; both show every row.

use std::fmt::{self, Write};

use ringback_domain::call::AnsweredBy;
use ringback_domain::errors::{Entry, ErrorCode};
use ringback_domain::sip::{Alerting, SipMapping, SipResult};
use ringback_wire::native::error_code::ReasonJson;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Answer, CallFate, Meaning, MessageFate, Row, rows};
use crate::simulated::registry::meanings::{self, Sign};

/// Why writing to one cannot fail.
const WRITES: &str = "a String takes all that is written";

/// All numbers and names that have a meaning on the simulated network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NumbersJson {
    /// Destinations, by their last four digits.
    pub destinations: Vec<DestinationJson>,
    /// Fictional numbers: 555-0180 to 555-0199, in any area.
    pub fictional: Vec<FictionalJson>,
    /// Names in the registry, by a word in them.
    pub names: Vec<NameJson>,
    /// Twilio's published test numbers, which are answered when something is created.
    pub test_numbers: Vec<TestNumberJson>,
    /// What the codes above mean.
    pub codes: Vec<ReasonJson>,
}

/// What destinations mean that end in some digits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DestinationJson {
    /// The digits; none of all that end in no others.
    pub ends_in: Option<&'static str>,
    /// What becomes of a call.
    pub call: String,
    /// What becomes of a message.
    pub message: String,
}

/// What a fictional number means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FictionalJson {
    /// The number, without its area.
    pub number: String,
    /// The shipped scenario that it stands for, if it does.
    pub scenario: Option<&'static str>,
    /// What happens.
    pub meaning: String,
}

/// What a word in a name means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NameJson {
    /// Whose name.
    pub of: String,
    /// The word.
    pub word: String,
    /// What happens.
    pub meaning: String,
}

/// What a test number is answered with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TestNumberJson {
    /// What it is given as.
    pub given_as: &'static str,
    /// The number.
    pub number: &'static str,
    /// The code that it is refused with; none if it is accepted.
    pub error_code: Option<String>,
    /// What it stands for.
    pub meaning: &'static str,
}

impl NumbersJson {
    /// Every row of the table.
    pub fn all() -> Self {
        let mut shown = Self {
            codes: codes().iter().map(ReasonJson::of).collect(),
            ..Self::default()
        };
        for row in rows() {
            let cells = row.cells();
            let [number, _, meaning] = cells.clone();
            match row {
                Row::Destination(row) => {
                    let [_, call, message] = cells;
                    shown.destinations.push(DestinationJson {
                        ends_in: row.ends_in,
                        call,
                        message,
                    });
                }
                Row::Fictional(row) => shown.fictional.push(FictionalJson {
                    number,
                    scenario: match row.meaning {
                        Meaning::Scenario(name) => Some(name),
                        Meaning::Assignment => None,
                    },
                    meaning,
                }),
                Row::Name(_) => {
                    let [of, word, meaning] = cells;
                    shown.names.push(NameJson { of, word, meaning });
                }
                Row::TestNumber(row) => {
                    let (error_code, meaning) = match &row.answer {
                        Answer::Fine => (None, "fine"),
                        Answer::Refused(code, stands_for) => (Some(code.to_string()), *stands_for),
                    };
                    shown.test_numbers.push(TestNumberJson {
                        given_as: row.usage.as_str(),
                        number: row.number,
                        error_code,
                        meaning,
                    });
                }
            }
        }
        shown
    }
}

/// The table as text for people, aligned, each line ended.
pub fn table() -> String {
    let mut text = String::new();
    let mut section = None;
    for row in rows() {
        if section != Some(row.title()) {
            let gap = if section.is_some() { "\n" } else { "" };
            section = Some(row.title());
            writeln!(text, "{gap}{}:", row.title()).expect(WRITES);
            line(&mut text, row.headings().map(str::to_owned));
        }
        line(&mut text, row.cells());
    }
    text += "\nWhat the codes mean:\n";
    for code in codes() {
        let explained = code.entry().map(Entry::line).unwrap_or_default();
        writeln!(text, "  {:<14}  {explained}", code.as_str()).expect(WRITES);
    }
    text
}

/// The codes that the table names, each once, in order.
fn codes() -> Vec<ErrorCode> {
    let mut codes: Vec<ErrorCode> = rows().filter_map(|row| row.code().cloned()).collect();
    codes.sort_by_key(ErrorCode::to_string);
    codes.dedup();
    codes
}

impl Row {
    /// What the rows of its sort are.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Destination(_) => "Destinations, by their last four digits",
            Self::Fictional(_) => "Fictional numbers, in any area",
            Self::Name(_) => "Names in the registry, by a word in them",
            Self::TestNumber(_) => "Twilio's test numbers, when something is created",
        }
    }

    /// The code that it names, if it does.
    pub(super) fn code(self) -> Option<&'static ErrorCode> {
        match self {
            Self::Destination(row) => match &row.message {
                MessageFate::Undelivered(code) | MessageFate::Failed(code) => Some(code),
                MessageFate::Delivered | MessageFate::NoReceipt => None,
            },
            Self::TestNumber(row) => match &row.answer {
                Answer::Refused(code, _) => Some(code),
                Answer::Fine => None,
            },
            // The codes of scenarios are looked up when they are read.
            Self::Fictional(_) | Self::Name(_) => None,
        }
    }

    /// What its cells hold.
    pub const fn headings(self) -> [&'static str; 3] {
        match self {
            Self::Destination(_) => ["ends in", "a call is", "a message is"],
            Self::Fictional(_) => ["number", "scenario", "what happens"],
            Self::Name(_) => ["name of a", "word", "what happens"],
            Self::TestNumber(_) => ["given as", "number", "answer"],
        }
    }

    /// Its cells, as they are printed.
    pub fn cells(self) -> [String; 3] {
        match self {
            Self::Destination(row) => [
                row.ends_in.unwrap_or("all else").to_owned(),
                row.call.to_string(),
                row.message.to_string(),
            ],
            Self::Fictional(row) => {
                let (area, rest) = row.digits.split_at(3);
                let told = assignment(row.digits);
                let (scenario, meaning) = match row.meaning {
                    Meaning::Scenario(name) => (name, row.shipped().map_or("", |it| it.summary)),
                    Meaning::Assignment => ("", told.as_str()),
                };
                [
                    format!("{area}-{rest}"),
                    scenario.to_owned(),
                    meaning.to_owned(),
                ]
            }
            Self::Name(row) => {
                let (Sign::Name(word) | Sign::Number(word)) = row.sign;
                let kind = row.kind.as_str();
                let meaning = format!("The {kind} is {}.", statuses(row));
                [kind.to_owned(), word.to_owned(), meaning]
            }
            Self::TestNumber(row) => [
                row.usage.as_str().to_owned(),
                row.number.to_owned(),
                row.answer.to_string(),
            ],
        }
    }
}

/// What becomes of the assignment of a number with these digits.
fn assignment(digits: &'static str) -> String {
    let is_told = |row: &&meanings::Meaning| row.sign == Sign::Number(digits);
    let row = meanings::MEANINGS.iter().find(is_told);
    row.map_or_else(String::new, |row| {
        format!("Its assignment to a campaign is {}.", statuses(row))
    })
}

/// What a resource comes to, in words.
fn statuses(row: &meanings::Meaning) -> String {
    let words: Vec<&str> = row.statuses.iter().map(|it| it.as_str()).collect();
    words.join(", then ")
}

fn line(text: &mut String, [first, second, third]: [String; 3]) {
    writeln!(text, "  {first:<14}  {second:<33}  {third}").expect(WRITES);
}

impl fmt::Display for CallFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(AnsweredBy::Human) => f.write_str("answered"),
            Self::Answered(AnsweredBy::Machine) => f.write_str("answered by a machine"),
            Self::Refused { sip, .. } => {
                write!(f, "{}, SIP {}", outcome(*sip), sip.code())
            }
            Self::RingsOut => f.write_str("no-answer at its Timeout, SIP 487"),
            Self::Canceled => f.write_str("canceled, SIP 487"),
            Self::Unreachable => f.write_str("failed, no SIP code"),
        }
    }
}

impl fmt::Display for MessageFate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered => f.write_str("delivered"),
            Self::NoReceipt => f.write_str("sent, no receipt ever"),
            Self::Undelivered(code) => write!(f, "undelivered, {code}"),
            Self::Failed(code) => write!(f, "failed, {code}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fine => f.write_str("fine"),
            Self::Refused(code, stands_for) => write!(f, "{code}: {stands_for}"),
        }
    }
}

/// How a call ends by default that is refused so; a project may say otherwise of some.
fn outcome(sip: SipResult) -> &'static str {
    sip.end_status(Alerting::Rang, &SipMapping::default())
        .as_str()
}
