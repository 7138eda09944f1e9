//! Puts the parts together: the store and its folder, listeners and the certificate, the
//! projects, the engine, the servers, the control socket.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ringback_engine::network::Network as CarriesOut;
use ringback_engine::transport::{Guard, HttpTransport, Transport, TransportConfig};
use ringback_engine::{Clock, Engine, EngineConfig, Limits, Projects, Running};
use ringback_networks::{NoNetwork, RecordingConfig, RecordingLinks, Simulated, SimulatedConfig};
use ringback_server::{
    AdminAccess, Listeners, RecordingAccess, Recordings, Served, serve, serve_admin,
};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{RecordingFiles, SealedStore, Store};
use ringback_wire::destinations::Destinations;
use ringback_wire::token;
use rustls::ServerConfig;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::complaint::{Complaint, with_causes};
use crate::config::{Config, NetworkKind};
use crate::control::Control;
use crate::credentials::random;
use crate::ground::{bind, open_sealed, reachable, recogniser, unreadable_projects};
use crate::project::keeper::Keeper;
use crate::stop;
use crate::tls::{Certificate, TlsError};

/// What is taken before anything runs: the data folder, the ports, the certificate.
pub struct Bound {
    store: Arc<SealedStore<SqliteStore>>,
    control: Control,
    http: TcpListener,
    https: Option<(TcpListener, Arc<ServerConfig>)>,
    admin: TcpListener,
}

/// Everything that runs.
pub struct Started {
    /// The engine's tasks.
    pub running: Running,
    /// The task that answers requests.
    pub server: JoinHandle<Served>,
    /// The task that answers `ringback project`.
    pub control: JoinHandle<()>,
    /// The task that answers operators, and what ends it.
    pub admin: JoinHandle<Served>,
    /// Cancelled when all else has ended.
    pub admin_stop: CancellationToken,
    /// What remembers; closed at last.
    pub store: Arc<SealedStore<SqliteStore>>,
    /// What the ready file says.
    pub ready: Ready,
}

/// Where it is. The names are read by scripts: they stay.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// The base URL of HTTP.
    pub http: String,
    /// The base URL of HTTPS, if it is served.
    pub https: Option<String>,
    /// The base URL for operators.
    pub admin: String,
    /// The process.
    pub pid: u32,
}

impl Bound {
    /// Takes what `config` names, the data folder first.
    pub async fn new(config: &Config) -> Result<Self, Complaint> {
        let data = data(config)?;
        let store = Arc::new(open_sealed(&data, config.store.key_file.as_deref())?);
        let sealed = store.seal_projects().await;
        sealed.map_err(|error| unreadable_projects(&error))?;
        let control = control(&data)?;
        let http = bind("--http", config.server.http).await?;
        let admin = bind("--admin", config.admin.address).await?;
        Ok(Self {
            store,
            control,
            http,
            https: https(config).await?,
            admin,
        })
    }
}

impl Started {
    /// Starts everything; requests are answered from here on.
    pub async fn new(
        config: &Config,
        bound: Bound,
        stop: &CancellationToken,
    ) -> Result<Self, Complaint> {
        let ready = Ready::of(&bound)?;
        let store = Arc::clone(&bound.store);
        let (engine, running) = engine(config, &ready, Arc::clone(&store) as _).await?;
        if engine.projects().all().is_empty() {
            tracing::info!("there is no project yet: `ringback project create NAME` makes one");
        }
        let listeners = Listeners {
            http: bound.http,
            https: bound.https,
        };
        let answers = answers(config, &ready)?;
        let server = serve(engine.clone(), answers, listeners, stop.clone());
        let admin_stop = CancellationToken::new();
        let access = match &config.admin.token {
            None => AdminAccess::ThisMachine,
            Some(secret) => AdminAccess::Token(token::digest(secret.0.reveal().as_bytes())),
        };
        let admin = serve_admin(
            engine.clone(),
            access,
            bound.admin,
            stop.clone(),
            admin_stop.clone(),
        );
        let control = bound.control.serve(Keeper::Running(engine), stop.clone());
        Ok(Self {
            running,
            server: tokio::spawn(server),
            control: tokio::spawn(control),
            admin: tokio::spawn(admin),
            admin_stop,
            store,
            ready,
        })
    }
}

impl Ready {
    fn of(bound: &Bound) -> Result<Self, Complaint> {
        let url = |scheme: &str, listener: &TcpListener| {
            let address: SocketAddr = listener
                .local_addr()
                .map_err(|error| Complaint::because("a port cannot be told", &error))?;
            Ok::<String, Complaint>(format!("{scheme}://{}", reachable(address)))
        };
        let https = bound.https.as_ref();
        Ok(Self {
            http: url("http", &bound.http)?,
            https: https
                .map(|(listener, _)| url("https", listener))
                .transpose()?,
            admin: url("http", &bound.admin)?,
            pid: std::process::id(),
        })
    }
}

