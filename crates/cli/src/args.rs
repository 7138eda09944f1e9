//! What can be asked for on the command line. The doc comments are the help's text.

mod operator;
mod retain;
mod simulate;
mod transcription;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use ipnet::IpNet;
use ringback_domain::project::{Dialect, Profile, Settings};
use ringback_wire::callback_type::{CALLBACK_TYPES, CallbackType};
use url::Url;

use crate::complaint::with_causes;
use crate::speech::Speech;

pub use retain::Retain;
pub use simulate::{
    Driven, GivenScenario, ScenarioList, ServerArgs, Simulate, SimulateCommand, SimulatedCall,
    SimulatedMessage,
};
pub use transcription::TranscriptionArgs;

pub use operator::{
    ConfigCommand, ConfigTopic, ProjectCommand, ProjectTopic, ServeArgs, StoreCommand, StoreTopic,
    seconds, settings,
};

/// Shown where a stranger looks next.
const EXAMPLES: &str = "\
Examples:
  ringback dev                        serve on this machine, for development
  ringback dev --demo                 see callbacks of six types arrive
  ringback dev --time-scale 20        calls and messages go 20 times as fast
  ringback serve --data ./data        serve your own projects, for operators
  ringback simulate numbers           which numbers are busy, fail or do not answer";

/// Shown below the options of `errors`.
const ERRORS_EXAMPLES: &str = "\
Examples:
  ringback errors 30003               all that is known of this code
  ringback errors landline            which codes speak of landlines";

/// Shown below the options of `dev`.
const DEV_EXAMPLES: &str = "\
Examples:
  ringback dev --http 127.0.0.1:0 --https 127.0.0.1:0 --ready-file ready.json
                                      take free ports and write down which
  ringback dev --set ordering=strict  hold every later callback until a failing one is through
  ringback dev --allow-destination 192.168.1.0/24
                                      send callbacks to machines of your own network as well

Settings, the default first:
  dialect, profile                    as the options of these names
  ordering=aside|strict|none          what a failing callback does to those behind it
  extra_headers=on|off                X-Twilio-Signature, webhook-*, I-Twilio-Idempotency-Token
  inbound_detail=collapsed|detailed   whether a number's callback tells busy and no-answer
  ten_dlc_body=json|form              how 10DLC callbacks are written in the dialect signalwire
  sip_480=no-answer, sip_600=busy, sip_603=failed
                                      what these SIP answers mean: failed, busy or no-answer
  failure_url=URL                     where callbacks that have failed are told of; else nowhere
  status_callback=URL, status_callback_method=POST|GET
                                      where calls and messages are told of that name nobody
  simulation.KEY=VALUE                what the simulated network is like: docs/configuration.md

What it prints on stdout: its addresses, the credentials for development and the lines to copy
into your program, then one line for each status change and each attempt to tell of it. Logs go
to stderr; RUST_LOG=debug shows more.";

/// Shown below the options of `bench`.
const BENCH_EXAMPLES: &str = "\
Examples:
  ringback bench                      measure everything, in less than 15 minutes
  ringback bench --json > figures.json
  ringback bench --only durable       durable, with raw, of which it is a share
  ringback bench --data /mnt/disk     measure on another disk

It runs servers of its own on free ports of this machine, on two cores if there are more, and
sends nothing beyond. Each figure is explained in docs/performance.md.";

/// Self-hosted status callbacks for calls and messages that are never lost.
///
/// Speaks the REST API of SignalWire, as its and Twilio's SDKs do, and tells your webhooks of
/// every status change: signed, in order, and again until they are accepted.
#[derive(Debug, Parser)]
#[command(name = "ringback", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve on this machine, for development: simulated calls and messages, real callbacks.
    Dev(Box<DevArgs>),
    /// Serve, for operators: projects of your own, reports of your own platform.
    Serve(Box<ServeArgs>),
    /// Make projects, tokens and signing keys, also while `serve` runs.
    Project(Box<ProjectCommand>),
    /// Check the store, copy it while `serve` runs, give its room back.
    Store(Box<StoreCommand>),
    /// Check or show the configuration of `serve`.
    Config(Box<ConfigCommand>),
    /// Measure on this machine how much it delivers, and what that costs.
    Bench(BenchArgs),
    /// Which callbacks there are: when each is sent, and every parameter of it.
    Callbacks(CallbacksArgs),
    /// What an error code means: whose fault it is, whether a retry can help, what to do.
    Errors(ErrorsArgs),
    /// Make calls and messages come in on the simulated network, or see what it does.
    Simulate(Box<SimulateCommand>),
}

