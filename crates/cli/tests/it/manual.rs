//! docs/operations.md says what to do at every warning and error that is logged.

use std::fs;
use std::path::{Path, PathBuf};

const MANUAL: &str = include_str!("../../../../docs/operations.md");

/// What only ever runs before somebody's eyes.
const NOT_SERVED: [&str; 3] = ["cli/src/bench", "cli/src/demo", "testing/src"];

/// The files of Rust below `folder`.
pub fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

/// The text that a macro's arguments end with; they begin where `code` does. Only the last
/// text is the message: those before it are values.
fn message(code: &str) -> Option<String> {
    let (mut depth, mut last, mut text) = (1, None, None::<String>);
    let mut characters = code.chars();
    while let Some(c) = characters.next() {
        match (&mut text, c) {
            (Some(read), '\\') => {
                // An escaped end of line takes the blanks of the next one along.
                match characters.next()? {
                    '\n' => read.push('\n'),
                    other => read.push(other),
                }
            }
            (Some(_), '"') => last = text.take(),
            (Some(read), other) => read.push(other),
            (None, '"') => text = Some(String::new()),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            (None, _) => {}
        }
        if depth == 0 {
            break;
        }
    }
    let lines = last?;
    Some(lines.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Every warning and error that some code logs.
fn logged(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]\nmod tests").next().unwrap();
    let begins = ["warn!(", "error!("].map(|name| code.split(name).skip(1));
    begins.into_iter().flatten().filter_map(message).collect()
}

#[test]
fn every_warning_and_error_is_explained() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for folder in fs::read_dir(crates).unwrap() {
        let source = folder.unwrap().path().join("src");
        if source.is_dir() {
            files(&source, &mut all);
        }
    }
    let mut count = 0;
    for file in all {
        let name = file.display().to_string();
        if NOT_SERVED.iter().any(|part| name.contains(part)) {
            continue;
        }
        for line in logged(&fs::read_to_string(&file).unwrap()) {
            // What is put in at the end differs; an error alone is the one that was answered.
            let fixed = line.split('{').next().unwrap().trim_end();
            count += 1;
            assert!(
                fixed.is_empty() || MANUAL.contains(&format!("`{fixed}")),
                "docs/operations.md does not say what to do when {name} logs: {line}"
            );
        }
    }
    assert!(count > 30, "only {count} lines were found");
}

#[test]
fn a_message_is_the_last_text_of_its_macro() {
    let code = "warn!(a = b(\"x\"), \"it (is) \\\n        over\"); error!(\"{it}\")";
    assert_eq!(logged(code), ["it (is) over", "{it}"]);
}
