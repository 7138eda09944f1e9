//! One element of a document: its attributes, read by name and type.
//!
//! Used by the readers of verbs and nouns. An attribute that nobody asked for is unknown, and
//! [`Element::finish`] says so; a value that cannot be used is told and the default is taken.

use std::ops::RangeInclusive;
use std::time::Duration;

use ringback_domain::error_code;
use ringback_domain::errors::ErrorCode;
use ringback_domain::subscription::Method;
use roxmltree::Node;

use super::fault::{self, Issue, Level, Place};
use super::{MAX_ISSUES, NOT_SUPPORTED, PARSE_FAILURE};

const BAD_METHOD: ErrorCode = error_code!("13221");

/// What was found odd so far.
pub(super) struct Notes<'t> {
    text: &'t str,
    issues: Vec<Issue>,
    left_out: usize,
}

impl<'t> Notes<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self {
            text,
            issues: Vec::new(),
            left_out: 0,
        }
    }

    /// The document.
    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn warn(&mut self, code: ErrorCode, at: usize, text: String) {
        self.note(Level::Warning, code, at, text);
    }

    pub(super) fn error(&mut self, code: ErrorCode, at: usize, text: String) {
        self.note(Level::Error, code, at, text);
    }

    /// The place is found for those alone that are told: to find one takes time.
    fn note(&mut self, level: Level, code: ErrorCode, at: usize, text: String) {
        if self.issues.len() == MAX_ISSUES {
            self.left_out += 1;
            return;
        }
        self.issues.push(Issue {
            code,
            level,
            place: Some(Place::of(self.text, at)),
            text,
        });
    }

    /// All of it, and how much more there was.
    pub(super) fn finish(mut self) -> Vec<Issue> {
        if self.left_out > 0 {
            self.issues.push(Issue {
                code: PARSE_FAILURE,
                level: Level::Warning,
                place: None,
                text: format!("{} more of such are not told", self.left_out),
            });
        }
        self.issues
    }
}

/// An element that is being read.
pub(super) struct Element<'a, 'input> {
    pub(super) node: Node<'a, 'input>,
    name: &'input str,
    known: Vec<&'static str>,
}

impl<'a, 'input> Element<'a, 'input> {
    pub(super) fn new(node: Node<'a, 'input>) -> Self {
        Self {
            node,
            name: node.tag_name().name(),
            known: Vec::new(),
        }
    }

    /// Where it begins.
    pub(super) fn at(&self) -> usize {
        self.node.range().start
    }

