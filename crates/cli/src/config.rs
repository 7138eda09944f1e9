//! What `ringback serve` can be told: one tree, from a file, from variables and from flags.
//!
//! The tree below is all there is: names, types, defaults and the text of
//! docs/configuration.md come from it. Flags win over variables, these over the file. Whatever
//! is not known or cannot be is an error that names it and its place.

mod error;
mod given;
mod manual;
mod show;
mod tree;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
use ringback_networks::numbers::{CallFate, MessageFate};
use ringback_networks::{
    CampaignRule, Capacity, Carriers, Chance, Mix, Model, Pace, RecogniserConfig, SenderRates,
    Timing, Weights,
};

pub use self::given::{Flags, Sources};
pub use self::manual::manual;
pub use self::value::{
    Count, Endpoint, Flag, Hidden, Lifetime, Name, NetworkKind, Patience, PublicUrl, Scale, Seed,
    Token,
};

use self::error::ConfigError;
use self::given::Given;
use self::tree::tree;
use crate::args::{LogFormat, Retain};
use crate::complaint::Complaint;
use crate::speech::Speech;

tree! {
    /// Where requests are answered.
    server: Server {
        /// Where to serve HTTP; port 0 takes a free one. API tokens go over it in clear: beyond
        /// this machine put a proxy with TLS before it, or serve HTTPS.
        http: SocketAddr = "127.0.0.1:8080",
        /// Where to serve HTTPS, with the certificate of `tls`.
        https: Option<SocketAddr>,
        /// Under which URL it is reached from outside. Besides the names of this machine, its
        /// host is the only one that is answered for.
        public_url: Option<PublicUrl>,
    }

    /// The certificate of `server.https`. Both files are read again on SIGHUP.
    tls: Tls {
        /// The certificate and those that lead to its root, in PEM.
        cert: Option<PathBuf>,
        /// Its private key, in PEM.
        key: Option<PathBuf>,
    }

    /// Where operators ask: `/healthz`, `/readyz`, `/metrics`.
    admin: Admin {
        /// Where to serve them, over HTTP. Beyond this machine a token is needed.
        address: SocketAddr = "127.0.0.1:9090",
        /// A Bearer token without which `/metrics` is not shown.
        token: Option<Hidden>,
    }

    /// What is kept, and where.
    store: Store {
        /// The data folder: its owner's alone, on a local disk.
        data: PathBuf = "/var/lib/ringback",
        /// A file with 32 random bytes, written as 64 hexadecimal digits. With it, signing keys
        /// and the credentials of webhook URLs are encrypted in the store.
        key_file: Option<PathBuf>,
        /// How long a call, a message or another resource is kept after its last change, or the
        /// last outcome of one of its callbacks. Then it is deleted with its changes, callbacks,
        /// attempts and event ids, unless callbacks of it still wait or the network has a step
        /// for it. 0 keeps everything.
        retain: Retain = "0",
    }

    /// How callbacks are sent.
    delivery: Delivery {
        /// Networks that callbacks may go to although they are private, loopback, link-local or
        /// special in another way. Public addresses need no entry.
        allow_destinations: Vec<IpNet>,
        /// Attempts under way at a time, to all destinations.
        in_flight: Count = "512",
        /// Attempts under way at a time, to one destination of one project.
        per_destination: Count = "64",
        /// Callbacks held in memory; the others wait in the store.
        window: Count = "20000",
    }

    /// What carries out the calls and messages that are created over the REST API.
    network: Network {
        /// With `none` they are refused: your platform reports its own. With `simulated` they
        /// take their course as in `ringback dev`.
        kind: NetworkKind = "none",
        /// How many times as fast the simulated network goes.
        time_scale: Scale = "1",
    }

    /// What the simulated network is like. `ringback dev` reads this section too, from the file
    /// that `--simulation` names and from `--set simulation.key=value`.
    simulation: Simulation {
        /// What everything is drawn from: the same seed and the same requests give the same
        /// calls and messages. Random if it is not told.
        seed: Option<Seed>,
        /// How long brands, campaigns and the assignments of numbers take: `brisk` is seconds,
        /// `real` days as in life. Both are divided by the time scale.
        pace: Pace = "brisk",
        /// Whether messages to the United States are refused that come from a number of ten
        /// digits which is in no campaign.
        require_campaign: Flag = "false",
        /// What becomes of calls and messages whose number does not say it. With `ordinary` all
        /// are answered and delivered; `realistic` has something of everything. The keys below
        /// replace parts of it; docs/simulation.md has its figures.
        mix: Mix = "ordinary",
        /// How often what becomes of a call. SIP codes are 400 to 699.
        calls: Option<Weights<CallFate>>,
        /// How often what becomes of a message. Codes are those of the catalogue of errors.
        messages: Option<Weights<MessageFate>>,
        /// How long from when a call is dialled until it rings, or is refused.
        call_alert: Option<Timing>,
        /// How long a call rings until it is answered or declined. Where that is longer than the
        /// call's `Timeout`, it is not answered.
        call_answer: Option<Timing>,
        /// How long they talk in a call that no document handles.
        call_talk: Option<Timing>,
        /// How long from when a message leaves the queue until a carrier has taken it.
        message_sent: Option<Timing>,
        /// How long from then until its receipt, to which its carrier may add.
        message_receipt: Option<Timing>,
        /// Whom numbers are with. `share` is how many of the numbers, compared with the other
        /// carriers; `receipts` how many times as long its receipts take; `trouble` how many
        /// times as often something goes wrong; `jitter` (milliseconds) and `loss` (percent)
        /// what it adds to calls, whose score they lower; `daily` how many segments of one
        /// campaign it takes a day.
        carriers: Option<Carriers>,
        /// Whether there are bounds to how much is taken at a time: those of the keys below,
        /// whose defaults are SignalWire's. Without, nothing waits and nothing is too much.
        capacity: Flag = "false",
        /// Calls that a project makes a second over REST; others wait in the queue.
        calls_per_second: Count = "1",
        /// Segments that a number sends a second, by what kind of number it is; messages wait
        /// in the queue for theirs, and fail with 30001 once their validity is over.
        messages_per_second: SenderRates =
            "toll-free=3, 10dlc=4, canada=1, short-code=10, other=1",
        /// Calls of a project, and segments of a number, that wait at most. What comes then over
        /// REST is refused with 21611; what a document sends fails with 30001.
        backlog: Count = "10000",
        /// Segments that all numbers of a campaign send a second; others fail with 30022.
        campaign_per_second: Option<Count>,
        /// Segments that all numbers of a campaign send a day, until midnight in US Pacific
        /// standard time; others fail with 35125. 1,000 is the cap of a sole proprietor, 200 that
        /// of a trial.
        campaign_per_day: Option<Count>,
        /// Requests that change something and that a project sends in 10 seconds; others are
        /// answered with 429 and the code 20429.
        api_writes: Count = "13800",
    }

    /// The audio of recordings, which the simulated network makes. It is kept in the data folder.
    recordings: Recordings {
        /// Whether whoever knows its URL may fetch a recording's audio, as with SignalWire. If not,
        /// it takes credentials, or a link that was signed: the `RecordingUrl` of callbacks.
        public: Flag = "false",
        /// How long such a link holds, from the callback's change on. A callback that waits for its
        /// destination is tried for three days.
        link_lifetime: Lifetime = "7d",
        /// What speaks the words of recordings. It has 20 seconds for each text.
        speech: Speech = "auto",
    }

    /// What writes down what is said in recordings, for transcriptions.
    transcription: Transcription {
        /// The endpoint of a recogniser, path and all: any server with the API that OpenAI calls
        /// `POST /v1/audio/transcriptions`, as whisper.cpp, faster-whisper and vLLM have it. It may
        /// be at any address. Without one the text is what the simulated network let be said.
        url: Option<Endpoint>,
        /// The model that it is asked for.
        model: Name = "whisper-1",
        /// The language that is spoken, such as `en`. The recogniser finds out if it is not told.
        language: Option<Name>,
        /// The token that it wants, sent as `Authorization: Bearer`.
        key: Option<Token>,
        /// How long one request may take.
        timeout: Patience = "60s",
        /// Requests under way at a time. Each has its recording in memory, twice: 50 MiB at most.
        concurrency: Count = "2",
        /// How often a recording is tried before its transcription fails. The tries are 5 s, 30 s,
        /// 2 min, 10 min and from then on 30 min apart.
        attempts: Count = "5",
    }

    /// What is written to stderr; the variable `RUST_LOG` tells how much of it.
    log: Log {
        /// Lines for people, or a JSON object a line.
        format: LogFormat = "text",
    }
}

