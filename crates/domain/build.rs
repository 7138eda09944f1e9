//! Which codes of `errors.json` are explained, for the compiler: it refuses every other one where
//! the program makes a code (`error_code!`).

use std::path::Path;
use std::{env, fs};

use serde_json::Value;

fn main() {
    println!("cargo::rerun-if-changed=errors.json");
    let text = fs::read_to_string("errors.json").expect("the file is part of the crate");
    let catalogue: Value = serde_json::from_str(&text).expect("the file is JSON");
    let codes = catalogue["codes"].as_object().expect("`codes` is there");
    let is_known = |entry: &Value, name| entry[name].as_str().is_some_and(|it| it != "unknown");
    let explained = codes
        .iter()
        .filter(|(_, entry)| is_known(entry, "fault") && is_known(entry, "retry"));
    let mut explained: Vec<&str> = explained.map(|(code, _)| code.as_str()).collect();
    explained.sort_unstable();
    let folder = env::var("OUT_DIR").expect("cargo says where");
    let file = Path::new(&folder).join("explained.rs");
    fs::write(file, format!("&{explained:?}")).expect("the folder is cargo's");
}
