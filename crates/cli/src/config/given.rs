//! What was given, by key, each with its place: the file, then variables, then flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::tree::find;
use super::value::{Hiding, Raw, Value};
use super::{SECTIONS, USUAL_FILE};

/// Before the section and the key of a variable, each with two underscores.
const PREFIX: &str = "RINGBACK__";

/// Flags: how each is written, its key with its section, its value.
pub type Flags = Vec<(&'static str, String, String)>;

/// Where to look.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file that was named; otherwise [`USUAL_FILE`], if it is there.
    pub file: Option<PathBuf>,
    /// The process's variables.
    pub variables: Vec<(String, String)>,
    /// Flags.
    pub flags: Flags,
}

/// Where something was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the file, on this line.
    File(PathBuf, usize),
    /// In the variable of this name.
    Variable(String),
    /// By this flag.
    Flag(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}, line {line}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// What was given; of each key the last.
#[derive(Debug, Default)]
pub struct Given(BTreeMap<(&'static str, &'static str), (Raw, Place)>);

impl Given {
    /// Reads all sources, in rising precedence; the usual file if none is named.
    pub fn read(sources: &Sources) -> Result<Self, ConfigError> {
        let usual = || Some(PathBuf::from(USUAL_FILE)).filter(|path| path.exists());
        let file = sources.file.clone().or_else(usual);
        Self::of(file.as_deref(), sources)
    }

    /// Reads all sources, but of files this one alone.
    pub fn of(file: Option<&Path>, sources: &Sources) -> Result<Self, ConfigError> {
        let mut given = Self::default();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
                path: path.to_owned(),
                source,
            })?;
            given.file(path, &text)?;
        }
        given.variables(&sources.variables)?;
        for (flag, key, value) in &sources.flags {
            given.flag(flag, key, value)?;
        }
        Ok(given)
    }

    /// The value of a key, which is one of the tree.
    pub fn value<T: Value>(
        &self,
        section: &'static str,
        key: &'static str,
    ) -> Result<T, ConfigError> {
        let Some((raw, place)) = self.0.get(&(section, key)) else {
            let default = find(section, key).and_then(|(_, key)| key.default);
            let found = match default {
                Some(text) => T::read(&Raw::Words(text.to_owned())),
                None => T::absent(),
            };
            return Ok(found.expect("a test reads every default"));
        };
        T::read(raw).ok_or_else(|| ConfigError::Wrong {
            key: format!("{section}.{key}"),
            place: place.clone(),
            given: match T::HIDDEN {
                Hiding::No => Some(raw.quoted()),
                Hiding::Yes => None,
            },
            allowed: T::ALLOWED.to_owned(),
        })
    }

    /// Where a key was given, if it was.
    pub fn place(&self, section: &'static str, key: &'static str) -> Option<&Place> {
        self.0.get(&(section, key)).map(|(_, place)| place)
    }

    fn put(&mut self, section: &str, key: &str, raw: Raw, place: Place) -> Result<(), ConfigError> {
        match find(section, key) {
            Some((section, key)) => {
                self.0.insert((section.name, key.name), (raw, place));
                Ok(())
            }
            None => Err(unknown(format!("{section}.{key}"), place)),
        }
    }

    fn file(&mut self, path: &Path, text: &str) -> Result<(), ConfigError> {
        let at = |offset: usize| {
            let before = text.get(..offset).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            Place::File(path.to_owned(), line)
        };
        let document = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
            place: at(error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        for (name, section) in document.get_ref() {
            let section_name: &str = name.get_ref();
            let place = at(name.span().start);
            let known = SECTIONS.iter().any(|known| known.name == section_name);
            match section.get_ref() {
                DeValue::Table(keys) if known => {
                    for (key, value) in keys {
                        let place = at(key.span().start);
                        self.put(section_name, key.get_ref(), raw(value), place)?;
                    }
                }
                _ if known => {
                    return Err(ConfigError::Wrong {
                        key: section_name.to_owned(),
                        place,
                        given: Some(raw(section).quoted()),
                        allowed: format!("a section: [{section_name}]"),
                    });
                }
                _ => return Err(unknown_section(section_name, place)),
            }
        }
        Ok(())
    }

    fn variables(&mut self, variables: &[(String, String)]) -> Result<(), ConfigError> {
        for (name, value) in variables {
            let Some(rest) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let place = Place::Variable(name.clone());
            let lower = rest.to_ascii_lowercase();
            let Some((section, key)) = lower.split_once("__") else {
                return Err(unknown(lower, place));
            };
            self.put(section, key, Raw::Words(value.clone()), place)?;
        }
        Ok(())
    }

    fn flag(&mut self, flag: &'static str, key: &str, value: &str) -> Result<(), ConfigError> {
        let place = Place::Flag(flag);
        let Some((section, key)) = key.split_once('.') else {
            return Err(unknown(key.to_owned(), place));
        };
        self.put(section, key, Raw::Words(value.to_owned()), place)
    }
}

fn raw(value: &Spanned<DeValue<'_>>) -> Raw {
    match value.get_ref() {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Raw::Number(number.as_str().to_owned()),
        DeValue::Integer(_) => Raw::Other("a number that is not decimal"),
        DeValue::Float(number) => Raw::Number(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Raw::Truth(*truth),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Array(items) => Raw::List(items.iter().map(raw).collect()),
        DeValue::Table(_) => Raw::Other("a table"),
    }
}

fn unknown(name: String, place: Place) -> ConfigError {
    let all = SECTIONS.iter().flat_map(|section| {
        let name = section.name;
        section
            .keys
            .iter()
            .map(move |key| format!("{name}.{}", key.name))
    });
    let section = name.split('.').next().unwrap_or_default();
    let inside = |other: &String| other.split('.').next() == Some(section);
    let (same, others): (Vec<String>, Vec<String>) = all.partition(inside);
    ConfigError::Unknown {
        name,
        place,
        // Of a section that there is, its own keys are what was meant.
        known: if same.is_empty() { others } else { same },
    }
}

fn unknown_section(name: &str, place: Place) -> ConfigError {
    ConfigError::Unknown {
        name: name.to_owned(),
        place,
        known: SECTIONS.iter().map(|known| known.name.to_owned()).collect(),
    }
}