/// The file that is read if no other is named and it is there.
pub const USUAL_FILE: &str = "/etc/ringback/ringback.toml";

impl Config {
    /// What the sources say together.
    pub fn read(sources: &Sources) -> Result<Self, Complaint> {
        let given = Given::read(sources)?;
        let config = Self::from_given(&given)?;
        config.check()?;
        Ok(config)
    }

    /// The effective configuration in the form of a file, each value with its source. Secrets
    /// are masked.
    pub fn show(sources: &Sources) -> Result<String, Complaint> {
        let given = Given::read(sources)?;
        let config = Self::from_given(&given)?;
        config.check()?;
        Ok(show::show(&config, &given))
    }

    /// The data folder alone, for commands that need nothing else: what is wrong elsewhere
    /// does not keep them from it.
    pub fn data(sources: &Sources) -> Result<(PathBuf, Option<PathBuf>), Complaint> {
        let config = Self::from_given(&Given::read(sources)?)?;
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|error| {
                Complaint::because(&format!("{} cannot be used", path.display()), &error)
            })
        };
        let key_file = config.store.key_file.as_deref().map(absolute).transpose()?;
        Ok((absolute(&config.store.data)?, key_file))
    }

    /// The recogniser that is asked for, if one is.
    pub fn recogniser(&self) -> Option<RecogniserConfig> {
        let Transcription {
            url,
            model,
            language,
            key,
            timeout,
            concurrency,
            attempts,
        } = &self.transcription;
        Some(RecogniserConfig {
            url: url.as_ref()?.0.clone(),
            model: model.0.clone(),
            language: language.as_ref().map(|name| name.0.clone()),
            key: key.as_ref().map(|key| key.0.clone()),
            timeout: timeout.0,
            concurrency: concurrency.0,
            attempts: u32::try_from(attempts.0).unwrap_or(u32::MAX),
        })
    }

    /// What belongs together.
    fn check(&self) -> Result<(), ConfigError> {
        let together = |problem: &str, remedy: &str| {
            Err(ConfigError::Together {
                problem: problem.to_owned(),
                remedy: remedy.to_owned(),
            })
        };
        match (&self.server.https, &self.tls.cert, &self.tls.key) {
            (Some(_), Some(_), Some(_)) | (None, _, _) => {}
            (Some(_), _, _) => {
                return together(
                    "`server.https` needs a certificate",
                    "name its files: tls.cert and tls.key",
                );
            }
        }
        if self.transcription.url.is_some() && self.network.kind == NetworkKind::None {
            return together(
                "`transcription.url` is of no use where no network records anything",
                "set network.kind to simulated, or leave the URL out",
            );
        }
        let open = !self.admin.address.ip().to_canonical().is_loopback();
        if open && self.admin.token.is_none() {
            return together(
                "`admin.address` can be reached from beyond this machine, and there is no \
                 `admin.token`",
                "give it a token: RINGBACK__ADMIN__TOKEN, or admin.token in the file",
            );
        }
        Ok(())
    }
}

