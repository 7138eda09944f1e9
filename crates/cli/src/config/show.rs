//! The effective configuration, in the form of a file.

use std::fmt::Write as _;

use super::Config;
use super::given::Given;

/// Every value with its source; secrets are masked.
pub fn show(config: &Config, given: &Given) -> String {
    let mut text = String::new();
    let mut last = "";
    config.each(|section, key, value| {
        // Writing into a text does not fail.
        if section != last {
            let gap = if last.is_empty() { "" } else { "\n" };
            let _ = writeln!(text, "{gap}[{section}]");
            last = section;
        }
        let source = match given.place(section, key) {
            None => "default".to_owned(),
            Some(place) => place.to_string(),
        };
        let _ = match value {
            Some(value) => writeln!(text, "{key} = {value}  # {source}"),
            None => writeln!(text, "# {key} is not set"),
        };
    });
    text
}
