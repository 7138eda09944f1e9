//! `ringback simulate scenario` and `scenarios`: sets what is to happen, shows and takes it away.
//!
//! A scenario is read here first, so that what is wrong with a file is said with its name and
//! line before a server is asked.

use std::path::Path;

use ringback_networks::scenario::{
    Format, MessageScenario, Pattern, Scenario, ScenarioError, ScenarioFault, read, shipped,
};
use serde::Deserialize;
use serde_json::Value;

use super::{Request, answer, ask, read_file};
use crate::args::{GivenScenario, ScenarioList};
use crate::complaint::Complaint;
use crate::output;

/// What is read of a scenario that a server tells of.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Told {
    name: String,
    kind: String,
    summary: Option<String>,
    left: Option<u32>,
    sid: Option<String>,
}

/// What is read of all of them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Listed {
    set: Vec<Told>,
    shipped: Vec<Told>,
}

/// Sets a scenario, or takes one away. Prints its name, or the SID of what it made come in.
pub fn give(given: &GivenScenario) -> Result<(), Complaint> {
    if given.remove {
        let path = format!("scenarios/{}", given.scenario);
        let (status, body) = ask(&given.server, &path, Request::Delete)?;
        let told: Told = answer(status, &body)?;
        output::print(&told.name);
        return Ok(());
    }
    let mut scenario = named(&given.scenario)?;
    adapt(&mut scenario, given)?;
    if given.show {
        output::print(&pretty(&scenario));
        return Ok(());
    }
    let asked = Request::Post(scenario.written());
    let (status, body) = ask(&given.server, "scenarios", asked)?;
    let told: Told = answer(status, &body)?;
    output::print(&told.sid.unwrap_or(told.name));
    Ok(())
}

/// Prints the scenarios that are set, and those that come with the program.
pub fn list(list: &ScenarioList) -> Result<(), Complaint> {
    let (status, body) = ask(&list.server, "scenarios", Request::Get)?;
    let listed: Listed = answer(status, &body)?;
    if list.json {
        output::print(&String::from_utf8_lossy(&body));
        return Ok(());
    }
    let mut lines = vec!["Set, the newest first:".to_owned()];
    if listed.set.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.extend(listed.set.iter().map(|it| {
        let left = it
            .left
            .map_or_else(String::new, |left| format!("the next {left}"));
        format!("  {:<22}  {:<16}  {left}", it.name, it.kind)
            .trim_end()
            .to_owned()
    }));
    lines.push("\nShipped:".to_owned());
    lines.extend(listed.shipped.iter().map(|it| {
        let summary = it.summary.as_deref().unwrap_or_default();
        format!("  {:<22}  {:<16}  {summary}", it.name, it.kind)
    }));
    output::print(&lines.join("\n"));
    Ok(())
}

/// The shipped scenario of this name, or the one in the file of it.
fn named(name: &str) -> Result<Scenario, Complaint> {
    if let Some(shipped) = shipped::find(name) {
        return Ok(shipped.scenario.clone());
    }
    let path = Path::new(name);
    let is_file = path.extension().is_some() || name.contains('/');
    if !is_file && !path.exists() {
        let problem = format!("no scenario is called {name}, and no file is");
        return Err(Complaint::usage(problem).hint("`ringback simulate scenarios` lists all"));
    }
    let text = read_file(path, "the scenario")?;
    let format = match path.extension().and_then(|it| it.to_str()) {
        Some("json") => Format::Json,
        Some(_) | None => Format::Toml,
    };
    read(&text, format).map_err(|error| wrong(name, &error))
}

/// What the options say in the place of what the scenario says.
fn adapt(scenario: &mut Scenario, given: &GivenScenario) -> Result<(), Complaint> {
    let pattern = |text: &String| {
        Pattern::try_from(text.clone()).map_err(|error| Complaint::usage(error.to_string()))
    };
    if let Some(begin) = &mut scenario.begin {
        for (said, field) in [(&given.to, &mut begin.to), (&given.from, &mut begin.from)] {
            if let Some(said) = said {
                field.clone_from(said);
            }
        }
    } else {
        if let Some(to) = &given.to {
            scenario.matches.to = Some(pattern(to)?);
        }
        if let Some(from) = &given.from {
            scenario.matches.from = Some(pattern(from)?);
        }
    }
    scenario.next = given.next.or(scenario.next);
    scenario.name = given.name.clone().or(scenario.name.take());
    if let Some(sip) = given.sip {
        let call = scenario.call.as_mut();
        let call = call.ok_or_else(|| Complaint::usage("--sip is for scenarios of calls"))?;
        call.answer = None;
        call.sip = Some(sip);
    }
    if let Some(code) = &given.error_code {
        let outcome: Option<&mut MessageScenario> = scenario.message.as_mut();
        let outcome =
            outcome.ok_or_else(|| Complaint::usage("--error-code is for scenarios of messages"))?;
        outcome.error_code = Some(code.clone());
    }
    let name = scenario.name().to_owned();
    scenario
        .check()
        .map_err(|problem| wrong(&name, &problem.into()))
}

fn wrong(name: &str, error: &ScenarioError) -> Complaint {
    let what = match error.fault {
        ScenarioFault::Unreadable => "cannot be read",
        ScenarioFault::Impossible => "cannot happen",
    };
    let complaint = Complaint::usage(format!("the scenario {name} {what}: {error}"));
    match &*error.hint {
        "" => complaint.hint("docs/simulation.md says what a scenario can say"),
        hint => complaint.hint(hint),
    }
}

fn pretty(scenario: &Scenario) -> String {
    let value: Value = serde_json::from_str(&scenario.written()).unwrap_or_default();
    format!("{value:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_go_before_what_the_scenario_says() {
        let given = GivenScenario {
            to: Some("+1555*".to_owned()),
            next: Some(3),
            sip: Some(503),
            ..GivenScenario::of("busy")
        };
        let mut scenario = named("busy").unwrap();
        adapt(&mut scenario, &given).unwrap();
        let expected = r#"{"name":"busy","next":3,"match":{"to":"+1555*"},"call":{"sip":503}}"#;
        assert_eq!(scenario.written(), expected);
    }

    #[test]
    fn a_code_that_is_none_is_refused_before_anybody_is_asked() {
        let given = GivenScenario {
            error_code: Some("1".to_owned()),
            ..GivenScenario::of("undelivered")
        };
        let mut scenario = named("undelivered").unwrap();
        let complaint = adapt(&mut scenario, &given).unwrap_err();
        assert!(
            format!("{complaint:?}").contains("message.error_code"),
            "{complaint:?}"
        );
    }
}