impl Simulation {
    /// The section alone, for `ringback dev`: of a file in the form of `serve`'s, if one is
    /// named, and of flags.
    pub fn read(file: Option<&Path>, flags: Flags) -> Result<Self, Complaint> {
        let flags = Sources {
            flags,
            ..Sources::default()
        };
        Ok(Config::from_given(&Given::of(file, &flags)?)?.simulation)
    }

    /// What the network is like by it.
    pub fn model(&self) -> Model {
        let campaigns = if self.require_campaign.0 {
            CampaignRule::Required
        } else {
            CampaignRule::Optional
        };
        Model {
            pace: self.pace,
            campaigns,
            chance: self.chance(),
            capacity: self.capacity.0.then(|| self.capacity()),
        }
    }

    /// How many requests that change something are taken in 10 seconds, where that is bounded.
    pub fn api_writes(&self) -> Option<u32> {
        let most = u32::try_from(self.api_writes.0).unwrap_or(u32::MAX);
        self.capacity.0.then_some(most)
    }

    /// How much is taken at a time, where that is bounded.
    fn capacity(&self) -> Capacity {
        let number = |count: Count| u32::try_from(count.0).unwrap_or(u32::MAX);
        Capacity {
            calls_per_second: number(self.calls_per_second),
            messages_per_second: self.messages_per_second,
            backlog: number(self.backlog),
            campaign_per_second: self.campaign_per_second.map(number),
            campaign_per_day: self.campaign_per_day.map(number),
        }
    }

    /// What is left to chance: the mix, but for what is told beside it.
    fn chance(&self) -> Chance {
        let mix = self.mix.chance();
        Chance {
            calls: self.calls.clone().or(mix.calls),
            messages: self.messages.clone().or(mix.messages),
            call_alert: self.call_alert.or(mix.call_alert),
            call_answer: self.call_answer.or(mix.call_answer),
            call_talk: self.call_talk.or(mix.call_talk),
            message_sent: self.message_sent.or(mix.message_sent),
            message_receipt: self.message_receipt.or(mix.message_receipt),
            carriers: self.carriers.clone().or(mix.carriers),
        }
    }
}

#[cfg(test)]
mod tests;
