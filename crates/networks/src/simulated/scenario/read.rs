//! Reading a scenario from TOML or JSON, with what is wrong, where, and what was meant.
//!
//! Called by the server and the commands. Which names and words there are is asked of the
//! types' own schema, so that a suggestion is never out of date.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};

use super::{Problem, Scenario, shipped};

/// How a scenario is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML.
    Toml,
    /// JSON.
    Json,
}

/// Whether a scenario cannot be read, or cannot happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScenarioFault {
    /// It is not of the form.
    Unreadable,
    /// It is, and what it says does not go together.
    Impossible,
}

/// Why a text is no scenario. Its text names the line or the field, and says what it may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// Line and column, from 1, where they are known.
    pub place: Option<(usize, usize)>,
    /// The field, with the tables it is in, a dot between; empty if it is none.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What was probably meant; empty if nobody can tell.
    pub hint: String,
    /// Of what sort it is.
    pub fault: ScenarioFault,
}

/// Reads a scenario. What it begins with is filled in: the outcome says all that it means.
pub fn read(text: &str, format: Format) -> Result<Scenario, ScenarioError> {
    let given = match format {
        Format::Toml => of_toml(text)?,
        Format::Json => of_json(text)?,
    };
    let value = match format {
        Format::Toml => toml::from_str(text).ok(),
        Format::Json => serde_json::from_str(text).ok(),
    };
    if let Some(path) = value.and_then(|value| list_for_table(root(), &value, "")) {
        return Err(ScenarioError {
            place: None,
            path,
            what: "is a table, not a list".to_owned(),
            hint: String::new(),
            fault: ScenarioFault::Unreadable,
        });
    }
    let mut scenario = match &given.like {
        Some(like) => on_top_of(like, &given)?,
        None => given,
    };
    scenario.check()?;
    scenario.name = Some(scenario.name().to_owned());
    scenario.like = None;
    Ok(scenario)
}

fn of_toml(text: &str) -> Result<Scenario, ScenarioError> {
    let wrong = |path: Option<&Path>, error: &toml::de::Error| {
        let value = || toml::from_str(text).ok();
        ScenarioError {
            place: error.span().map(|span| place(text, &span)),
            ..ScenarioError::at(path, error.message(), value)
        }
    };
    let deserializer = toml::Deserializer::parse(text).map_err(|error| wrong(None, &error))?;
    serde_path_to_error::deserialize(deserializer)
        .map_err(|error| wrong(Some(error.path()), error.inner()))
}

fn of_json(text: &str) -> Result<Scenario, ScenarioError> {
    let wrong = |path: Option<&Path>, error: &serde_json::Error| {
        let value = || serde_json::from_str(text).ok();
        let place = (error.line(), error.column());
        let told = error.to_string();
        // It ends with the place, which is told apart.
        let what = told
            .rsplit_once(" at line ")
            .map_or(&*told, |(what, _)| what);
        ScenarioError {
            place: (place.0 > 0).then_some(place),
            ..ScenarioError::at(path, what, value)
        }
    };
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| wrong(Some(error.path()), error.inner()))?;
    deserializer.end().map_err(|error| wrong(None, &error))?;
    Ok(read)
}

/// The shipped scenario `like`, with what `given` says in the place of what that says.
fn on_top_of(like: &str, given: &Scenario) -> Result<Scenario, ScenarioError> {
    let Some(shipped) = shipped::find(like) else {
        let known: Vec<&str> = shipped::all().iter().map(|it| it.name).collect();
        return Err(ScenarioError {
            hint: meant(like, &known),
            ..Problem::new("like", "names no shipped scenario").into()
        });
    };
    let json = |scenario| serde_json::to_value(scenario).unwrap_or_default();
    let mut whole = json(&shipped.scenario);
    lay_over(&mut whole, json(given));
    serde_json::from_value(whole).map_err(|error| Problem::new("like", &error.to_string()).into())
}

/// Puts `upper` over `lower`: what is in both as a table is laid over in its turn.
fn lay_over(lower: &mut Value, upper: Value) {
    match (lower, upper) {
        (Value::Object(lower), Value::Object(upper)) => {
            for (name, value) in upper {
                lay_over(lower.entry(name).or_insert(Value::Null), value);
            }
        }
        (lower, upper) => *lower = upper,
    }
}

