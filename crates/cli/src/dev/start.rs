//! Puts the parts together: the store and its folder, listeners and certificates, the
//! simulated network, the engine, the server.

use std::net::SocketAddr;
use std::sync::Arc;

use ringback_engine::transport::{Guard, HttpTransport, TransportConfig};
use ringback_engine::{Clock, Engine, EngineConfig, Limits, Projects, Running};
use ringback_networks::{RecordingConfig, RecordingLinks, Simulated, SimulatedConfig};
use ringback_server::{Config, Listeners, RecordingAccess, Recordings, Served, serve};
use ringback_store::sqlite::SqliteStore;
use ringback_store::{RecordingFiles, Store};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::plan::Plan;
use crate::banner::shell;
use crate::certificates::{CertificateError, Certificates, Origin};
use crate::complaint::{Complaint, with_causes};
use crate::credentials::random;
use crate::ground::{bind, open, reachable, recogniser};
use crate::output::Printer;
use crate::ready::Addresses;

/// What is taken before anything runs: the data folder, the ports, the certificates.
pub struct Bound {
    store: SqliteStore,
    http: TcpListener,
    https: TcpListener,
    certificates: Certificates,
    clock: Clock,
}

/// Everything that runs.
pub struct Started {
    /// The engine's tasks.
    pub running: Running,
    /// The server's task.
    pub server: JoinHandle<Served>,
    /// The task that prints what happens.
    pub lines: JoinHandle<()>,
    /// What remembers; closed at last.
    pub store: Arc<SqliteStore>,
    /// Where it is.
    pub addresses: Addresses,
    /// What a demonstration needs.
    pub demo: DemoParts,
}

/// What a demonstration needs.
#[derive(Clone)]
pub struct DemoParts {
    /// To read from.
    pub engine: Engine,
    /// Where the REST API is.
    pub http: SocketAddr,
}

impl Bound {
    /// Takes what `plan` names, the data folder first.
    pub async fn new(plan: &Plan) -> Result<Self, Complaint> {
        let store = open(&plan.data)?;
        let clock = Clock::system();
        let http = bind("--http", plan.http).await?;
        let https = bind("--https", plan.https).await?;
        let certificates = Certificates::load_or_make(&plan.data, clock.now())
            .map_err(|error| certificates(&error))?;
        match certificates.origin {
            Origin::Kept | Origin::Made => {}
            Origin::Renewed => tracing::info!(
                ca_file = %certificates.ca_file.display(),
                "the certificates were about to end and are new: whoever trusts the CA has to trust this one"
            ),
        }
        Ok(Self {
            store,
            http,
            https,
            certificates,
            clock,
        })
    }
}

impl Started {
    /// Starts everything; requests are answered from here on.
    pub async fn new(
        plan: &Plan,
        bound: Bound,
        printer: &Printer,
        stop: &CancellationToken,
    ) -> Result<Self, Complaint> {
        let local = |listener: &TcpListener| {
            let address = listener.local_addr();
            address.map_err(|error| Complaint::because("a port cannot be told", &error))
        };
        let (http, https) = (local(&bound.http)?, local(&bound.https)?);
        let addresses = Addresses {
            http: format!("http://{}", reachable(http)),
            https: format!("https://{}", reachable(https)),
            ca_file: bound.certificates.ca_file,
        };
        let config = config(plan, &addresses)?;
        let store = Arc::new(bound.store);
        let base = base_url(plan, &addresses).to_owned();
        let (engine, running) = engine(plan, base, Arc::clone(&store), bound.clock).await?;
        let (printer, feed) = (printer.clone(), engine.feed());
        let lines = tokio::task::spawn_blocking(move || printer.follow(feed));
        let listeners = Listeners {
            http: bound.http,
            https: Some((bound.https, bound.certificates.server)),
        };
        let server = tokio::spawn(serve(engine.clone(), config, listeners, stop.clone()));
        let demo = DemoParts {
            engine,
            http: reachable(http),
        };
        Ok(Self {
            running,
            server,
            lines,
            store,
            addresses,
            demo,
        })
    }
}

async fn engine(
    plan: &Plan,
    base_url: String,
    store: Arc<SqliteStore>,
    clock: Clock,
) -> Result<(Engine, Running), Complaint> {
    let guard = Guard::for_development(plan.allow.clone());
    let transport = HttpTransport::new(TransportConfig::new(guard))
        .map_err(|error| Complaint::because("callbacks cannot be sent", &error))?;
    let network = Simulated::new(SimulatedConfig {
        seed: plan.seed,
        time_scale: plan.time_scale,
        base_url,
        model: plan.model.clone(),
        recordings: Some(RecordingConfig {
            files: RecordingFiles::of(&plan.data),
            voice: plan.voice.clone(),
            links: RecordingLinks::Bare,
        }),
        recogniser: plan.recogniser.clone().map(recogniser).transpose()?,
    });
    let config = EngineConfig {
        projects: projects(plan, &*store).await?,
        store,
        network: Arc::new(network),
        transport: Arc::new(transport),
        clock,
        seed: random(),
        limits: Limits::default(),
        retain: plan.retain,
    };
    Engine::start(config)
        .await
        .map_err(|error| Complaint::because("what was recorded cannot be read", &error))
}

/// The project for development, with the name that it was given, and its subprojects.
async fn projects(plan: &Plan, store: &dyn Store) -> Result<Projects, Complaint> {
    let mut own = plan.credentials.project(plan.settings.clone());
    let stored = store.projects().await;
    let stored =
        stored.map_err(|error| Complaint::because("what was recorded cannot be read", &error))?;
    let (before, others): (Vec<_>, Vec<_>) =
        stored.into_iter().partition(|project| project.id == own.id);
    if let Some(before) = before.into_iter().next() {
        own.name = before.name;
    }
    let children = others
        .into_iter()
        .filter(|project| project.parent == Some(own.id));
    Ok(Projects::new(children.chain([own.clone()])))
}

/// What every absolute URL that is handed out begins with.
fn base_url<'a>(plan: &'a Plan, addresses: &'a Addresses) -> &'a str {
    match &plan.public_url {
        Some(url) => url.as_str().trim_end_matches('/'),
        None => &addresses.http,
    }
}

fn config(plan: &Plan, addresses: &Addresses) -> Result<Config, Complaint> {
    let recordings = Recordings {
        files: RecordingFiles::of(&plan.data),
        access: RecordingAccess::Anybody,
    };
    let mut config = Config::new(base_url(plan, addresses), recordings)
        .map_err(|error| Complaint::usage(with_causes(&error)))?;
    config.limits.writes = plan.api_writes;
    Ok(config)
}

fn certificates(error: &CertificateError) -> Complaint {
    let complaint = Complaint::failure(with_causes(error));
    match error {
        CertificateError::Wide(path) => {
            complaint.hint(format!("chmod 600 {}", shell(&path.display().to_string())))
        }
        CertificateError::File { .. } => complaint.hint("name another folder: --data DIR"),
        CertificateError::Make(_) | CertificateError::Use(_) => complaint,
    }
}
