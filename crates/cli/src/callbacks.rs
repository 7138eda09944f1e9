//! `ringback callbacks [TYPE]`: which callbacks there are, and every parameter of each.
//!
//! For people, as JSON, or as the page of the manual that docs/callbacks has.

use std::fmt::Write as _;

use ringback_wire::callback_type::{
    CALLBACK_TYPES, CallbackType, Event, Format, Parameter, PerDialect, Place,
};
use ringback_wire::native::callback_type::{CallbackTypeJson, CallbackTypesJson};

use crate::args::CallbacksArgs;
use crate::output;
use crate::paragraph::hanging;

mod page;

/// Prints what was asked for.
pub fn show(args: &CallbacksArgs) {
    let text = match (args.callback_type, args.json, args.markdown) {
        (None, true, _) => json(&CallbackTypesJson::all()),
        (Some(one), true, _) => json(&CallbackTypeJson::of(one)),
        (Some(one), false, true) => page::page(one),
        (Some(one), false, false) => whole(one),
        (None, false, _) => overview(),
    };
    output::print(&text.trim_end());
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).expect("names and texts")
}

/// A line for each type.
fn overview() -> String {
    let mut text = String::new();
    for it in CALLBACK_TYPES {
        let about = format!("{}: {}", it.title, it.sent);
        text += &hanging(&format!("{:<15}", it.name), &about);
    }
    text + "\n`ringback callbacks TYPE` shows one of them with all its parameters.\n"
}

/// All that is to be known of a type.
fn whole(it: &CallbackType) -> String {
    let mut text = format!("{} ({})\n\n", it.title, it.name);
    let methods = it.methods.join(", or ");
    for (label, about) in [
        ("Also called:   ", it.other_names.join("; ").as_str()),
        ("Sent:          ", it.sent),
        ("Order:         ", it.order),
        ("By:            ", &format!("{methods}; {}", it.encoding)),
        ("Choice:        ", it.choice),
    ] {
        text += &hanging(label, about);
    }
    text += "\nEvents (* by default):\n";
    it.events.iter().for_each(|it| text += &event(it));
    text += "\nAsked for by:\n";
    it.places.iter().for_each(|it| text += &place(it));
    text += "\nParameters, in order:\n";
    it.parameters.iter().for_each(|it| text += &parameter(it));
    text += "\nPitfalls:\n";
    for pitfall in it.pitfalls {
        text += &hanging("  - ", &pitfall.replace("**", ""));
    }
    text
}

fn event(it: &Event) -> String {
    let mark = if it.by_default { '*' } else { ' ' };
    let (name, when) = (it.name, it.when);
    hanging(
        &format!("  {mark} {name:<18} "),
        &format!("{when}{}", told_by(it)),
    )
}

/// The statuses that tell of an event, where its name is not the one.
fn told_by(it: &Event) -> String {
    if it.statuses == PerDialect::from([[it.name].as_slice(); 3]) {
        return String::new();
    }
    let words = |words: &[&str]| match words {
        [] => "nothing".to_owned(),
        words => quoted(words, ", "),
    };
    format!(
        "; told by {}",
        by_dialect(it.statuses.map(|it| Some(words(it))))
    )
}

fn place(it: &Place) -> String {
    let names = [Some(it.url), it.method, it.events].into_iter().flatten();
    let mut about = names.collect::<Vec<_>>().join(", ");
    if !it.note.is_empty() {
        let _ = write!(about, ": {}", it.note);
    }
    hanging(&format!("  {:<25} ", it.place), &about)
}

fn parameter(it: &Parameter) -> String {
    let (format, when) = (format(it), when(it));
    let about = format!("{}; {when}; {format}, such as {}", it.meaning, it.example);
    hanging(&format!("  {:<26} ", it.name), &about)
}

/// When a parameter is there.
fn when(it: &Parameter) -> String {
    by_dialect(it.when.map(|when| when.map(|it| it.sentence().to_owned())))
}

/// What a parameter's value looks like.
fn format(it: &Parameter) -> String {
    match it.format {
        Format::Word { words } => by_dialect(words.map(|words| Some(quoted(words, ", ")))),
        other => other.name().to_owned(),
    }
}

fn quoted(words: &[&str], between: &str) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(between)
}

/// What differs from dialect to dialect, in as few words as can be; `None` has no part in it.
fn by_dialect(each: PerDialect<Option<String>>) -> String {
    let each = [
        ("`signalwire`", each.signalwire),
        ("`signalwire-strict`", each.signalwire_strict),
        ("`twilio`", each.twilio),
    ];
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    let mut without = Vec::new();
    for (dialect, said) in each {
        let Some(said) = said else {
            without.push(dialect);
            continue;
        };
        match groups.iter_mut().find(|(other, _)| *other == said) {
            Some((_, dialects)) => dialects.push(dialect),
            None => groups.push((said, vec![dialect])),
        }
    }
    match (groups.as_slice(), without.as_slice()) {
        ([(said, _)], []) => said.clone(),
        ([(said, dialects)], [_, _]) => format!("{said}; in {} alone", dialects.join(", ")),
        ([(said, _)], without) => format!("{said}; not in {}", without.join(", ")),
        (groups, _) => {
            let groups = groups.iter();
            let groups =
                groups.map(|(said, dialects)| format!("{said} in {}", dialects.join(", ")));
            groups.collect::<Vec<_>>().join("; ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(all: [Option<&str>; 3]) -> String {
        by_dialect(PerDialect::from(all.map(|it| it.map(str::to_owned))))
    }

    #[test]
    fn what_dialects_have_in_common_is_said_once() {
        let (a, b) = (Some("a"), Some("b"));
        assert_eq!(each([a, a, a]), "a");
        assert_eq!(each([a, None, a]), "a; not in `signalwire-strict`");
        assert_eq!(each([None, None, a]), "a; in `twilio` alone");
        assert_eq!(
            each([a, b, a]),
            "a in `signalwire`, `twilio`; b in `signalwire-strict`"
        );
        assert_eq!(each([a, None, b]), "a in `signalwire`; b in `twilio`");
    }

    #[test]
    fn every_type_is_shown_whole() {
        for it in CALLBACK_TYPES {
            assert!(overview().contains(it.name));
            let (text, page) = (whole(it), page::page(it));
            for name in it.parameters.iter().map(|it| it.name) {
                assert!(text.contains(&format!("  {name} ")), "{name}: {text}");
                assert!(page.contains(&format!("| `{name}` |")), "{name}: {page}");
            }
            for place in it.places {
                assert!(text.contains(place.place) && page.contains(place.place));
            }
        }
    }
}