/// How output is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The options of `ringback dev`.
#[derive(Debug, Parser)]
#[command(after_help = DEV_EXAMPLES)]
pub struct DevArgs {
    /// Where to serve HTTP; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080",
        value_parser = address)]
    pub http: SocketAddr,

    /// Where to serve HTTPS, which the SDKs insist on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8443",
        value_parser = address)]
    pub https: SocketAddr,

    /// Where everything is kept [default: ringback in the user's data folder].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// The base of every absolute URL that is handed out [default: the HTTP address].
    #[arg(long, value_name = "URL", value_parser = public_url)]
    pub public_url: Option<Url>,

    /// How many times as fast simulated calls and messages go; never retries [default: 1, and
    /// 10 with --once].
    #[arg(long, value_name = "N", value_parser = time_scale, allow_negative_numbers = true)]
    pub time_scale: Option<f64>,

    /// What the simulated network draws from: the same seed, the same calls [default: random].
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,

    /// How callbacks look.
    #[arg(long, value_name = "NAME", default_value = Dialect::default().as_str(),
        value_parser = PossibleValuesParser::new(Dialect::WORDS).try_map(|word| word.parse::<Dialect>()))]
    pub dialect: Dialect,

    /// How hard a callback is tried.
    #[arg(long, value_name = "NAME", default_value = Profile::default().as_str(),
        value_parser = PossibleValuesParser::new(Profile::WORDS).try_map(|word| word.parse::<Profile>()))]
    pub profile: Profile,

    /// Any other setting of the project, such as ordering=strict, or of the simulated network,
    /// such as simulation.pace=real; can be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = any_setting)]
    pub set: Vec<Setting>,

    /// A configuration file whose section `simulation` tells what the simulated network is like;
    /// its other sections are those of serve.
    #[arg(long, value_name = "FILE")]
    pub simulation: Option<PathBuf>,

    /// A file to write as soon as requests can be served: addresses, CA file, process id and
    /// credentials, as JSON. Removed at the end.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,

    /// Make calls, a message and a campaign at once, and show callbacks of six types arriving.
    #[arg(long)]
    pub demo: bool,

    /// With --demo: end when every callback of it has arrived.
    #[arg(long, requires = "demo")]
    pub once: bool,

    /// How output is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub log_format: LogFormat,

    /// A network that callbacks may go to besides this machine and public addresses; can be
    /// repeated.
    #[arg(long, value_name = "CIDR", value_parser = network)]
    pub allow_destination: Vec<IpNet>,

    /// How long calls and messages are kept that nothing happens to, such as 30d; 0 keeps
    /// everything.
    #[arg(long, value_name = "TIME", default_value_t = Retain::FOREVER)]
    pub retain: Retain,

    /// What speaks the words of recordings: auto is espeak-ng where it is installed, off is tones;
    /// or a program that reads words and writes a WAV.
    #[arg(long, value_name = "COMMAND", default_value_t = Speech::Auto)]
    pub speech: Speech,

    /// An API token of your own instead of the one for development, which everybody knows;
    /// needed to listen beyond this machine.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "RINGBACK_TOKEN",
        hide_env_values = true
    )]
    pub token: Option<String>,

    /// What writes down what is said in recordings.
    #[command(flatten)]
    pub transcription: TranscriptionArgs,
}

/// The options of `ringback errors`.
#[derive(Debug, Parser)]
#[command(after_help = ERRORS_EXAMPLES)]
pub struct ErrorsArgs {
    /// A code, or words that are looked for in codes, meanings and remedies; without it all
    /// codes are listed.
    #[arg(value_name = "CODE|TEXT")]
    pub text: Vec<String>,

    /// Print JSON, as GET /v1/errors answers.
    #[arg(long)]
    pub json: bool,

    /// Print the page of the manual.
    #[arg(long, conflicts_with_all = ["json", "text"])]
    pub markdown: bool,
}

/// The options of `ringback callbacks`.
#[derive(Debug, Parser)]
pub struct CallbacksArgs {
    /// The type to show; without it all of them are named.
    #[arg(value_name = "TYPE", value_parser = callback_type())]
    pub callback_type: Option<&'static CallbackType>,

    /// Print JSON, as GET /v1/callback-types answers.
    #[arg(long)]
    pub json: bool,

    /// Print the page of the manual.
    #[arg(long, conflicts_with = "json", requires = "callback_type")]
    pub markdown: bool,
}

/// The options of `ringback bench`.
#[derive(Debug, Parser)]
#[command(after_help = BENCH_EXAMPLES)]
pub struct BenchArgs {
    /// Print one JSON object instead of a table.
    #[arg(long)]
    pub json: bool,

    /// Measure these alone, separated by commas; some are measured from others, which come
    /// with them.
    #[arg(long, value_name = "NAME", value_enum, value_delimiter = ',')]
    pub only: Vec<Figure>,

    /// Measure with little: shows that it works, its numbers mean nothing.
    #[arg(long)]
    pub quick: bool,

    /// How many settled callbacks are stored for `growth`.
    #[arg(long, value_name = "N", default_value_t = 2_000_000)]
    pub stored: u32,

    /// A folder on the disk to measure on, which must be a real one; what is written there is
    /// removed at the end.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub data: PathBuf,
}

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Figure {
    /// How many requests a second HTTP alone allows.
    Raw,
    /// How many callbacks a second are recorded and delivered, and their share of raw.
    Durable,
    /// From a report to its callback, at a third of that load.
    Latency,
    /// How many messages a second are created over REST and called back for.
    Rest,
    /// What bad destinations cost the good ones.
    Isolation,
    /// How soon it delivers after a kill with a million callbacks pending.
    Restart,
    /// What a large store costs.
    Growth,
    /// What calls with a document cost, in time and in memory.
    Calls,
}

