//! The options of `ringback simulate`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

use super::public_url;

/// Shown below the options of `simulate`.
const EXAMPLES: &str = "\
Examples:
  ringback simulate message --from +15550100002 --to +15550100001 --body hello
  ringback simulate call --from +15550100002 --to +15550100001 --scenario '{\"digits\":[\"1\"]}'
  ringback simulate call --from +15550100002 --to +15550100001 --ready-file ready.json
  ringback simulate brand 01a2091d-0001-7000-8a52-7f0d6b9b2c01 unverified
  ringback simulate numbers           which numbers are busy, fail or do not answer
  ringback simulate scenario busy --to '+1555*' --next 3
  ringback simulate scenarios         which scenarios there are

The server has to run already, with a simulated network. What comes in is printed by its SID;
what a scenario may say is in docs/simulation.md, what follows which state in docs/10dlc.md.";

/// `ringback simulate`
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub struct SimulateCommand {
    /// What comes in, or what to show.
    #[command(subcommand)]
    pub topic: Simulate,
}

/// What can be simulated, or shown of the simulated network.
#[derive(Debug, Subcommand)]
pub enum Simulate {
    /// Make a call come in.
    Call(SimulatedCall),
    /// Make a message come in.
    Message(SimulatedMessage),
    /// Drive a brand to its next state: unverified or completed.
    Brand(Driven),
    /// Drive a campaign to its next state: active or inactive.
    Campaign(Driven),
    /// Drive an order of numbers to its next state: processing, processed or failed.
    Order(Driven),
    /// Drive a number's assignment to its next state: completed, failed or, once more, pending.
    Assignment(Driven),
    /// Print the numbers and names that have a meaning: busy, no answer, undelivered and so on.
    Numbers(NumberList),
    /// Set what is to happen to resources, and when: a shipped scenario or a file.
    Scenario(GivenScenario),
    /// Print the scenarios that are set, and those that come with the program.
    Scenarios(ScenarioList),
}

/// How the numbers are printed.
#[derive(Debug, Args)]
pub struct NumberList {
    /// As JSON.
    #[arg(long)]
    pub json: bool,
}

/// How the scenarios are printed.
#[derive(Debug, Args)]
pub struct ScenarioList {
    /// As JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// A scenario that is set.
#[derive(Debug, Args)]
pub struct GivenScenario {
    /// The name of a shipped scenario, or a file: TOML, or JSON if it ends in .json.
    #[arg(value_name = "NAME|FILE")]
    pub scenario: String,

    /// For what goes there alone; `*` stands for any characters. Of what comes in: to whom.
    #[arg(long, value_name = "PATTERN")]
    pub to: Option<String>,

    /// For what is from there alone. Of what comes in: from whom.
    #[arg(long, value_name = "PATTERN")]
    pub from: Option<String>,

    /// For so many resources [default: all].
    #[arg(long, value_name = "N")]
    pub next: Option<u32>,

    /// What it is called [default: as in the scenario].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    /// The SIP answer by which a call is refused.
    #[arg(long, value_name = "CODE")]
    pub sip: Option<u16>,

    /// Why a message is not delivered.
    #[arg(long, value_name = "CODE")]
    pub error_code: Option<String>,

    /// Print what would be set, as JSON, and set nothing.
    #[arg(long)]
    pub show: bool,

    /// Take the scenario of this name away.
    #[arg(long, conflicts_with = "show")]
    pub remove: bool,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// A call that comes in.
#[derive(Debug, Args)]
pub struct SimulatedCall {
    /// Who calls: E.164, sip: or client:.
    #[arg(long, value_name = "NUMBER")]
    pub from: String,

    /// Which number of the project is called, in E.164.
    #[arg(long, value_name = "NUMBER")]
    pub to: String,

    /// What the one who calls does: JSON, or a file that holds it.
    #[arg(long, value_name = "JSON|FILE")]
    pub scenario: Option<String>,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// A message that comes in.
#[derive(Debug, Args)]
pub struct SimulatedMessage {
    /// Who writes: E.164 or a short code.
    #[arg(long, value_name = "NUMBER")]
    pub from: String,

    /// To which number of the project, in E.164.
    #[arg(long, value_name = "NUMBER")]
    pub to: String,

    /// The text.
    #[arg(long, value_name = "TEXT", required_unless_present = "media")]
    pub body: Option<String>,

    /// The URL of a piece of media; can be repeated.
    #[arg(long, value_name = "URL")]
    pub media: Vec<String>,

    /// How it comes in and what becomes of the answers: JSON, or a file that holds it.
    #[arg(long, value_name = "JSON|FILE")]
    pub scenario: Option<String>,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// What is driven where.
#[derive(Debug, Args)]
pub struct Driven {
    /// Which one, by its id.
    #[arg(value_name = "SID")]
    pub sid: String,

    /// Where it is to come.
    #[arg(value_name = "STATE")]
    pub state: String,

    #[command(flatten)]
    pub server: ServerArgs,
}

/// Which server is asked, and as whom.
#[derive(Debug, Default, Args)]
pub struct ServerArgs {
    /// Where the server is, over HTTP [default: that of the ready file, or port 8080 of this
    /// machine].
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub api: Option<Url>,

    /// The file that the server wrote with --ready-file: its address and, of `ringback dev`,
    /// its credentials.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,

    /// The project's id [default: that of the ready file, or of `ringback dev`].
    #[arg(long, value_name = "ID")]
    pub project: Option<String>,

    /// An API token of the project [default: that of the ready file, or of `ringback dev`].
    #[arg(
        long,
        value_name = "TOKEN",
        env = "RINGBACK_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,
}

#[cfg(test)]
impl GivenScenario {
    /// The scenario of this name, as it is.
    pub fn of(scenario: &str) -> Self {
        Self {
            scenario: scenario.to_owned(),
            to: None,
            from: None,
            next: None,
            name: None,
            sip: None,
            error_code: None,
            show: false,
            remove: false,
            server: ServerArgs::default(),
        }
    }
}