/// Line and column of the beginning of `span`, from 1.
fn place(text: &str, span: &Range<usize>) -> (usize, usize) {
    let before = text.get(..span.start).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

impl ScenarioError {
    /// With what was meant, if something at `path` of the text is misspelt, which as a whole is
    /// `value`.
    fn at(path: Option<&Path>, what: &str, value: impl Fn() -> Option<Value>) -> Self {
        let segments: Vec<&str> = path.map(keys).unwrap_or_default();
        let hint = match segments.split_last() {
            Some((last, before)) => hint(before, last, value),
            None => String::new(),
        };
        Self {
            place: None,
            path: segments.join("."),
            what: what.to_owned(),
            hint,
            fault: ScenarioFault::Unreadable,
        }
    }
}

fn keys(path: &Path) -> Vec<&str> {
    let named = path.iter().map(|segment| match segment {
        Segment::Map { key } => Some(&**key),
        Segment::Seq { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    });
    named.map_while(|key| key).collect()
}

/// What is meant by the field `last` in the tables `before`, or by the word in it.
fn hint(before: &[&str], last: &str, value: impl Fn() -> Option<Value>) -> String {
    let Some(table) = before.iter().try_fold(root(), |at, key| property(at, key)) else {
        return String::new();
    };
    let Some(field) = property(table, last) else {
        let known: Vec<&str> = properties(table)
            .map(|names| names.keys().map(String::as_str).collect())
            .unwrap_or_default();
        return meant(last, &known);
    };
    let value = value();
    let mut whole = before.iter().chain([&last]);
    let given = value.as_ref();
    let given = given.and_then(|it| whole.try_fold(it, |at, key| at.get(key)));
    match given.and_then(Value::as_str) {
        Some(word) => meant(word, &words(field)),
        None => String::new(),
    }
}

/// What is probably meant by `name`, and what there is.
fn meant(name: &str, known: &[&str]) -> String {
    if known.is_empty() {
        return String::new();
    }
    let far = |other: &&&str| strsim::osa_distance(&name.to_ascii_lowercase(), other);
    // A third of its letters wrong is a slip of the pen; more is another word.
    let near = known.iter().min_by_key(far);
    match near.filter(|near| far(near) <= (near.len() / 3).max(2)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    }
}

/// Where `value` has a list in the place of a table: to serde one is as good, of the values in
/// the order of the fields.
fn list_for_table(schema: &Value, value: &Value, path: &str) -> Option<String> {
    let schema = resolved(schema);
    let within = |schema, value, name: &str| {
        let dot = if path.is_empty() { "" } else { "." };
        list_for_table(schema, value, &format!("{path}{dot}{name}"))
    };
    match value {
        Value::Array(_) if schema.get("properties").is_some() => Some(path.to_owned()),
        Value::Array(items) => {
            let each = &schema["items"];
            let mut items = items.iter().enumerate();
            items.find_map(|(place, item)| within(each, item, &place.to_string()))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let field = schema.get("properties")?.get(name)?;
            within(field, value, name)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The schema of a scenario.
fn root() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(Scenario).into());
    &SCHEMA
}

fn property<'a>(table: &'a Value, name: &str) -> Option<&'a Value> {
    properties(table)?.get(name)
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    resolved(schema).get("properties")?.as_object()
}

/// The words that a field may be; none if it may be anything.
fn words(schema: &Value) -> Vec<&str> {
    let schema = resolved(schema);
    let listed = schema["enum"].as_array().into_iter().flatten();
    let apart = schema["oneOf"].as_array().into_iter().flatten();
    let apart = apart.map(|it| &it["const"]);
    listed.chain(apart).filter_map(Value::as_str).collect()
}

/// What a schema stands for: where it refers to, or what it may be beside nothing.
fn resolved(schema: &Value) -> &Value {
    let may_be = schema["anyOf"].as_array().and_then(|all| all.first());
    let schema = may_be.unwrap_or(schema);
    let named = schema["$ref"].as_str();
    let found = named.and_then(|path| root().pointer(path.trim_start_matches('#')));
    found.unwrap_or(schema)
}

impl From<Problem> for ScenarioError {
    fn from(problem: Problem) -> Self {
        Self {
            place: None,
            path: problem.path,
            what: problem.why,
            hint: String::new(),
            fault: ScenarioFault::Impossible,
        }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}` ", self.path)?;
        }
        if let Some((line, column)) = self.place {
            write!(f, "(line {line}, column {column}): ")?;
        }
        f.write_str(self.what.trim_end())
    }
}

impl std::error::Error for ScenarioError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_and_json_are_read_alike() {
        let toml = r#"
            name = "slow"
            next = 2
            [match]
            to = "+1555*"
            [call]
            answer = "machine"
            rings_for_s = 20
            says = ["leave a message"]
        "#;
        let json = r#"{"name": "slow", "next": 2, "match": {"to": "+1555*"}, "call":
            {"answer": "machine", "rings_for_s": 20, "says": ["leave a message"]}}"#;
        let scenario = read(toml, Format::Toml).unwrap();
        assert_eq!(scenario, read(json, Format::Json).unwrap());
        assert_eq!(Scenario::stored(&scenario.written()), Some(scenario));
    }

    #[test]
    fn the_page_of_the_manual_has_every_name_and_its_examples_can_be_read() {
        let page = include_str!("../../../../../docs/simulation.md");
        let (_, section) = page.split_once("## Scenarios").expect("it has the section");
        let (section, _) = section.split_once("\n## ").expect("another follows");
        let schema = root();
        let tables = schema["$defs"].as_object().into_iter().flatten();
        let tables = tables.map(|(_, table)| table).chain([schema]);
        for name in tables.filter_map(properties).flat_map(Map::keys) {
            assert!(section.contains(&format!("`{name}`")), "{name}");
        }
        for shipped in shipped::all() {
            let row = format!("| `{}` | {} |", shipped.name, shipped.summary);
            assert!(section.contains(&row), "{row}");
        }
        let examples = section.split("```toml\n").skip(1);
        let examples = examples.filter_map(|rest| rest.split_once("```"));
        let mut count = 0;
        for (example, _) in examples {
            read(example, Format::Toml).unwrap_or_else(|error| panic!("{error}\n{example}"));
            count += 1;
        }
        assert_eq!(count, 2);
    }

    #[test]
    fn what_is_given_goes_before_what_it_begins_with() {
        let text = "like = \"failed\"\nnext = 1\n[call]\nsip = 503";
        let scenario = read(text, Format::Toml).unwrap();
        assert_eq!(scenario.name(), "failed");
        assert_eq!((scenario.next, scenario.like.as_ref()), (Some(1), None));
        assert_eq!(scenario.call.unwrap().sip, Some(503));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_was_meant() {
        let toml = |text| read(text, Format::Toml).unwrap_err();
        let json = |text| read(text, Format::Json).unwrap_err();
        insta::assert_snapshot!(
            [
                toml("[call]\nring_for_s = 3"),
                toml("[call]\nanswer = \"humann\""),
                toml("[call]\nanswer = \"cow\""),
                toml("[call]\nrings_for_s = \"3\""),
                toml("[call]\nrings_for_s = 86401"),
                toml("[call]\nrings_for_s = 3\nrings_for_s = 4"),
                toml("[call\n"),
                toml("[cal]\nanswer = \"busy\""),
                toml("nxt = 3\n[call]"),
                toml("[message]\nstatus = \"failed\"\nerror_code = [3]"),
                toml("[message]\nstatus = \"failed\"\nerror_code = 1"),
                toml("[message]\nstatus = \"failed\"\nreceipt_after_s = 3"),
                toml("[call]\n[message]"),
                toml("next = 3"),
                toml("next = 0\n[call]"),
                toml("name = \"a b\"\n[call]"),
                toml("match = { to = \"\" }\n[call]"),
                toml("match = { transport = \"mms\" }\n[call]"),
                toml("begin = { from = \"+15550100002\", to = \"+15550100001\" }\n[call]"),
                toml("like = \"bussy\""),
                toml("like = \"busy\"\n[call]\nsip = 486"),
                json(r#"{"call": {"ring_for_s": 3}}"#),
                json(r#"{"call": {"answer": "humann"}}"#),
                json(r#"{"call": {}"#),
                json(r#"{"call": {}} x"#),
                json("[]"),
                json(r#"{"call": []}"#),
                json(r#"{"inbound_message": {"replies": []}}"#),
                json(r#"{"brand": {"steps": [[3, "completed"]]}}"#),
            ]
            .map(|error| match &*error.hint {
                "" => error.to_string(),
                hint => format!("{error}\n    {hint}"),
            })
            .join("\n")
        );
    }
}
