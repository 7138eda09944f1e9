//! Numbers with a meaning on the simulated network: one table, asked and printed.
//!
//! Any address is accepted as `From` and as `To`; these are special. Some go by the
//! destination's last four digits, the fictional ones by the last seven and stand for a
//! shipped scenario; both are ours, and so are words in the names of brands and campaigns.
//! The rest are Twilio's published test numbers, which are refused when a resource is created.

pub mod shown;

use ringback_domain::call::AnsweredBy;
use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::phone::{Address, address};
use ringback_domain::sip::{Alerting, SipResult};
use ringback_engine::network::Refusal;

use super::registry::meanings;
use super::scenario::shipped::{self, Shipped};

pub use shown::{NumbersJson, table};

/// What becomes of a call to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallFate {
    /// It rings and is answered by this.
    Answered(AnsweredBy),
    /// It is refused with this answer, after ringing or at once.
    Refused {
        /// The answer.
        sip: SipResult,
        /// Whether it rings before.
        alerting: Alerting,
    },
    /// It rings until its `Timeout`.
    RingsOut,
    /// It rings, and is given up as if its application had ended it.
    Canceled,
    /// No network answers: it fails without a SIP code.
    Unreachable,
}

/// What becomes of a message to a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageFate {
    /// It is sent and delivered.
    Delivered,
    /// It is sent; no receipt ever comes.
    NoReceipt,
    /// It is sent and not delivered.
    Undelivered(ErrorCode),
    /// It is never sent.
    Failed(ErrorCode),
}

/// What destinations that end in some digits mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// Their last four digits; `None` for all that end in no others of the table.
    pub ends_in: Option<&'static str>,
    /// What becomes of a call to them.
    pub call: CallFate,
    /// What becomes of a message to them.
    pub message: MessageFate,
}

/// What a fictional number means: 555-0180 to 555-0199, in any area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fictional {
    /// Its last seven digits.
    pub digits: &'static str,
    /// What it means.
    pub meaning: Meaning,
}

/// What a fictional number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// What goes there takes the course of the shipped scenario of this name.
    Scenario(&'static str),
    /// What becomes of its assignment to a campaign.
    Assignment,
}

/// What a test number is given as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// `From` of a message.
    MessageFrom,
    /// `To` of a message.
    MessageTo,
    /// `From` of a call.
    CallFrom,
    /// `To` of a call.
    CallTo,
    /// `PhoneNumber` of a number to take.
    NumberToTake,
}

/// What a test number is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is accepted.
    Fine,
    /// It is refused with this code, as what it stands for.
    Refused(ErrorCode, &'static str),
}

