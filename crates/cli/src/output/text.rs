//! Lines for people: aligned, coloured where the terminal has colours.

use std::fmt::{self, Write as _};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use ringback_domain::attempt::{Attempt, AttemptResult};
use ringback_domain::brand::BrandStatus;
use ringback_domain::call::{CallFacts, CallStatus};
use ringback_domain::callback::CallbackState;
use ringback_domain::campaign::CampaignStatus;
use ringback_domain::change::{Change, News, Rejected, Status};
use ringback_domain::errors::{self, ErrorCode};
use ringback_domain::id::Sid;
use ringback_domain::message::MessageStatus;
use ringback_domain::number_assignment::AssignmentStatus;
use ringback_domain::number_assignment_order::AssignmentOrderStatus;
use ringback_domain::recording::RecordingStatus;
use ringback_domain::time::Timestamp;
use ringback_domain::transcription::TranscriptionStatus;
use ringback_domain::verdict::Gap;
use ringback_engine::{Event, Parties};

use super::Line;
use crate::demo::{Arrival, Check};

const DIM: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();
const ODD: Style = AnsiColor::Yellow.on_default();
const PLAIN: Style = Style::new();

/// A line above others, in bold.
pub struct Heading<'a>(pub &'a str);

impl fmt::Display for Heading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bold = Style::new().bold();
        write!(f, "{bold}{}{bold:#}", self.0)
    }
}

/// The line for people, with colours.
pub fn line(line: &Line<'_>, zone: &TimeZone) -> String {
    match line {
        Line::Recorded(Event::Changed {
            parties,
            callbacks,
            change,
        }) => changed(parties, *callbacks, change, zone),
        Line::Recorded(Event::Rejected { rejected, .. }) => refused(rejected, zone),
        Line::Recorded(Event::Warned { warning, .. }) => {
            let mut text = head(warning.at, zone, "remark", warning.resource, "", PLAIN);
            let _ = write!(text, "{ODD}{}{ODD:#}", clean(&warning.text));
            for entry in errors::mentioned(&warning.text) {
                let _ = write!(text, "   {} {}", entry.code, entry.line());
            }
            text
        }
        Line::Recorded(Event::Attempted {
            resource,
            status,
            state,
            retry_in,
            attempt,
            ..
        }) => {
            let at = attempt.started_at + attempt.timings.total;
            let mut text = head(at, zone, "attempt", *resource, status, PLAIN);
            attempted(&mut text, *state, *retry_in, attempt);
            text
        }
        Line::Skipped(count) => {
            format!(
                "{ODD}{count} lines left out: they came faster than they could be printed{ODD:#}"
            )
        }
        Line::Arrived(arrival) => arrived(arrival, zone),
        Line::Demonstrated(summary) => format!("{GOOD}demo: {summary}{GOOD:#}"),
    }
}

/// What every line begins with: when, what, whose, and the status that it is about.
fn head(
    at: Timestamp,
    zone: &TimeZone,
    what: &str,
    sid: Sid,
    status: &str,
    style: Style,
) -> String {
    let sid = sid.to_string();
    let end = &sid[sid.len() - 4..];
    let time = clock(at, zone);
    format!("{DIM}{time}{DIM:#}  {what:<13} {DIM}…{end}{DIM:#}  {style}{status:<11}{style:#}  ")
}

fn changed(parties: &Parties, callbacks: usize, change: &Change, zone: &TimeZone) -> String {
    let status = change.news.status();
    let mut text = head(
        change.at,
        zone,
        parties.kind.as_str(),
        change.resource,
        status.as_str(),
        color(status),
    );
    let who = clean(&between(parties));
    let _ = write!(text, "{who:<28}   {}", count(callbacks));
    match change.gap {
        Gap::None => {}
        Gap::Skipped => text.push_str("   statuses between were skipped"),
    }
    if let Some(reason) = reason(&change.news) {
        let _ = write!(text, "   {BAD}{}{BAD:#}", clean(&reason));
    }
    text
}

/// Whom it connects: two parties, one number, or nobody.
fn between(parties: &Parties) -> String {
    match (parties.from.as_str(), parties.to.as_str()) {
        ("", to) => to.to_owned(),
        (from, to) => format!("{from} → {to}"),
    }
}

