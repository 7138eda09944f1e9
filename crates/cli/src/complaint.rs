//! How a command says that it cannot: one line on what is wrong, one on what to do.
//!
//! Made wherever a command gives up; printed by `main` alone, on stderr.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

/// What the command line itself got wrong: the convention of most Unix programs.
const USAGE: u8 = 2;
/// Everything else.
const FAILURE: u8 = 1;

/// Why a command gives up.
#[derive(Debug, PartialEq, Eq)]
pub struct Complaint {
    status: u8,
    problem: String,
    hint: Option<String>,
}

impl Complaint {
    /// The command line is wrong.
    pub fn usage(problem: impl Into<String>) -> Self {
        Self {
            status: USAGE,
            problem: one_line(&problem.into()),
            hint: None,
        }
    }

    /// The command line is right, but it did not work.
    pub fn failure(problem: impl Into<String>) -> Self {
        Self {
            status: FAILURE,
            problem: one_line(&problem.into()),
            hint: None,
        }
    }

    /// It did not work, for a reason that is told with its causes.
    pub fn because(problem: &str, cause: &dyn Error) -> Self {
        Self::failure(format!("{problem}: {}", with_causes(cause)))
    }

    /// A mistake on the command line of `command`, in one line instead of clap's paragraphs.
    pub fn mistake(command: &str, error: &clap::Error) -> Self {
        let rendered = error.render().to_string();
        let problem = rendered.split("\n\n").next().unwrap_or_default();
        let problem = problem.strip_prefix("error: ").unwrap_or(problem);
        let mut tips = rendered
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("tip: "));
        let help = || format!("`{command} --help` shows how it is used");
        Self::usage(problem).hint(tips.next().map_or_else(help, str::to_owned))
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(one_line(&hint.into()));
        self
    }

    /// Says it on stderr, and how the process is to end.
    pub fn print(&self) -> ExitCode {
        let mut stderr = anstream::stderr().lock();
        // Nothing is left to be told if stderr is closed.
        let _ = stderr.write_all(self.styled().as_bytes());
        ExitCode::from(self.status)
    }

    /// As it is printed, without colours.
    #[cfg(test)]
    pub fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.styled()).to_string()
    }

    fn styled(&self) -> String {
        let mut text = line("error", AnsiColor::Red, &self.problem);
        if let Some(hint) = &self.hint {
            text.push_str(&line("hint", AnsiColor::Cyan, hint));
        }
        text
    }
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let _ = write!(text, ": {source}");
        cause = source.source();
    }
    text
}

fn line(label: &str, color: AnsiColor, text: &str) -> String {
    let style = Style::new().bold().fg_color(Some(color.into()));
    format!("{style}{label}:{style:#} {text}\n")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_line_and_a_hint() {
        let complaint = Complaint::failure("no\n  room").hint("make\nroom");
        let plain = anstream::adapter::strip_str(&complaint.styled()).to_string();
        assert_eq!(plain, "error: no room\nhint: make room\n");
    }

    #[test]
    fn causes_are_told_in_order() {
        let inner = std::io::Error::other("the cable is cut");
        let outer = ringback_store::StoreError::Unreadable {
            source: Box::new(inner),
        };
        assert_eq!(
            with_causes(&outer),
            "the store cannot be read: the cable is cut"
        );
    }
}