/// One of Twilio's published test numbers, in one of its uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestNumber {
    /// What it is given as.
    pub usage: Usage,
    /// The number.
    pub number: &'static str,
    /// What it is answered with.
    pub answer: Answer,
}

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// What destinations mean.
    Destination(&'static Destination),
    /// What a fictional number means.
    Fictional(&'static Fictional),
    /// What a name means.
    Name(&'static meanings::Meaning),
    /// What a test number means.
    TestNumber(&'static TestNumber),
}

const ANSWERED: CallFate = CallFate::Answered(AnsweredBy::Human);

/// All other destinations.
static ORDINARY: Destination = Destination {
    ends_in: None,
    call: ANSWERED,
    message: MessageFate::Delivered,
};

/// By the destination's last four digits.
static DESTINATIONS: [Destination; 17] = [
    called("0486", refused(486, Alerting::Silent)),
    // RFC 3398 maps "no answer from the user", who was alerted, to 480.
    called("0480", refused(480, Alerting::Rang)),
    called("0487", CallFate::RingsOut),
    called("0404", refused(404, Alerting::Silent)),
    called("0503", refused(503, Alerting::Silent)),
    // Somebody declines, having heard it.
    called("0603", refused(603, Alerting::Rang)),
    called("0700", CallFate::Answered(AnsweredBy::Machine)),
    written("3000", MessageFate::NoReceipt),
    written("3001", MessageFate::Failed(error_code!("30001"))),
    undelivered("3003", error_code!("30003")),
    undelivered("3004", error_code!("30004")),
    undelivered("3005", error_code!("30005")),
    undelivered("3006", error_code!("30006")),
    undelivered("3007", error_code!("30007")),
    undelivered("3008", error_code!("30008")),
    undelivered("3009", error_code!("30009")),
    // A message that is sent faster than its sender may: refused before any carrier has it.
    written("3022", MessageFate::Failed(error_code!("30022"))),
];

/// By the destination's last seven digits.
static FICTIONAL: [Fictional; 20] = [
    stands_for("5550180", "canceled"),
    stands_for("5550181", "unreachable"),
    stands_for("5550182", "busy-everywhere"),
    stands_for("5550183", "slow-answer"),
    stands_for("5550184", "voicemail"),
    stands_for("5550185", "poor-audio"),
    stands_for("5550186", "recording-absent"),
    stands_for("5550187", "recording-failed"),
    stands_for("5550188", "transcription-failed"),
    stands_for("5550189", "unwanted-call"),
    assigned("5550190"),
    assigned("5550191"),
    stands_for("5550192", "late-receipt"),
    stands_for("5550193", "slow-message"),
    stands_for("5550194", "price-too-high"),
    stands_for("5550195", "too-fast"),
    stands_for("5550196", "daily-cap"),
    stands_for("5550197", "carrier-timeout"),
    stands_for("5550198", "mms-undelivered"),
    stands_for("5550199", "no-campaign"),
];

/// Twilio's published test numbers, with its codes.
static TEST_NUMBERS: [TestNumber; 18] = {
    use Usage::{CallFrom, CallTo, MessageFrom, MessageTo, NumberToTake};
    [
        test(
            MessageFrom,
            "+15005550001",
            error_code!("21212"),
            "an invalid number",
        ),
        test(
            MessageFrom,
            "+15005550007",
            error_code!("21606"),
            "a number that cannot send messages",
        ),
        test(
            MessageFrom,
            "+15005550008",
            error_code!("21611"),
            "a number whose queue is full",
        ),
        fine(MessageFrom),
        test(
            MessageTo,
            "+15005550001",
            error_code!("21211"),
            "an invalid number",
        ),
        test(
            MessageTo,
            "+15005550002",
            error_code!("21612"),
            "a number that cannot be reached",
        ),
        test(
            MessageTo,
            "+15005550003",
            error_code!("21408"),
            "a region without permission",
        ),
        test(
            MessageTo,
            "+15005550004",
            error_code!("21610"),
            "a recipient who opted out",
        ),
        test(
            MessageTo,
            "+15005550009",
            error_code!("21614"),
            "a number that is not mobile",
        ),
        test(
            CallFrom,
            "+15005550001",
            error_code!("21212"),
            "an invalid number",
        ),
        fine(CallFrom),
        test(
            CallTo,
            "+15005550001",
            error_code!("21217"),
            "an invalid number",
        ),
        test(
            CallTo,
            "+15005550002",
            error_code!("21214"),
            "a number that cannot be reached",
        ),
        test(
            CallTo,
            "+15005550003",
            error_code!("21215"),
            "a region without permission",
        ),
        test(
            CallTo,
            "+15005550004",
            error_code!("21216"),
            "a blocked number",
        ),
        test(
            NumberToTake,
            "+15005550000",
            error_code!("21422"),
            "a number that is taken",
        ),
        test(
            NumberToTake,
            "+15005550001",
            error_code!("21421"),
            "an invalid number",
        ),
        fine(NumberToTake),
    ]
};

/// Every row, in the order in which they are printed.
pub fn rows() -> impl Iterator<Item = Row> {
    let destinations = DESTINATIONS.iter().chain([&ORDINARY]).map(Row::Destination);
    destinations
        .chain(FICTIONAL.iter().map(Row::Fictional))
        .chain(names().map(Row::Name))
        .chain(TEST_NUMBERS.iter().map(Row::TestNumber))
}

impl Fictional {
    /// The shipped scenario that it stands for, if it does.
    fn shipped(&self) -> Option<&'static Shipped> {
        match self.meaning {
            Meaning::Scenario(name) => shipped::find(name),
            Meaning::Assignment => None,
        }
    }
}

/// The names that mean something to the registry.
fn names() -> impl Iterator<Item = &'static meanings::Meaning> {
    let is_name = |row: &&meanings::Meaning| matches!(row.sign, meanings::Sign::Name(_));
    meanings::MEANINGS.iter().filter(is_name)
}

/// The shipped scenario that `to` stands for, if it is a fictional number.
pub(super) fn scenario(to: &str) -> Option<&'static Shipped> {
    fictional(to)?.shipped()
}

