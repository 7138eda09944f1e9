//! `ringback errors [CODE|TEXT]`: what error codes mean, whose fault they are, whether a retry can
//! help and what to do.
//!
//! For people, as JSON, or as the page of the manual, docs/errors.md.

use std::io::IsTerminal as _;

use ringback_domain::errors::{Entry, SeenIn, entries, entry, find, nearest};
use ringback_wire::native::error_code::{ErrorCodeJson, ErrorCodePageJson};

use crate::args::ErrorsArgs;
use crate::complaint::Complaint;
use crate::output;
use crate::paragraph::{WIDTH, hanging_within};

mod page;

/// Prints what was asked for.
pub fn run(args: &ErrorsArgs) -> Result<(), Complaint> {
    let text = if args.markdown {
        page::page()
    } else {
        let found = Found::of(&args.text.join(" "))?;
        if args.json {
            found.json()
        } else {
            found.told(width())
        }
    };
    output::print(&text.trim_end());
    Ok(())
}

/// What was asked for.
enum Found {
    /// One code.
    One(&'static Entry),
    /// All of them, or those that a search found.
    Some(Vec<&'static Entry>),
}

impl Found {
    fn of(text: &str) -> Result<Self, Complaint> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::Some(entries().iter().collect()));
        }
        if let Some(entry) = entry(&text.to_lowercase()) {
            return Ok(Self::One(entry));
        }
        let mut found = find(text);
        match (found.pop(), found.len()) {
            (None, _) => Err(nothing(text)),
            (Some(only), 0) => Ok(Self::One(only)),
            (Some(last), _) => {
                found.push(last);
                Ok(Self::Some(found))
            }
        }
    }

    fn json(&self) -> String {
        let text = match self {
            Self::One(entry) => serde_json::to_string_pretty(&ErrorCodeJson::of(entry)),
            Self::Some(entries) => serde_json::to_string_pretty(&ErrorCodePageJson {
                errors: entries.iter().map(|it| ErrorCodeJson::of(it)).collect(),
                next_cursor: None,
            }),
        };
        text.expect("texts and numbers")
    }

    fn told(&self, width: usize) -> String {
        match self {
            Self::One(entry) => whole(entry, width),
            Self::Some(entries) => table(entries, width),
        }
    }
}

fn nothing(text: &str) -> Complaint {
    let complaint = Complaint::failure(format!("no error code has anything to do with `{text}`"));
    let words = text.split_whitespace().map(meant);
    let meant = words.collect::<Vec<_>>().join(" ");
    if find(&meant).is_empty() {
        complaint.hint("use fewer or other words; `ringback errors` lists all codes")
    } else {
        complaint.hint(format!("did you mean `{meant}`?"))
    }
}

/// A word that is somewhere in the catalogue: this one, or the one that looks most like it.
fn meant(word: &str) -> String {
    let near = find(word).is_empty().then(|| nearest(word)).flatten();
    near.unwrap_or_else(|| word.to_owned())
}

/// A line for each code, or some lines.
fn table(entries: &[&Entry], width: usize) -> String {
    let mut text = format!("{:<9}{:<13}{:<14}{}\n", "CODE", "FAULT", "RETRY", "MEANING");
    for it in entries {
        let mut code = it.code.as_str();
        if code.len() > 8 {
            // A word that is too long for its column has a line of its own.
            text += code;
            text.push('\n');
            code = "";
        }
        let (fault, retry) = (it.fault.as_str(), it.retry.as_str());
        let label = format!("{code:<9}{fault:<13}{retry:<14}");
        text += &hanging_within(width, &label, &it.meanings());
    }
    text + "\n`ringback errors CODE` shows one of them whole.\n"
}

/// All that is known of a code.
fn whole(it: &'static Entry, width: usize) -> String {
    let shown = ErrorCodeJson::of(it);
    let mut text = format!("{} ({} about {})\n\n", it.code, it.level, it.kind.told());
    let status = it.http_status.map(|status| status.to_string());
    for (label, about) in [
        ("Meaning", it.twilio.is_none().then(|| it.meaning.clone())),
        ("SignalWire", it.signalwire.clone()),
        ("Twilio", it.twilio.clone()),
        ("Whose fault", Some(it.fault.told().to_owned())),
        ("A retry", Some(it.retry.told().to_owned())),
        ("What to do", Some(it.remedy.clone())),
        ("Same as", Some(shown.same_as.join(", "))),
        ("HTTP status", status),
        ("Seen in", Some(seen_in(it))),
        ("Known from", Some(it.source.join("; "))),
    ] {
        if let Some(about) = about.filter(|about| !about.is_empty()) {
            text += &hanging_within(width, &format!("{label:<13}"), &about);
        }
    }
    text
}

/// Where Ringback shows a code.
fn seen_in(it: &Entry) -> String {
    if it.seen_in.is_empty() {
        return "nothing that Ringback does by itself; a platform or a scenario may report it"
            .to_owned();
    }
    let places = it.seen_in.iter().map(|it| SeenIn::told(*it));
    places.collect::<Vec<_>>().join("; ")
}

/// Columns of the terminal, at most as many as are good to read; the same where there is none.
fn width() -> usize {
    let terminal = std::io::stdout().is_terminal();
    let size = terminal.then(terminal_size::terminal_size).flatten();
    size.map_or(WIDTH, |(width, _)| usize::from(width.0).min(WIDTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        Found::of(text).map_or_else(|complaint| complaint.plain(), |found| found.told(WIDTH))
    }

    #[test]
    fn a_code_is_shown_whole() {
        insta::assert_snapshot!("whole_number", told("30003"));
        insta::assert_snapshot!("whole_both_providers", told("21408"));
        insta::assert_snapshot!("whole_word", told("URL_is_unsafe"));
        insta::assert_snapshot!("whole_never_said", told("30104"));
    }

    #[test]
    fn words_find_what_speaks_of_them() {
        insta::assert_snapshot!("search", told("brand"));
        assert_eq!(
            told("connection TIMEOUT ended"),
            told("31003"),
            "the only one"
        );
    }

    #[test]
    fn a_narrow_terminal_gets_short_lines() {
        for (text, width) in [("30003", 60), ("number", 80)] {
            let narrow = Found::of(text).unwrap().told(width);
            let widest = narrow.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{narrow}");
        }
    }

    #[test]
    fn all_codes_are_listed() {
        let all = told("");
        for it in entries() {
            assert!(all.contains(&it.code), "{}", it.code);
        }
        assert!(all.lines().all(|line| line.chars().count() <= WIDTH));
    }

    #[test]
    fn what_is_not_found_is_asked_about() {
        let check = |text, hint: &str| {
            let expected =
                format!("error: no error code has anything to do with `{text}`\nhint: {hint}\n");
            assert_eq!(told(text), expected);
        };
        check("hanset", "did you mean `handset`?");
        check("hanset unreachible", "did you mean `handset unreachable`?");
        check("url_is_unsave", "did you mean `url_is_unsafe`?");
        let others = "use fewer or other words; `ringback errors` lists all codes";
        check("xyzzyxyzzy", others);
        check("handset xyzzyxyzzy", others);
    }

    #[test]
    fn json_is_that_of_the_native_api() {
        let one: serde_json::Value =
            serde_json::from_str(&Found::of("30003").unwrap().json()).unwrap();
        assert_eq!(one["fault"], "recipient");
        let all: serde_json::Value = serde_json::from_str(&Found::of("").unwrap().json()).unwrap();
        assert_eq!(all["errors"].as_array().unwrap().len(), entries().len());
    }
}