fn refused(rejected: &Rejected, zone: &TimeZone) -> String {
    let status = rejected.news.status();
    let mut text = head(
        rejected.at,
        zone,
        "report",
        rejected.resource,
        status.as_str(),
        PLAIN,
    );
    let (verdict, stood) = (rejected.verdict.as_str(), rejected.stood.as_str());
    let _ = write!(
        text,
        "{ODD}{verdict}{ODD:#}: it is {stood} already, so nothing is sent"
    );
    text
}

fn attempted(
    text: &mut String,
    state: CallbackState,
    retry_in: Option<Duration>,
    attempt: &Attempt,
) {
    let took = span(attempt.timings.total);
    let host = destination(&attempt.url);
    match &attempt.result {
        AttemptResult::Accepted => {
            let status = attempt.answer.as_ref().map_or(0, |answer| answer.status);
            let result = format!("{status} in {took}");
            let _ = write!(text, "{GOOD}{result:<16}{GOOD:#} {host}");
            if let Some(note) = &attempt.note {
                let _ = write!(text, "   {ODD}{}{ODD:#}", clean(&told(note)));
            }
        }
        AttemptResult::Failed { code, detail } => {
            let result = format!("{code} in {took}");
            let detail = clean(detail);
            let _ = write!(
                text,
                "{BAD}{result:<16}{BAD:#} {host}   {BAD}{detail}{BAD:#}"
            );
            if let Some(entry) = code.entry() {
                let _ = write!(text, " ({})", entry.outlook());
            }
        }
    }
    if attempt.number > 1 {
        let _ = write!(text, "   try {}", attempt.number);
    }
    let again = retry_in.map(|wait| format!("again in {}", span(wait)));
    let next = match (state, again) {
        (CallbackState::Delivered, _) | (CallbackState::Pending, None) => return,
        (CallbackState::Pending, Some(again)) => again,
        (CallbackState::Aside, Some(again)) => format!("set aside, {again}"),
        (CallbackState::Aside, None) => "set aside".to_owned(),
        (CallbackState::Failed, _) => "given up".to_owned(),
        (CallbackState::Canceled, _) => "canceled".to_owned(),
    };
    let _ = write!(text, "   {ODD}{next}{ODD:#}");
}

fn arrived(arrival: &Arrival, zone: &TimeZone) -> String {
    let mut text = head(
        arrival.at,
        zone,
        "arrived",
        arrival.resource,
        &arrival.status,
        PLAIN,
    );
    match arrival.check {
        Check::Verified => {
            let of = arrival.callback_type;
            let _ = write!(text, "{of}, {GOOD}✓ signature verified{GOOD:#}");
        }
        Check::Forged => {
            let _ = write!(text, "{BAD}✗ the signature is wrong{BAD:#}");
        }
    }
    text
}

/// Good ends, bad ends and all between, also told by their words.
fn color(status: Status) -> Style {
    match status {
        Status::Call(status) => match status {
            CallStatus::Queued
            | CallStatus::Initiated
            | CallStatus::Ringing
            | CallStatus::InProgress => PLAIN,
            CallStatus::Completed => GOOD,
            CallStatus::Canceled => ODD,
            CallStatus::Busy | CallStatus::NoAnswer | CallStatus::Failed => BAD,
        },
        Status::Message(status) => match status {
            MessageStatus::Queued
            | MessageStatus::Sending
            | MessageStatus::Sent
            | MessageStatus::Receiving => PLAIN,
            MessageStatus::Delivered | MessageStatus::Received => GOOD,
            MessageStatus::Undelivered | MessageStatus::Failed => BAD,
        },
        Status::Recording(status) => match status {
            RecordingStatus::Queued
            | RecordingStatus::InProgress
            | RecordingStatus::Paused
            | RecordingStatus::Stopped => PLAIN,
            RecordingStatus::Completed => GOOD,
            RecordingStatus::Absent => ODD,
            RecordingStatus::Failed => BAD,
        },
        Status::Transcription(status) => match status {
            TranscriptionStatus::InProgress => PLAIN,
            TranscriptionStatus::Completed => GOOD,
            TranscriptionStatus::Failed => BAD,
        },
        Status::Brand(status) => match status {
            BrandStatus::Pending => PLAIN,
            BrandStatus::Completed => GOOD,
            BrandStatus::Unverified => BAD,
        },
        Status::Campaign(status) => match status {
            CampaignStatus::Pending => PLAIN,
            CampaignStatus::Active => GOOD,
            CampaignStatus::Inactive => BAD,
        },
        Status::AssignmentOrder(status) => match status {
            AssignmentOrderStatus::Pending | AssignmentOrderStatus::Processing => PLAIN,
            AssignmentOrderStatus::Processed => GOOD,
            AssignmentOrderStatus::Failed => BAD,
        },
        Status::Assignment(status) => match status {
            AssignmentStatus::Pending => PLAIN,
            AssignmentStatus::Completed => GOOD,
            AssignmentStatus::Removed => ODD,
            AssignmentStatus::Failed => BAD,
        },
    }
}