fn fictional(to: &str) -> Option<&'static Fictional> {
    match address(to) {
        Some(Address::E164) => FICTIONAL.iter().find(|row| to.ends_with(row.digits)),
        Some(Address::ShortCode | Address::Sip | Address::Client) | None => None,
    }
}

/// What becomes of a call to `to`.
pub(super) fn call_fate(to: &str) -> CallFate {
    destination(to).call
}

/// What becomes of a message to `to`.
pub(super) fn message_fate(to: &str) -> &'static MessageFate {
    &destination(to).message
}

/// Whether `to` itself says what becomes of calls and messages to it.
pub(super) fn has_meaning(to: &str) -> bool {
    destination(to).ends_in.is_some() || fictional(to).is_some()
}

/// Refuses `number`, given as `usage`, if it is a test number that says so.
pub(super) fn admit(usage: Usage, number: &str) -> Result<(), Refusal> {
    let row = TEST_NUMBERS
        .iter()
        .find(|row| row.usage == usage && row.number == number);
    match row.map(|row| &row.answer) {
        Some(Answer::Refused(code, stands_for)) => Err(Refusal {
            code: code.clone(),
            message: format!(
                "{} {number} is a test number: it stands for {stands_for}",
                usage.parameter()
            ),
        }),
        Some(Answer::Fine) | None => Ok(()),
    }
}

/// What `to` means. Only numbers have a meaning by their digits: a SIP URI may end in the
/// same ones by its port.
fn destination(to: &str) -> &'static Destination {
    match address(to) {
        Some(Address::E164 | Address::ShortCode) => DESTINATIONS
            .iter()
            .find(|row| row.ends_in.is_some_and(|digits| to.ends_with(digits)))
            .unwrap_or(&ORDINARY),
        Some(Address::Sip | Address::Client) | None => &ORDINARY,
    }
}

impl Usage {
    /// What people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MessageFrom => "message From",
            Self::MessageTo => "message To",
            Self::CallFrom => "call From",
            Self::CallTo => "call To",
            Self::NumberToTake => "number to take",
        }
    }

    /// The parameter of the request.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::MessageFrom | Self::CallFrom => "From",
            Self::MessageTo | Self::CallTo => "To",
            Self::NumberToTake => "PhoneNumber",
        }
    }
}

const fn called(ends_in: &'static str, call: CallFate) -> Destination {
    Destination {
        ends_in: Some(ends_in),
        call,
        message: MessageFate::Delivered,
    }
}

const fn written(ends_in: &'static str, message: MessageFate) -> Destination {
    Destination {
        ends_in: Some(ends_in),
        call: ANSWERED,
        message,
    }
}

const fn undelivered(ends_in: &'static str, code: ErrorCode) -> Destination {
    written(ends_in, MessageFate::Undelivered(code))
}

const fn refused(code: u16, alerting: Alerting) -> CallFate {
    match SipResult::new(code) {
        Some(sip) => CallFate::Refused { sip, alerting },
        None => panic!("no SIP code: noticed when this is compiled"),
    }
}

