//! What is wrong with what was given, where, and what is allowed instead.

use std::fmt;
use std::path::PathBuf;

use super::given::Place;
use crate::complaint::Complaint;

/// What is wrong.
#[derive(Debug)]
pub enum ConfigError {
    /// There is no such section or key.
    Unknown {
        /// What was given.
        name: String,
        /// Where.
        place: Place,
        /// What there is.
        known: Vec<String>,
    },
    /// It cannot be that.
    Wrong {
        /// The key, with its section.
        key: String,
        /// Where.
        place: Place,
        /// What was given, quoted; none if it is a secret.
        given: Option<String>,
        /// What it can be.
        allowed: String,
    },
    /// The file is no TOML.
    Syntax {
        /// Where.
        place: Place,
        /// What is wrong.
        message: String,
    },
    /// The file cannot be read.
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Each is right by itself.
    Together {
        /// What is wrong.
        problem: String,
        /// What to do.
        remedy: String,
    },
}

impl From<ConfigError> for Complaint {
    fn from(error: ConfigError) -> Self {
        let hint = error.remedy();
        Self::usage(error.to_string()).hint(hint)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, place, .. } => write!(f, "unknown key `{name}` ({place})"),
            Self::Wrong {
                key, place, given, ..
            } => match given {
                Some(given) => write!(f, "`{key}` cannot be {given} ({place})"),
                None => write!(f, "`{key}` cannot be what was given ({place})"),
            },
            Self::Syntax { place, message } => write!(f, "no TOML ({place}): {message}"),
            Self::Unreadable { path, source } => {
                write!(f, "{} cannot be read: {source}", path.display())
            }
            Self::Together { problem, .. } => f.write_str(problem),
        }
    }
}

impl ConfigError {
    fn remedy(&self) -> String {
        match self {
            Self::Unknown { name, known, .. } => match nearest(name, known) {
                Some(near) => format!("did you mean `{near}`? `ringback config show` lists all"),
                None => format!("there are: {}", known.join(", ")),
            },
            Self::Wrong { allowed, .. } => format!("it is {allowed}"),
            Self::Syntax { .. } => "docs/configuration.md has an example".to_owned(),
            Self::Unreadable { .. } => "name another file: --config FILE".to_owned(),
            Self::Together { remedy, .. } => remedy.clone(),
        }
    }
}

/// The known name that was probably meant.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let name = name.to_ascii_lowercase();
    let far = |other: &&String| {
        // Without a section, the key alone is compared.
        let alone = other.rsplit('.').next().filter(|_| !name.contains('.'));
        let alone = alone.map(|alone| strsim::osa_distance(&name, alone));
        let whole = strsim::osa_distance(&name, other);
        alone.map_or(whole, |alone| alone.min(whole))
    };
    let found = known.iter().min_by_key(far)?;
    // A third of its letters wrong is a slip of the pen; more is another word.
    (far(&found) <= (found.len() / 3).max(2)).then_some(found.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_is_mended_and_another_word_is_not() {
        let known = ["server.http".to_owned(), "store.data".to_owned()];
        assert_eq!(nearest("server.htpp", &known), Some("server.http"));
        assert_eq!(nearest("STORE.DATA", &known), Some("store.data"));
        assert_eq!(nearest("colour", &known), None);
    }
}
