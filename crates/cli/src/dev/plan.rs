//! What was asked for, checked as a whole before anything is touched.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use directories::BaseDirs;
use ipnet::IpNet;
use ringback_domain::project::Settings;
use ringback_networks::{Model, RecogniserConfig, Voice};
use url::Url;

use crate::args::{DevArgs, LogFormat};
use crate::complaint::{Complaint, with_causes};
use crate::config::Simulation;
use crate::credentials::{Credentials, is_public, random};

/// How many times as fast a demonstration goes that ends by itself: its call is over in 5 s.
const ONCE_SCALE: f64 = 10.0;

/// What is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Nothing but what happens.
    Nothing,
    /// A call and a message, then whatever happens.
    Demo,
    /// A call and a message, then the end.
    DemoOnce,
}

/// What was asked for.
pub struct Plan {
    /// Where to serve HTTP.
    pub http: SocketAddr,
    /// Where to serve HTTPS.
    pub https: SocketAddr,
    /// Where everything is kept.
    pub data: PathBuf,
    /// The base of absolute URLs, if it is not the HTTP address.
    pub public_url: Option<Url>,
    /// How many times as fast the simulated network goes.
    pub time_scale: f64,
    /// What it draws from.
    pub seed: u64,
    /// What it is like.
    pub model: Model,
    /// How many requests that change something are taken in 10 seconds; any number, if it is not
    /// said.
    pub api_writes: Option<u32>,
    /// The project's settings.
    pub settings: Settings,
    /// Who may use it.
    pub credentials: Credentials,
    /// How long is kept what nothing happens to.
    pub retain: Option<Duration>,
    /// Where callbacks may go as well.
    pub allow: Vec<IpNet>,
    /// What speaks the words of recordings.
    pub voice: Voice,
    /// To be written when requests can be served.
    pub ready_file: Option<PathBuf>,
    /// What writes down what is said in recordings; the network itself, if it is none.
    pub recogniser: Option<RecogniserConfig>,
    /// What is to be shown.
    pub show: Show,
    /// How output is written.
    pub format: LogFormat,
}

impl Plan {
    /// What `args` ask for, if it can be done.
    pub fn new(args: DevArgs) -> Result<Self, Complaint> {
        check_token(args.token.as_deref())?;
        for address in [args.http, args.https] {
            check_exposure(address, args.token.as_deref())?;
        }
        let settings = settings(&args)?;
        let simulation = simulation(&args)?;
        let show = match (args.demo, args.once) {
            (false, _) => Show::Nothing,
            (true, false) => Show::Demo,
            (true, true) => Show::DemoOnce,
        };
        let seed = args.seed.or(simulation.seed.map(|seed| seed.0));
        let scale = if show == Show::DemoOnce {
            ONCE_SCALE
        } else {
            1.0
        };
        Ok(Self {
            http: args.http,
            https: args.https,
            data: absolute(&args.data.map_or_else(default_data, Ok)?)?,
            public_url: args.public_url,
            time_scale: args.time_scale.unwrap_or(scale),
            seed: seed.unwrap_or_else(random),
            model: simulation.model(),
            api_writes: simulation.api_writes(),
            settings,
            credentials: Credentials::for_development(args.token),
            retain: args.retain.0,
            allow: args.allow_destination,
            voice: args.speech.voice(),
            ready_file: args.ready_file,
            recogniser: args.transcription.recogniser(),
            show,
            format: args.log_format,
        })
    }
}