const fn stands_for(digits: &'static str, scenario: &'static str) -> Fictional {
    let meaning = Meaning::Scenario(scenario);
    Fictional { digits, meaning }
}

const fn assigned(digits: &'static str) -> Fictional {
    let meaning = Meaning::Assignment;
    Fictional { digits, meaning }
}

const fn test(
    usage: Usage,
    number: &'static str,
    code: ErrorCode,
    stands_for: &'static str,
) -> TestNumber {
    TestNumber {
        usage,
        number,
        answer: Answer::Refused(code, stands_for),
    }
}

/// The one that is accepted wherever it is given.
const fn fine(usage: Usage) -> TestNumber {
    TestNumber {
        usage,
        number: "+15005550006",
        answer: Answer::Fine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_numbers_have_a_meaning_by_their_digits() {
        assert_eq!(destination("+15550100486").ends_in, Some("0486"));
        assert_eq!(destination("+4930300486").ends_in, Some("0486"));
        assert_eq!(destination("003003").ends_in, Some("3003"));
        for ordinary in [
            "+15550100002",
            "sip:bob@example.com:0486",
            "client:0486",
            "",
            "486",
        ] {
            assert_eq!(destination(ordinary).ends_in, None, "{ordinary:?}");
        }
    }

    #[test]
    fn every_fictional_number_means_something() {
        for number in 5_550_180..5_550_200 {
            let digits = number.to_string();
            let row = FICTIONAL.iter().find(|row| row.digits == digits).unwrap();
            match row.meaning {
                Meaning::Scenario(name) => {
                    for area in ["+1212", "+1555", "+1"] {
                        let found = scenario(&format!("{area}{digits}")).unwrap();
                        assert_eq!(found.name, name);
                    }
                }
                Meaning::Assignment => assert_eq!(scenario(&format!("+1212{digits}")), None),
            }
        }
        for ordinary in ["+12125550179", "+12125550200", "client:5550180", "5550180"] {
            assert!(scenario(ordinary).is_none(), "{ordinary}");
        }
    }

    #[test]
    fn a_refusal_names_the_parameter_and_says_that_it_is_a_test_number() {
        let refusal = admit(Usage::MessageTo, "+15005550004").unwrap_err();
        assert_eq!(refusal.code, error_code!("21610"));
        assert_eq!(
            refusal.message,
            "To +15005550004 is a test number: it stands for a recipient who opted out"
        );
    }

    #[test]
    fn every_code_is_in_the_catalogue() {
        for row in rows() {
            assert!(
                row.code().is_none_or(|code| code.entry().is_some()),
                "{row:?}"
            );
        }
    }

    #[test]
    fn the_page_of_the_manual_has_the_table() {
        let page = include_str!("../../../../docs/simulation.md");
        let table = table();
        let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
        let printed = lines.join("\n");
        assert!(
            page.contains(&printed),
            "docs/simulation.md has not\n{printed}"
        );
    }

    #[test]
    fn the_table_prints_every_row_on_a_line_of_its_own() {
        let table = table();
        let lines: Vec<&str> = table.lines().collect();
        // Four titles, four headings and three blank lines between.
        let end = lines
            .iter()
            .position(|line| *line == "What the codes mean:")
            .unwrap();
        assert_eq!(end - 1, rows().count() + 11);
        for expected in [
            "  0486            busy, SIP 486                      delivered",
            "  0487            no-answer at its Timeout, SIP 487  delivered",
            "  0603            failed, SIP 603                    delivered",
            "  0700            answered by a machine              delivered",
            "  3000            answered                           sent, no receipt ever",
            "  3009            answered                           undelivered, 30009",
            "  3022            answered                           failed, 30022",
            "  all else        answered                           delivered",
            "  message From    +15005550001                       21212: an invalid number",
            "  call From       +15005550006                       fine",
            "  30005           destination number unknown or out of service (fault: recipient, \
             retry: no): verify the number, and take it from the list if it is out of service",
        ] {
            assert!(lines.contains(&expected), "{expected:?} in\n{table}");
        }
    }
}