/// Why it ended badly, if it did.
fn reason(news: &News) -> Option<String> {
    if let Some(code) = news.error() {
        return Some(told(code));
    }
    match news {
        News::Call(status, CallFacts { sip: Some(sip), .. }) => match status {
            CallStatus::Busy | CallStatus::NoAnswer | CallStatus::Failed => {
                Some(format!("SIP {} {}", sip.code(), sip.phrase()))
            }
            CallStatus::Queued
            | CallStatus::Initiated
            | CallStatus::Ringing
            | CallStatus::InProgress
            | CallStatus::Completed
            | CallStatus::Canceled => None,
        },
        News::Call(..)
        | News::Message(..)
        | News::Recording(..)
        | News::Transcription(..)
        | News::Brand(_)
        | News::Campaign(_)
        | News::AssignmentOrder(_)
        | News::Assignment(_) => None,
    }
}

/// A code, what it means and what to do.
fn told(code: &ErrorCode) -> String {
    match code.entry() {
        Some(entry) => format!("{code} {}", entry.line()),
        None => code.to_string(),
    }
}

fn count(callbacks: usize) -> String {
    match callbacks {
        0 => "no callback".to_owned(),
        1 => "1 callback".to_owned(),
        more => format!("{more} callbacks"),
    }
}

/// Host and port of a URL: its path may say more than a log should know.
pub fn destination(url: &str) -> String {
    let url = url::Url::parse(url).ok();
    let host = url.as_ref().and_then(url::Url::host_str).unwrap_or("?");
    match url.as_ref().and_then(url::Url::port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The time of day.
fn clock(at: Timestamp, zone: &TimeZone) -> String {
    jiff::Timestamp::from_microsecond(at.as_micros())
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .to_zoned(zone.clone())
        .strftime("%H:%M:%S%.3f")
        .to_string()
}

/// A span of time, as exact as a person wants it.
fn span(duration: Duration) -> String {
    match duration.as_secs() {
        0 if duration.as_millis() == 0 => "<1 ms".to_owned(),
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()).replace(".0 s", " s"),
        60..3600 => format!("{} min", duration.as_secs() / 60),
        _ => format!("{} h", duration.as_secs() / 3600),
    }
}

/// Without what would move a terminal's cursor or begin a line of its own.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::samples;

    #[test]
    fn lines_stand_in_columns() {
        let lines: Vec<String> = samples::all()
            .iter()
            .map(|sample| line(&sample.as_line(), &TimeZone::UTC))
            .map(|line| anstream::adapter::strip_str(&line).to_string())
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn a_terminal_is_not_steered_by_what_others_wrote() {
        assert_eq!(
            clean("a\u{1b}[2Jb\nc\u{9b}d"),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d"
        );
    }

    #[test]
    fn a_url_is_told_by_host_and_port_alone() {
        assert_eq!(
            destination("https://crm.example/secret/path?token=1"),
            "crm.example"
        );
        assert_eq!(destination("http://[::1]:8000/in"), "[::1]:8000");
        assert_eq!(destination("nonsense"), "?");
    }

    #[test]
    fn spans_are_short() {
        let check = |millis, expected| assert_eq!(span(Duration::from_millis(millis)), expected);
        check(0, "<1 ms");
        check(4, "4 ms");
        check(1_000, "1 s");
        check(1_540, "1.5 s");
        check(75_000, "1 min");
        check(14_400_000, "4 h");
    }
}
