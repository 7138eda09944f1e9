//! The page of a type of callback, as docs/callbacks has it: `make docs` writes them anew.

use std::fmt::Write as _;

use ringback_wire::callback_type::{CallbackType, Event, Place, Sample};

use super::{format, told_by, when};
use crate::paragraph::{WIDTH, hanging, wrapped};

/// The whole page.
pub fn page(it: &CallbackType) -> String {
    let mut page = format!(
        "<!-- Made by `make docs` from crates/wire/src/callback_type. -->\n# {}\n\n",
        it.title
    );
    page += &paragraph(&format!(
        "{} By {}; parameters as {}.",
        it.sent,
        it.methods.join(", or "),
        it.encoding
    ));
    page += &paragraph(&format!(
        "SignalWire calls it: {}.",
        it.other_names.join("; ")
    ));
    page += &paragraph(
        "Headers, signatures and everything else that callbacks share are in \
         [callbacks.md](../callbacks.md); `ringback callbacks` and `GET /v1/callback-types` have \
         what stands here.",
    );
    page += &events(it);
    page += &places(it.places);
    page += &parameters(it);
    page += &sample(it);
    page += "## Pitfalls\n\n";
    for pitfall in it.pitfalls {
        page += &hanging("- ", pitfall);
    }
    if !it.more.is_empty() {
        let _ = write!(page, "\n{}", it.more);
    }
    page
}

fn events(it: &CallbackType) -> String {
    let mut text =
        "## When it is sent\n\n| event | when | by default |\n|---|---|---|\n".to_owned();
    for event in it.events {
        let Event {
            name,
            when,
            by_default,
            ..
        } = event;
        let by_default = if *by_default { "yes" } else { "" };
        let _ = writeln!(
            text,
            "| `{name}` | {when}{} | {by_default} |",
            told_by(event)
        );
    }
    text.push('\n');
    text += &paragraph(&format!("**Choice.** {}", it.choice));
    text + &paragraph(&format!("**Order.** {}", it.order))
}

fn places(places: &[Place]) -> String {
    let mut text =
        "## How to ask for it\n\n| by | URL | method | events | |\n|---|---|---|---|---|\n"
            .to_owned();
    let code = |name: Option<&str>| name.map_or(String::new(), |name| format!("`{name}`"));
    for Place {
        place,
        url,
        method,
        events,
        note,
    } in places
    {
        let (method, events) = (code(*method), code(*events));
        let _ = writeln!(text, "| {place} | `{url}` | {method} | {events} | {note} |");
    }
    text + "\nWithout a parameter for the method it is POST.\n\n"
}

fn parameters(it: &CallbackType) -> String {
    let mut text = "## Parameters\n\nIn the order in which they are sent.\n\n\
                    | parameter | meaning | type | example | when |\n|---|---|---|---|---|\n"
        .to_owned();
    for parameter in it.parameters {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | `{}` | {} |",
            parameter.name,
            parameter.meaning,
            format(parameter),
            parameter.example,
            when(parameter)
        );
    }
    text.push('\n');
    text
}

fn sample(it: &CallbackType) -> String {
    let sample = Sample::of(it);
    let target = sample.url.splitn(4, '/').nth(3).unwrap_or_default();
    let mut text = "## A sample\n\n".to_owned();
    text += &paragraph(
        "In the dialect `signalwire`, signed with the key of `ringback dev`. The body is one line, \
         broken here.",
    );
    let _ = writeln!(text, "```http\n{} /{target} HTTP/1.1", sample.method);
    for header in &sample.headers {
        let _ = writeln!(text, "{}: {}", header.name, header.value);
    }
    text + "\n" + &broken(&sample.body) + "```\n\n"
}

/// A body in lines, each of which begins with a parameter.
fn broken(body: &str) -> String {
    let breaks = |text: &str| text.starts_with('&') || text.starts_with(",\"");
    let mut parts = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let ends = rest.char_indices().skip(1);
        let end = ends.map(|(at, _)| at).find(|at| breaks(&rest[*at..]));
        let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
        parts.push(part);
        rest = after;
    }
    let mut lines = vec![String::new()];
    for part in parts {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() || line.len() + part.len() <= WIDTH {
            line.push_str(part);
        } else {
            lines.push(part.to_owned());
        }
    }
    lines.join("\n") + "\n"
}

fn paragraph(text: &str) -> String {
    wrapped(text, WIDTH).join("\n") + "\n\n"
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ringback_wire::callback_type::CALLBACK_TYPES;

    use super::*;

    #[test]
    fn the_manual_has_every_page_as_it_is_now() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/callbacks");
        for it in CALLBACK_TYPES {
            let path = folder.join(format!("{}.md", it.name));
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(
                written == page(it),
                "{} is out of date: `make docs` writes it anew",
                path.display()
            );
        }
    }

    #[test]
    fn a_body_is_broken_before_parameters_and_nothing_is_lost() {
        let body = "Key=value&".repeat(40);
        let lines = broken(&body);
        assert!(lines.lines().skip(1).all(|line| line.starts_with('&')));
        assert!(lines.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(lines.replace('\n', ""), body);
    }
}
