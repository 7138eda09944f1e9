//! The options of the operator's commands: `serve`, `config`, `project`, `store`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use ringback_domain::project::Settings;

use super::{Setting, setting};
use crate::complaint::with_causes;
use crate::config::Sources;

/// Shown below the options of `serve`.
const SERVE_EXAMPLES: &str = "\
Examples:
  ringback project create demo --data ./data
                                      make a project and its first API token
  ringback serve --data ./data        serve it
  ringback serve --config ringback.toml --set delivery.window=50000
                                      take the rest from a file

Every option is a key of the configuration as well: `ringback config show` prints all of them.
SIGTERM stops it when what is under way has ended; SIGHUP reads the certificate again.";

/// Shown below the options of `project`.
const PROJECT_EXAMPLES: &str = "\
Examples:
  ringback project create shop --set dialect=twilio
  ringback project list --json
  ringback project rotate-key shop --keep-old 48h
  ringback project revoke-token shop 1f0c9a2b7d3e

A server that runs on the same data folder is asked over a socket in it, and does it at once.";

/// Shown below the options of `store`.
const STORE_EXAMPLES: &str = "\
Examples:
  ringback store backup /backups/monday.db
  ringback store check --json
  ringback store vacuum --data ./data

check and backup only read, and do so while a server runs; vacuum wants it stopped. To restore a
backup, put it into an empty data folder as ringback.db, mode 0600.";

/// Where the configuration comes from.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// The configuration file [default: /etc/ringback/ringback.toml, if it is there].
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,

    /// The data folder (store.data).
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<String>,
}

impl ConfigArgs {
    /// The sources of the configuration, flags without those of one command alone.
    pub fn sources(&self) -> Sources {
        let variables = std::env::vars_os().map(|(name, value)| {
            let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
            (text(name), text(value))
        });
        let data = self.data.iter();
        Sources {
            file: self.config.clone(),
            variables: variables.collect(),
            flags: data
                .map(|data| ("--data", "store.data".to_owned(), data.clone()))
                .collect(),
        }
    }
}

/// The options of `ringback serve`.
#[derive(Debug, Parser)]
#[command(after_help = SERVE_EXAMPLES)]
pub struct ServeArgs {
    #[command(flatten)]
    config: ConfigArgs,

    #[command(flatten)]
    keys: KeyArgs,

    /// A file to write as soon as requests can be served: addresses and process id, as JSON.
    /// Removed at the end.
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

impl ServeArgs {
    /// The sources of the configuration.
    pub fn sources(&self) -> Sources {
        self.keys.add_to(self.config.sources())
    }
}

/// Keys of the configuration that have a flag.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// Where to serve HTTP (server.http) [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDR")]
    http: Option<String>,

    /// Where to serve HTTPS (server.https).
    #[arg(long, value_name = "ADDR")]
    https: Option<String>,

    /// Under which URL it is reached from outside (`server.public_url`).
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,

    /// The certificate of HTTPS (tls.cert).
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<String>,

    /// Its key (tls.key).
    #[arg(long, value_name = "FILE")]
    tls_key: Option<String>,

    /// Where to serve /healthz, /readyz and /metrics (admin.address) [default: 127.0.0.1:9090].
    #[arg(long, value_name = "ADDR")]
    admin: Option<String>,

    /// The key that encrypts secrets in the store (`store.key_file`).
    #[arg(long, value_name = "FILE")]
    store_key_file: Option<String>,

    /// How long resources are kept that nothing happens to, such as 30d (store.retain)
    /// [default: 0, for ever].
    #[arg(long, value_name = "TIME")]
    retain: Option<String>,

    /// A network that callbacks may go to although it is not public
    /// (`delivery.allow_destinations`); can be repeated.
    #[arg(long, value_name = "CIDR")]
    allow_destination: Vec<String>,

    /// How logs are written: text or json (log.format).
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,

    /// Any key of the configuration; can be repeated.
    #[arg(long, value_name = "SECTION.KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
}

impl KeyArgs {
    /// `sources` with these flags after its own.
    pub fn add_to(&self, mut sources: Sources) -> Sources {
        let allow = self.allow_destination.join(",");
        let allow = (!allow.is_empty()).then_some(allow);
        for (flag, key, value) in [
            ("--http", "server.http", &self.http),
            ("--https", "server.https", &self.https),
            ("--public-url", "server.public_url", &self.public_url),
            ("--tls-cert", "tls.cert", &self.tls_cert),
            ("--tls-key", "tls.key", &self.tls_key),
            ("--admin", "admin.address", &self.admin),
            ("--store-key-file", "store.key_file", &self.store_key_file),
            ("--retain", "store.retain", &self.retain),
            ("--allow-destination", "delivery.allow_destinations", &allow),
            ("--log-format", "log.format", &self.log_format),
        ] {
            if let Some(value) = value {
                sources.flags.push((flag, key.to_owned(), value.clone()));
            }
        }
        for (key, value) in &self.set {
            sources.flags.push(("--set", key.clone(), value.clone()));
        }
        sources
    }
}