/// A setting of the project, known to be one, or of the simulated network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// What it is set to.
    pub value: String,
}

impl Setting {
    /// Before the keys of the simulated network.
    const OF_THE_NETWORK: &'static str = "simulation.";

    /// Whether it is one of the simulated network, not of the project.
    pub fn is_of_the_network(&self) -> bool {
        self.key.starts_with(Self::OF_THE_NETWORK)
    }
}

/// A setting of the project, or of the simulated network; of the latter the plan reads the value.
fn any_setting(text: &str) -> Result<Setting, String> {
    match text.split_once('=') {
        Some((key, value)) if key.starts_with(Setting::OF_THE_NETWORK) => Ok(Setting {
            key: key.to_owned(),
            value: value.to_owned(),
        }),
        Some(_) | None => setting(text),
    }
}

fn setting(text: &str) -> Result<Setting, String> {
    let Some((key, value)) = text.split_once('=') else {
        return Err("a setting is written KEY=VALUE".to_owned());
    };
    Settings::default()
        .set(key, value)
        .map_err(|error| with_causes(&error))?;
    Ok(Setting {
        key: key.to_owned(),
        value: value.to_owned(),
    })
}

fn callback_type() -> impl TypedValueParser<Value = &'static CallbackType> {
    let names = CALLBACK_TYPES.map(|it| it.name);
    PossibleValuesParser::new(names).map(|name| {
        ringback_wire::callback_type::callback_type(&name).expect("one of the names allowed")
    })
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "an address is written like 127.0.0.1:8080 or [::1]:8080")
}

fn seed(text: &str) -> Result<u64, &'static str> {
    text.parse()
        .map_err(|_| "a whole number of 0 or more is needed")
}

fn time_scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale.is_finite() && scale > 0.0 => Ok(scale),
        Ok(_) | Err(_) => Err("a number above 0 is needed".to_owned()),
    }
}

/// Reads the URL that a server is reached under from outside.
pub fn public_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "it is written like https://ringback.example")?;
    let bare = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "http" | "https" => {}
        other => return Err(format!("it begins with http or https, not with {other}")),
    }
    if !bare || url.query().is_some() || url.fragment().is_some() {
        return Err("no credentials, query or fragment can be part of it".to_owned());
    }
    Ok(url)
}

/// A network, or one address alone.
fn network(text: &str) -> Result<IpNet, String> {
    let address = |text: &str| text.parse::<std::net::IpAddr>().map(IpNet::from);
    let wanted = "a network is written like 192.168.1.0/24, an address like 192.168.1.7";
    text.parse()
        .or_else(|_| address(text))
        .map_err(|_| wanted.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    /// Every command that a page shows is one that there is.
    #[test]
    fn the_manuals_commands_are_understood() {
        let pages = [
            include_str!("../../../docs/operations.md"),
            include_str!("../../../docs/storage.md"),
            include_str!("../../../docs/dev.md"),
            include_str!("../../../docs/messages.md"),
            include_str!("../../../docs/simulation.md"),
            include_str!("../../../docs/transcriptions.md"),
            include_str!("../../../README.md"),
        ];
        let mut count = 0;
        for line in pages.iter().flat_map(|page| shown(page)) {
            let words = line.split_whitespace().take_while(|word| *word != "#");
            let parsed = Args::try_parse_from(words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
            count += 1;
        }
        assert!(count >= 10, "only {count} commands were found");
    }

    /// The lines of a page's shell blocks that run `ringback`.
    fn shown(page: &'static str) -> Vec<&'static str> {
        let blocks = page.split("```sh\n").skip(1);
        let lines = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
        // By whom they are run is not asked.
        let bare = |line: &'static str| {
            let by = ["sudo -u ringback ", "docker exec ringback "];
            let bare = by.into_iter().find_map(|by| line.strip_prefix(by));
            bare.unwrap_or(line)
        };
        let bare = lines.map(bare);
        bare.filter(|line| line.starts_with("ringback ")).collect()
    }

    #[test]
    fn values_are_checked_before_anything_starts() {
        assert_eq!(time_scale("0.5"), Ok(0.5));
        for bad in ["0", "-1", "inf", "NaN", "fast", ""] {
            assert!(time_scale(bad).is_err(), "{bad}");
        }
        assert!(public_url("https://ringback.example/base").is_ok());
        for bad in [
            "ringback.example",
            "ftp://x/",
            "http://u:p@x/",
            "http://x/?a",
            "http://x/#a",
        ] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
        assert_eq!(network("10.0.0.7").unwrap().to_string(), "10.0.0.7/32");
        assert!(network("10.0.0.0/33").is_err());
        assert!(setting("ordering=strict").is_ok());
        for bad in ["ordering", "ordering=loose", "colour=red"] {
            assert!(setting(bad).is_err(), "{bad}");
        }
    }
}
