//! The reference of the configuration: docs/configuration.md, made from the tree.

use std::fmt::Write as _;

use super::tree::{Key, Section};
use super::{SECTIONS, USUAL_FILE};

/// The whole page.
pub fn manual() -> String {
    let mut page = introduction();
    for section in SECTIONS {
        // Writing into a text does not fail.
        let _ = write!(
            page,
            "\n## `[{}]`\n\n{}\n",
            section.name,
            prose(section.doc)
        );
        for key in section.keys {
            page.push_str(&entry(section, key));
        }
    }
    page
}

fn introduction() -> String {
    format!(
        "<!-- Made by `ringback config reference` from the doc comments of \
         crates/cli/src/config.rs. -->\n\
         # Configuration\n\n\
         `ringback serve` reads, each winning over the one before:\n\n\
         1. a file: `--config FILE`, otherwise `{USUAL_FILE}` if it is there;\n\
         2. variables: `RINGBACK__SECTION__KEY`, such as `RINGBACK__SERVER__HTTP`;\n\
         3. flags: `--set section.key=value`, and one of its own for the most common keys.\n\n\
         ```toml\n\
         [server]\n\
         http = \"127.0.0.1:8080\"\n\
         public_url = \"https://ringback.example\"\n\n\
         [delivery]\n\
         allow_destinations = [\"10.20.0.0/16\"]\n\
         ```\n\n\
         A key that there is not, or a value that cannot be, is an error that names it, its \
         place and what is\nallowed. `ringback config check` looks for errors without starting \
         anything; `ringback config show`\nprints every value with its source, secrets masked. \
         In variables and flags a list is written with\ncommas.\n"
    )
}

fn entry(section: &Section, key: &Key) -> String {
    let default = match key.default {
        Some(default) => format!("`{default}`"),
        None => "not set".to_owned(),
    };
    let (section, name) = (section.name, key.name);
    let variable = format!("RINGBACK__{section}__{name}").to_ascii_uppercase();
    format!(
        "\n### `{section}.{name}`\n\n{}\n\n\
         - allowed: {}\n- default: {default}\n- variable: `{variable}`\n",
        prose(key.doc),
        key.allowed,
    )
}

/// Lines of a doc comment, each with the blank before it taken off.
fn prose(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    lines.join("\n")
}