/// `ringback config`.
#[derive(Debug, Parser)]
pub struct ConfigCommand {
    #[command(flatten)]
    config: ConfigArgs,

    #[command(flatten)]
    keys: KeyArgs,

    /// What to do.
    #[command(subcommand)]
    pub topic: ConfigTopic,
}

impl ConfigCommand {
    /// The sources of the configuration.
    pub fn sources(&self) -> Sources {
        self.keys.add_to(self.config.sources())
    }
}

/// What can be done with a configuration.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum ConfigTopic {
    /// Look for errors, without starting anything.
    Check,
    /// Print every value with its source; secrets are masked.
    Show,
    /// Print the reference of all keys, as Markdown.
    Reference,
}

/// `ringback project`.
#[derive(Debug, Parser)]
#[command(after_help = PROJECT_EXAMPLES)]
pub struct ProjectCommand {
    #[command(flatten)]
    config: ConfigArgs,

    /// The key that encrypts secrets in the store (`store.key_file`).
    #[arg(long, value_name = "FILE", global = true)]
    store_key_file: Option<String>,

    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub topic: ProjectTopic,
}

impl ProjectCommand {
    /// The sources of the configuration.
    pub fn sources(&self) -> Sources {
        let mut sources = self.config.sources();
        if let Some(file) = &self.store_key_file {
            let key = "store.key_file".to_owned();
            sources.flags.push(("--store-key-file", key, file.clone()));
        }
        sources
    }
}

/// What can be done with projects.
#[derive(Debug, Subcommand)]
pub enum ProjectTopic {
    /// Make a project with its first API token and signing key, and print them.
    Create {
        /// What it is called.
        name: String,
        /// A setting, such as dialect=twilio; can be repeated.
        #[arg(long = "set", value_name = "KEY=VALUE", value_parser = setting)]
        settings: Vec<Setting>,
    },
    /// List projects with the ids of their tokens and the times of their keys.
    List,
    /// Make another API token, and print it.
    CreateToken {
        /// The project's name, id or alias.
        project: String,
        /// What the token is called.
        #[arg(long, value_name = "NAME", default_value = "another")]
        name: String,
    },
    /// Make a new signing key, which becomes active after 60 seconds, and print it.
    RotateKey {
        /// The project's name, id or alias.
        project: String,
        /// How long the old key's signature is still sent in `webhook-signature`, after the new
        /// one is active: such as 90s, 30m, 24h, 7d.
        #[arg(long, value_name = "TIME", default_value = "24h", value_parser = seconds)]
        keep_old: u64,
    },
    /// Revoke an API token: from the next request on it lets nobody in.
    RevokeToken {
        /// The project's name, id or alias.
        project: String,
        /// The token's id, as `ringback project list` prints it.
        token: String,
    },
}

/// `ringback store`.
#[derive(Debug, Parser)]
#[command(after_help = STORE_EXAMPLES)]
pub struct StoreCommand {
    #[command(flatten)]
    config: ConfigArgs,

    /// Print JSON.
    #[arg(long, global = true)]
    pub json: bool,

    /// What to do.
    #[command(subcommand)]
    pub topic: StoreTopic,
}

impl StoreCommand {
    /// The sources of the configuration.
    pub fn sources(&self) -> Sources {
        self.config.sources()
    }
}

/// What can be done with a store.
#[derive(Debug, Subcommand)]
pub enum StoreTopic {
    /// Look whether it is sound, and which resources are affected where it is not.
    Check,
    /// Copy it as it is now to a new file.
    Backup {
        /// The file, which must not be there.
        file: PathBuf,
    },
    /// Give the room of what was deleted back to the disk. No server may run meanwhile.
    Vacuum,
}

fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text
        .split_once('=')
        .ok_or("a key is set as SECTION.KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// A length of time, in seconds.
pub fn seconds(text: &str) -> Result<u64, &'static str> {
    let wanted = "a time is written like 90s, 30m, 24h or 7d";
    let number = |unit: char| text.strip_suffix(unit)?.parse::<u32>().ok();
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let mut found = units
        .into_iter()
        .filter_map(|(unit, factor)| Some(u64::from(number(unit)?) * factor));
    found.next().ok_or(wanted)
}

/// The settings of a new project.
pub fn settings(given: &[Setting]) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for Setting { key, value } in given {
        settings
            .set(key, value)
            .map_err(|error| with_causes(&error))?;
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("7d"), Ok(604_800));
        for bad in ["", "90", "h", "-1h", "1.5h", "1w", "1\u{b5}"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