    /// The attribute as it stands.
    pub(super) fn raw(&mut self, name: &'static str) -> Option<&'a str> {
        self.known.push(name);
        self.node.attribute(name)
    }

    /// The attribute without blanks around it; an empty one is none.
    pub(super) fn text(&mut self, name: &'static str) -> Option<&'a str> {
        let text = self.raw(name)?.trim();
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn owned(&mut self, name: &'static str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    /// Attributes that are documented and change nothing here.
    pub(super) fn without_effect(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// Attributes that are documented, whose effect would be seen, and that are not simulated.
    pub(super) fn not_simulated(&mut self, names: &[&'static str], notes: &mut Notes<'_>) {
        for name in names {
            if self.text(name).is_some() {
                let says = format!("<{}>: `{name}` is not simulated", self.name);
                notes.warn(NOT_SUPPORTED, self.place_of(name), says);
            }
        }
    }

    /// A whole number: the nearest one in `range`, or `default` for what is none.
    pub(super) fn whole(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
        notes: &mut Notes<'_>,
    ) -> u32 {
        let Some(text) = self.text(name) else {
            return default;
        };
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let (least, most) = (*range.start(), *range.end());
        let used = match text.parse() {
            Ok(number) if range.contains(&number) => return number,
            Ok(number) if number < least => least,
            Ok(_) => most,
            // Digits that do not fit are more than every range has.
            Err(_) if is_number => most,
            Err(_) => default,
        };
        let expected = format!("a whole number from {least} to {most}");
        self.unusable(
            name,
            &expected,
            text,
            &used.to_string(),
            PARSE_FAILURE,
            notes,
        );
        used
    }

    /// A length in whole seconds.
    pub(super) fn seconds(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u32>,
        default: u32,
        notes: &mut Notes<'_>,
    ) -> Duration {
        Duration::from_secs(self.whole(name, range, default, notes).into())
    }

    /// `true` or `false`, in capitals or not.
    pub(super) fn flag(
        &mut self,
        name: &'static str,
        default: bool,
        notes: &mut Notes<'_>,
    ) -> bool {
        let Some(text) = self.text(name) else {
            return default;
        };
        match &*text.to_ascii_lowercase() {
            "true" | "1" => true,
            "false" | "0" => false,
            _ => {
                let used = if default { "true" } else { "false" };
                self.unusable(name, "true or false", text, used, PARSE_FAILURE, notes);
                default
            }
        }
    }

    /// GET or POST; POST by default.
    pub(super) fn method(&mut self, name: &'static str, notes: &mut Notes<'_>) -> Method {
        let Some(text) = self.text(name) else {
            return Method::Post;
        };
        Method::parse(text).unwrap_or_else(|| {
            let says = format!(
                "<{}>: `{name}` has to be GET or POST, not {}: POST is used",
                self.name,
                fault::shown(text)
            );
            notes.error(BAD_METHOD, self.place_of(name), says);
            Method::Post
        })
    }

    /// One of a few words, by what it stands for; the first by default.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &'static str,
        allowed: &[(&'static str, T)],
        code: ErrorCode,
        notes: &mut Notes<'_>,
    ) -> T {
        let (default, meaning) = allowed[0];
        let Some(text) = self.text(name) else {
            return meaning;
        };
        if let Some((_, meaning)) = allowed.iter().find(|(word, _)| *word == text) {
            return *meaning;
        }
        let words: Vec<&str> = allowed.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", words.join(", "));
        self.unusable(name, &expected, text, default, code, notes);
        meaning
    }

    /// That a value cannot be used, and what is used instead.
    pub(super) fn unusable(
        &self,
        name: &'static str,
        expected: &str,
        value: &str,
        used: &str,
        code: ErrorCode,
        notes: &mut Notes<'_>,
    ) {
        let says = format!(
            "<{}>: `{name}` has to be {expected}, not {}: {used} is used",
            self.name,
            fault::shown(value)
        );
        notes.warn(code, self.place_of(name), says);
    }

    /// Where an attribute begins.
    pub(super) fn place_of(&self, name: &str) -> usize {
        let attribute = self.node.attribute_node(name);
        attribute.map_or_else(|| self.at(), |attribute| attribute.range().start)
    }

    /// All its text, that of elements within it too, in one piece: blanks at either end are
    /// left out, and so are those of the document's own lines.
    pub(super) fn content(&self) -> String {
        let mut content = String::new();
        for node in self.node.descendants().filter(Node::is_text) {
            content.push_str(node.text().unwrap_or_default());
        }
        content.trim().to_owned()
    }

    /// Ends the reading: whatever attribute was not asked for does not exist.
    pub(super) fn finish(self, notes: &mut Notes<'_>) {
        for attribute in self.node.attributes() {
            // Those with a prefix are somebody's own, such as `xml:lang`.
            if attribute.namespace().is_some() || self.known.contains(&attribute.name()) {
                continue;
            }
            let found = fault::shown_name(attribute.name());
            let expected = match self.known.as_slice() {
                [] => "none".to_owned(),
                known => known.join(", "),
            };
            let says = format!(
                "<{}> has no attribute `{found}`: expected {expected}; it is left out",
                self.name
            );
            notes.warn(PARSE_FAILURE, attribute.range().start, says);
        }
    }

    /// The same of an element that has neither attributes nor nouns.
    pub(super) fn finish_alone(self, notes: &mut Notes<'_>) {
        self.no_elements(notes);
        self.finish(notes);
    }

    /// Tells of the elements within, where there is to be text or nothing.
    pub(super) fn no_elements(&self, notes: &mut Notes<'_>) {
        for child in self.node.children().filter(Node::is_element) {
            self.unexpected(child, "nothing", notes);
        }
    }

    /// That `child` may not stand here.
    pub(super) fn unexpected(&self, child: Node<'_, '_>, expected: &str, notes: &mut Notes<'_>) {
        let found = fault::shown_name(child.tag_name().name());
        let says = format!(
            "<{found}> may not stand within <{}>: expected {expected}; it is left out",
            self.name
        );
        notes.warn(PARSE_FAILURE, child.range().start, says);
    }
}