/// What can stand in HTTP Basic credentials without any doubt about its encoding. Checked here
/// and not while the command line is read, whose complaints show the value.
fn check_token(token: Option<&str>) -> Result<(), Complaint> {
    match token {
        Some(token) if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Err(Complaint::usage("the value of --token is no token")
                .hint("a token is made of visible ASCII characters, without blanks"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whoever can reach an address beyond this machine needs a token that not everybody knows.
fn check_exposure(address: SocketAddr, token: Option<&str>) -> Result<(), Complaint> {
    if address.ip().to_canonical().is_loopback() || !is_public(token) {
        return Ok(());
    }
    let problem = format!(
        "{address} can be reached from beyond this machine, and everybody knows the token for \
         development"
    );
    Err(Complaint::usage(problem).hint("give it a token of your own: --token TOKEN"))
}

/// `--dialect` and `--profile`, then `--set` in the order given.
fn settings(args: &DevArgs) -> Result<Settings, Complaint> {
    let mut settings = Settings {
        dialect: args.dialect,
        profile: args.profile,
        ..Settings::default()
    };
    for setting in args.set.iter().filter(|it| !it.is_of_the_network()) {
        settings
            .set(&setting.key, &setting.value)
            .map_err(|error| Complaint::usage(with_causes(&error)))?;
    }
    Ok(settings)
}

/// `--simulation`, then `--set` in the order given.
fn simulation(args: &DevArgs) -> Result<Simulation, Complaint> {
    let set = args.set.iter().filter(|it| it.is_of_the_network());
    let flags = set.map(|it| ("--set", it.key.clone(), it.value.clone()));
    Simulation::read(args.simulation.as_deref(), flags.collect())
}

fn default_data() -> Result<PathBuf, Complaint> {
    let dirs = BaseDirs::new().ok_or_else(|| {
        Complaint::failure("there is no home folder to keep data in")
            .hint("name a folder: --data DIR")
    })?;
    Ok(dirs.data_dir().join("ringback"))
}

/// The same folder for whoever reads its name elsewhere, as in the ready file.
fn absolute(path: &Path) -> Result<PathBuf, Complaint> {
    std::path::absolute(path).map_err(|error| {
        Complaint::because(&format!("{} cannot be used", path.display()), &error)
            .hint("name a folder: --data DIR")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    fn plan(line: &str) -> Result<Plan, Complaint> {
        let words = ["ringback", "dev", "--data", "/nowhere"].into_iter();
        let args = Args::try_parse_from(words.chain(line.split_whitespace())).unwrap();
        match args.command {
            Command::Dev(args) => Plan::new(*args),
            Command::Serve(_)
            | Command::Project(_)
            | Command::Store(_)
            | Command::Config(_)
            | Command::Bench(_)
            | Command::Callbacks(_)
            | Command::Errors(_)
            | Command::Simulate { .. } => unreachable!("the line begins with dev"),
        }
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "the numbers are taken over, not computed")]
    fn a_demonstration_that_ends_by_itself_is_fast_unless_told_otherwise() {
        assert_eq!(plan("").unwrap().time_scale, 1.0);
        assert_eq!(plan("--demo").unwrap().time_scale, 1.0);
        assert_eq!(plan("--demo --once").unwrap().time_scale, 10.0);
        assert_eq!(
            plan("--demo --once --time-scale 2").unwrap().time_scale,
            2.0
        );
    }

    #[test]
    fn only_this_machine_is_served_without_a_token_of_ones_own() {
        for address in ["127.0.0.1:0", "[::1]:0", "127.9.9.9:0"] {
            assert!(plan(&format!("--https {address}")).is_ok(), "{address}");
        }
        for address in [
            "0.0.0.0:0",
            "[::]:0",
            "192.168.1.7:80",
            "[::ffff:10.0.0.1]:1",
        ] {
            assert!(plan(&format!("--http {address}")).is_err(), "{address}");
            assert!(plan(&format!("--https {address}")).is_err(), "{address}");
            assert!(
                plan(&format!("--https {address} --token own")).is_ok(),
                "{address}"
            );
        }
        assert!(plan("--token=").is_err());
    }

    #[test]
    fn the_last_setting_wins() {
        let plan = plan("--dialect twilio --set dialect=signalwire --set ordering=strict").unwrap();
        assert_eq!(plan.settings.dialect.as_str(), "signalwire");
        assert_eq!(plan.settings.ordering.as_str(), "strict");
    }
}
