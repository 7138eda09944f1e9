//! `ringback project`: projects, tokens and signing keys.
//!
//! Asks the server that runs on the data folder; where none runs, which the store's lock
//! tells, it opens the store itself. Tokens and keys are printed once, when they are made.

pub mod keeper;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use ringback_store::Store as _;
use serde_json::Value;

use self::keeper::Keeper;
use crate::args::{ProjectCommand, ProjectTopic, settings};
use crate::complaint::Complaint;
use crate::config::Config;
use crate::control::{self, Answer, Request};
use crate::ground::{open_sealed, unreadable_projects};
use crate::output::print;

/// Does what was asked, and prints what there is to show of it.
pub fn run(command: &ProjectCommand) -> Result<(), Complaint> {
    let (data, key_file) = Config::data(&command.sources())?;
    let request = request(&command.topic)?;
    let asked = control::ask(&data, &request).map_err(|error| {
        Complaint::because("the server that runs cannot be asked", &error)
            .hint("try again; its log may say more")
    })?;
    let answer = match asked {
        Some(answer) => answer,
        None => alone(&data, key_file.as_deref(), request)?,
    };
    match answer {
        Answer::Done(done) if command.json => print(&format!("{done:#}")),
        Answer::Done(done) => print(&text(&done).trim_end()),
        Answer::Refused { problem, hint } => return Err(Complaint::failure(problem).hint(hint)),
    }
    Ok(())
}

fn request(topic: &ProjectTopic) -> Result<Request, Complaint> {
    Ok(match topic {
        ProjectTopic::Create {
            name,
            settings: given,
        } => {
            settings(given).map_err(Complaint::usage)?;
            let words = given.iter().map(|it| (it.key.clone(), it.value.clone()));
            Request::Create {
                name: name.clone(),
                settings: words.collect(),
            }
        }
        ProjectTopic::List => Request::List {},
        ProjectTopic::CreateToken { project, name } => Request::CreateToken {
            project: project.clone(),
            name: name.clone(),
        },
        ProjectTopic::RotateKey { project, keep_old } => Request::RotateKey {
            project: project.clone(),
            keep_old_s: *keep_old,
        },
        ProjectTopic::RevokeToken { project, token } => Request::RevokeToken {
            project: project.clone(),
            token: token.clone(),
        },
    })
}

/// Without a server. Only a new project may make the folder: for all else a folder without a
/// store is a mistake in its name.
fn alone(data: &Path, key_file: Option<&Path>, request: Request) -> Result<Answer, Complaint> {
    let there = data.join("ringback.db").exists();
    if !there && !matches!(request, Request::Create { .. }) {
        let problem = format!("there is no store in {}", data.display());
        return Err(Complaint::failure(problem).hint("name its folder: --data DIR"));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Complaint::because("no threads can be started", &error))?;
    runtime.block_on(async {
        let store = Arc::new(open_sealed(data, key_file)?);
        if let Err(error) = store.projects().await {
            return Err(unreadable_projects(&error));
        }
        let keeper = Keeper::Closed(Arc::clone(&store) as _);
        let answer = keeper.carry_out(request).await;
        store.inner().close().await;
        Ok(answer)
    })
}

/// For people: what was made first, then the project.
fn text(done: &Value) -> String {
    match done {
        Value::Array(projects) if projects.is_empty() => {
            "no project yet; `ringback project create NAME` makes one".to_owned()
        }
        Value::Array(projects) => {
            let projects: Vec<String> = projects.iter().map(one).collect();
            projects.join("\n")
        }
        other => one(other),
    }
}

fn one(project: &Value) -> String {
    let mut text = String::new();
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    // Writing into a text does not fail.
    for (label, name) in [
        ("Project", "name"),
        ("Project id", "project_id"),
        ("Alias", "project_alias"),
        ("API token", "api_token"),
        ("Signing key", "signing_key"),
        ("Webhook secret", "webhook_secret"),
        ("Active from", "active_from"),
        ("Old key until", "old_retires_at"),
    ] {
        if let Some(value) = project.get(name) {
            let _ = writeln!(text, "{label:<16}{}", word(value));
        }
    }
    for token in project["tokens"].as_array().into_iter().flatten() {
        let (id, name) = (word(&token["id"]), word(&token["name"]));
        let made = word(&token["created_at"]);
        let _ = writeln!(text, "{:<16}{id}  {name}, made {made}", "Token");
    }
    for key in project["signing_keys"].as_array().into_iter().flatten() {
        let (state, from) = (word(&key["state"]), word(&key["active_from"]));
        let until = match key["retires_at"].as_str() {
            Some(until) => format!(" until {until}"),
            None => String::new(),
        };
        let _ = writeln!(text, "{:<16}{state}, from {from}{until}", "Key");
    }
    if project.get("api_token").is_some() || project.get("signing_key").is_some() {
        text.push_str("\nWhat was made is shown this once.\n");
    }
    text
}