async fn engine(
    config: &Config,
    ready: &Ready,
    store: Arc<dyn Store>,
) -> Result<(Engine, Running), Complaint> {
    let transport = HttpTransport::new(TransportConfig::new(guard(config)))
        .map_err(|error| Complaint::because("callbacks cannot be sent", &error))?;
    let transport: Arc<dyn Transport> = Arc::new(transport);
    #[cfg(debug_assertions)]
    let (store, transport) = crate::kill_points::around((store, transport))?;
    let projects = store.projects().await;
    let projects = projects.map_err(|error| unreadable_projects(&error))?;
    let config = EngineConfig {
        projects: Projects::new(projects),
        store,
        network: network(config, ready)?,
        transport,
        clock: Clock::system(),
        seed: random(),
        limits: Limits {
            per_destination: config.delivery.per_destination.0,
            in_flight: config.delivery.in_flight.0,
            window: config.delivery.window.0,
            ..Limits::default()
        },
        retain: config.store.retain.0,
    };
    Engine::start(config)
        .await
        .map_err(|error| unreadable_projects(&error))
}

/// What is never called: nothing but public addresses, and what is allowed beside them.
fn guard(config: &Config) -> Guard {
    Guard::new(config.delivery.allow_destinations.clone())
}

fn network(config: &Config, ready: &Ready) -> Result<Arc<dyn CarriesOut>, Complaint> {
    let links = if config.recordings.public.0 {
        RecordingLinks::Bare
    } else {
        RecordingLinks::Signed {
            valid: config.recordings.link_lifetime.0,
        }
    };
    Ok(match config.network.kind {
        NetworkKind::None => Arc::new(NoNetwork),
        NetworkKind::Simulated => Arc::new(Simulated::new(SimulatedConfig {
            seed: config.simulation.seed.map_or_else(random, |seed| seed.0),
            time_scale: config.network.time_scale.0,
            base_url: base_url(config, ready).to_owned(),
            model: config.simulation.model(),
            recordings: Some(RecordingConfig {
                files: RecordingFiles::of(&data(config)?),
                voice: config.recordings.speech.voice(),
                links,
            }),
            recogniser: config.recogniser().map(recogniser).transpose()?,
        })),
    })
}

/// The data folder.
fn data(config: &Config) -> Result<PathBuf, Complaint> {
    std::path::absolute(&config.store.data).map_err(|error| {
        let path = config.store.data.display();
        Complaint::because(&format!("{path} cannot be used"), &error)
            .hint("name a folder: --data DIR")
    })
}

/// What every absolute URL that is handed out begins with.
fn base_url<'a>(config: &'a Config, ready: &'a Ready) -> &'a str {
    match &config.server.public_url {
        Some(url) => url.0.as_str().trim_end_matches('/'),
        None => &ready.http,
    }
}

fn answers(config: &Config, ready: &Ready) -> Result<ringback_server::Config, Complaint> {
    let recordings = Recordings {
        files: RecordingFiles::of(&data(config)?),
        access: if config.recordings.public.0 {
            RecordingAccess::Anybody
        } else {
            RecordingAccess::Credentials
        },
    };
    let mut answers = ringback_server::Config::new(base_url(config, ready), recordings)
        .map_err(|error| Complaint::usage(with_causes(&error)))?;
    answers.limits.writes = match config.network.kind {
        NetworkKind::Simulated => config.simulation.api_writes(),
        NetworkKind::None => None,
    };
    answers.destinations = Destinations::judged_by(guard(config));
    Ok(answers)
}

fn control(data: &Path) -> Result<Control, Complaint> {
    Control::bind(data).map_err(|error| {
        let problem = format!("the control socket in {} cannot be made", data.display());
        Complaint::because(&problem, &error)
            .hint("a socket's path has about 100 characters at most: give it a shorter folder")
    })
}

/// The listener of HTTPS with its certificate, which is read again on SIGHUP.
async fn https(config: &Config) -> Result<Option<(TcpListener, Arc<ServerConfig>)>, Complaint> {
    let unusable = |error: &TlsError| {
        Complaint::failure(with_causes(error)).hint("tls.cert and tls.key name a pair in PEM")
    };
    let (Some(address), Some(cert), Some(key)) =
        (config.server.https, &config.tls.cert, &config.tls.key)
    else {
        stop::on_hangup(|| tracing::info!("there is no certificate to be read again"))
            .map_err(|error| Complaint::because("signals cannot be listened to", &error))?;
        return Ok(None);
    };
    let certificate = Certificate::load(cert, key).map_err(|error| unusable(&error))?;
    let server = certificate.server().map_err(|error| unusable(&error))?;
    let listener = bind("--https", address).await?;
    let reload = move || match certificate.reload() {
        Ok(()) => tracing::info!("the certificate was read again"),
        Err(error) => {
            let reason = with_causes(&error);
            tracing::error!(reason, "the certificate stays as it was");
        }
    };
    stop::on_hangup(reload)
        .map_err(|error| Complaint::because("signals cannot be listened to", &error))?;
    Ok(Some((listener, server)))
}
