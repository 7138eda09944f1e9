//! `ringback errors`, and that the program explains every code that it can say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use ringback_domain::errors::{Fault, Retry, SeenIn, entries, entry};

use crate::manual::files;
use crate::support::ringback;

/// What says codes only where nobody is served.
const NOT_SERVED: [&str; 5] = [
    "cli/src/bench",
    "cli/src/output/samples.rs",
    "domain/src/errors",
    "testing/src",
    "wire/src/callback_type/sample.rs",
];

/// The files of the program, each with its text but for its tests.
fn sources() -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for folder in fs::read_dir(crates).unwrap() {
        let source = folder.unwrap().path().join("src");
        if source.is_dir() {
            files(&source, &mut all);
        }
    }
    let all = all
        .into_iter()
        .map(|file| (file.display().to_string(), file));
    let served = all.filter(|(name, _)| {
        let is_test = name.contains("/tests/") || name.ends_with("/tests.rs");
        !is_test && !NOT_SERVED.iter().any(|part| name.contains(part))
    });
    let read = served.map(|(name, file)| {
        let text = fs::read_to_string(file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        (name, text.to_owned())
    });
    read.collect()
}

/// Every code that the program makes, with the files that do. `error_code!` is the only way to
/// make one, and takes nothing but a literal.
fn said() -> BTreeMap<String, BTreeSet<String>> {
    let mut said: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in sources() {
        for rest in text.split("error_code!(").skip(1) {
            let code = rest.trim_start().strip_prefix('"').expect("a literal");
            let (code, _) = code.split_once('"').unwrap();
            said.entry(code.to_owned())
                .or_default()
                .insert(name.clone());
        }
    }
    said
}

#[test]
fn every_code_that_is_said_is_explained_and_told_where_it_is_seen() {
    let said = said();
    assert!(said.len() > 100, "{}", said.len());
    for (code, files) in &said {
        let entry = entry(code).unwrap_or_else(|| panic!("{code} of {files:?}"));
        assert_ne!(entry.fault, Fault::Unknown, "{code} of {files:?}");
        assert_ne!(entry.retry, Retry::Unknown, "{code} of {files:?}");
        assert!(!entry.seen_in.is_empty(), "{code} of {files:?}");
    }
    let seen = entries().iter().filter(|it| !it.seen_in.is_empty());
    for it in seen {
        assert!(said.contains_key(&it.code), "nothing says {}", it.code);
    }
}

#[test]
fn every_code_that_a_script_can_name_is_explained() {
    // Scenarios and weights take codes of the catalogue alone, but any of these.
    for it in entries() {
        assert_ne!(it.fault, Fault::Unknown, "{}", it.code);
        assert_ne!(it.retry, Retry::Unknown, "{}", it.code);
    }
}

#[test]
fn no_code_is_made_of_a_text_that_is_written_in_the_program() {
    for (name, text) in sources() {
        let reported = text.split("ErrorCode::reported(").skip(1);
        for argument in reported {
            assert!(!argument.trim_start().starts_with('"'), "{name}");
        }
    }
}

#[test]
fn what_the_rest_api_refuses_a_parameter_with_has_its_status() {
    let in_requests = |files: &BTreeSet<String>| {
        let mut files = files.iter();
        files.any(|file| file.contains("wire/src/laml/request"))
    };
    for (code, _) in said().iter().filter(|(_, files)| in_requests(files)) {
        let entry = entry(code).unwrap();
        assert!(entry.seen_in.contains(&SeenIn::Rest), "{code}");
        let listed = ["21205", "54453", "54454", "21481"].contains(&code.as_str());
        let expected = if listed { 400 } else { 422 };
        assert_eq!(entry.http_status, Some(expected), "{code}");
    }
}

#[test]
fn a_code_is_looked_up_by_itself_or_by_words() {
    let check = |arguments: &[&str], says: &str| {
        let output = ringback(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(says), "{arguments:?}: {text}");
    };
    check(&["errors"], "CODE     FAULT");
    check(&["errors", "30003"], "Whose fault  the recipient");
    check(&["errors", "handset", "unreachable"], "30003    recipient");
    check(&["errors", "30003", "--json"], "\"retry\": \"later\"");
    check(&["errors", "--markdown"], "# Error codes");
}

#[test]
fn what_is_not_found_ends_with_a_hint() {
    let output = ringback(&["errors", "hanset"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.ends_with("hint: did you mean `handset`?\n"), "{text}");
}
