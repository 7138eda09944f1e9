//! The page of the manual on error codes, docs/errors.md: `make docs` writes it anew.

use std::fmt::Write as _;

use ringback_domain::errors::{CodeKind, Fault, Retry, SeenIn, entries};

const BEGIN: &str = "\
<!-- Made by `make docs` from crates/domain/errors.json. -->
# Error codes

What each code means, whose fault it is, whether a retry can help and what to do. `ringback errors
CODE` and `GET /v1/errors/{code}` have the same, `ringback errors WORDS` and `GET /v1/errors?q=`
find codes by what they mean; wherever Ringback shows a code, this is shown beside it.

Numbers are those of SignalWire's compatible API, most of them Twilio's as well; words are those of
its JSON APIs. Where both providers mean different things by one number, both are said.

";

/// The whole page.
pub fn page() -> String {
    let mut page = BEGIN.to_owned();
    page += &words(
        "Whose fault",
        Fault::ALL.iter().map(|it| (it.as_str(), it.told())),
    );
    page += &words(
        "A retry",
        Retry::ALL.iter().map(|it| (it.as_str(), it.told())),
    );
    page += &words(
        "Seen in",
        SeenIn::ALL.iter().map(|it| (it.as_str(), it.told())),
    );
    page += "Where nothing stands under *seen in*, Ringback says the code by itself nowhere: a platform that\n\
             reports through `/v1`, or a scenario, may.\n\n";
    for kind in CodeKind::ALL {
        page += &section(*kind);
    }
    page + "Which page of a provider says so is told by `ringback errors CODE`.\n"
}

/// A table of a few words and what they mean.
fn words<'a>(title: &str, words: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = format!("| {title} | |\n|---|---|\n");
    for (word, told) in words {
        let _ = writeln!(text, "| `{word}` | {told} |");
    }
    text + "\n"
}

/// The codes of a kind.
fn section(kind: CodeKind) -> String {
    let mut text = format!(
        "## Codes about {}\n\n| code | meaning | fault | retry | what to do | seen in |\n\
         |---|---|---|---|---|---|\n",
        kind.told()
    );
    for it in entries().iter().filter(|it| it.kind == kind) {
        let (meaning, remedy) = (cell(&it.meanings()), cell(&it.remedy));
        let (fault, retry) = (it.fault.as_str(), it.retry.as_str());
        let seen_in = it.seen_in.iter().map(|it| SeenIn::as_str(*it));
        let seen_in = seen_in.collect::<Vec<_>>().join(", ");
        let code = &it.code;
        let _ = writeln!(
            text,
            "| `{code}` | {meaning} | {fault} | {retry} | {remedy} | {seen_in} |"
        );
    }
    text + "\n"
}

/// A text within a table.
fn cell(text: &str) -> String {
    let text = text.replace('|', "\\|").replace('*', "\\*");
    text.replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_code_once() {
        let page = page();
        for it in entries() {
            let code = format!("| `{}` |", it.code);
            assert_eq!(page.matches(&code).count(), 1, "{code}");
        }
    }

    #[test]
    fn the_manual_has_this_page() {
        let written = include_str!("../../../../docs/errors.md");
        assert!(
            page() == written,
            "docs/errors.md is old: `make docs` writes it anew"
        );
    }
}
