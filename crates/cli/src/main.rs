//! The `ringback` command: reads the command line, does what it asks, says what went wrong.

mod args;
mod banner;
mod bench;
mod callbacks;
mod certificates;
mod client;
mod complaint;
mod config;
mod control;
mod credentials;
mod demo;
mod dev;
mod errors;
mod files;
mod ground;
#[cfg(debug_assertions)]
mod kill_points;
mod logging;
mod output;
mod paragraph;
mod project;
mod ready;
mod serve;
mod simulate;
mod speech;
mod stop;
mod store;
mod tls;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::args::{Args, Command, ConfigCommand, ConfigTopic};
use crate::complaint::Complaint;
use crate::config::Config;

/// Blocks are given back by other threads than took them, all the time: callbacks go from the
/// recorder to the writer's thread and to whichever worker sends them. glibc's allocator
/// makes these threads wait for one another; see docs/performance.md.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return explain(&error),
    };
    match run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => complaint.print(),
    }
}

fn run(args: Args) -> Result<(), Complaint> {
    match args.command {
        Command::Dev(args) => dev::run(*args),
        Command::Serve(args) => serve::run(&args),
        Command::Project(command) => project::run(&command),
        Command::Store(command) => store::run(&command),
        Command::Config(command) => configure(&command),
        Command::Bench(args) => bench::run(&args),
        Command::Callbacks(args) => {
            callbacks::show(&args);
            Ok(())
        }
        Command::Errors(args) => errors::run(&args),
        Command::Simulate(command) => simulate::run(&command.topic),
    }
}

fn configure(command: &ConfigCommand) -> Result<(), Complaint> {
    match command.topic {
        ConfigTopic::Check => {
            Config::read(&command.sources())?;
            output::print(&"the configuration is right");
        }
        ConfigTopic::Show => output::print(&Config::show(&command.sources())?.trim_end()),
        ConfigTopic::Reference => output::print(&config::manual().trim_end()),
    }
    Ok(())
}

/// Help and version are what was asked for; everything else is a mistake.
fn explain(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            // A closed stdout or stderr leaves nobody to tell.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
        _ => Complaint::mistake(command(), error).print(),
    }
}

/// The command that the mistake was made in, as far as it got.
fn command() -> &'static str {
    match std::env::args_os()
        .nth(1)
        .as_deref()
        .and_then(OsStr::to_str)
    {
        Some("dev") => "ringback dev",
        Some("serve") => "ringback serve",
        Some("project") => "ringback project",
        Some("store") => "ringback store",
        Some("config") => "ringback config",
        Some("bench") => "ringback bench",
        Some("callbacks") => "ringback callbacks",
        Some("errors") => "ringback errors",
        Some("simulate") => "ringback simulate",
        Some(_) | None => "ringback",
    }
}
