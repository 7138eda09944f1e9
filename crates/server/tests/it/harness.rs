//! The real server on a free port, over an engine whose network does nothing on its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ringback_domain::call::{CallFacts, CallStatus};
use ringback_domain::change::{News, Status};
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::MessageStatus;
use ringback_domain::recording::{
    NewRecording, RecordingChannels, RecordingSource, RecordingStatus, RecordingTrim, Transcribe,
};
use ringback_domain::resource::NewResource;
use ringback_domain::transcription::{NewTranscription, TranscribedCall};
use ringback_engine::transport::Guard;
use ringback_engine::{ApplicationOrder, Hold, NumberOrder, Order};
use ringback_server::{Config, Limits, Listeners, RecordingAccess, Recordings, Served, serve};
use ringback_store::RecordingFiles;
use ringback_testing::test_engine::{OTHER_PROJECT, PROJECT, Setup, TestEngine};
use ringback_wire::destinations::Destinations;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::client::{Answer, Request};
use crate::log;

/// A resource that nobody looks up.
const SOME: Sid = Sid::from_bytes([7; 16]);

/// What a message needs.
pub const MESSAGE: &str = "To=%2B15550100002&From=%2B15550100001&Body=hello";
/// What a call needs.
pub const CALL: &str = "To=%2B15550100002&From=%2B15550100001&Url=http%3A%2F%2Fapp.example%2Fvoice";

/// A server and the engine behind it.
pub struct Server {
    pub at: SocketAddr,
    pub engine: TestEngine,
    /// The files of recordings.
    pub files: RecordingFiles,
    _folder: tempfile::TempDir,
    stop: CancellationToken,
    task: JoinHandle<Served>,
    /// How many numbers were taken.
    numbers: AtomicU32,
}

impl Server {
    /// A server whose callbacks are all accepted.
    pub async fn start() -> Self {
        Self::over(TestEngine::answering(200).await, Limits::default())
    }

    /// A server over what `setup` says.
    pub async fn with(setup: Setup) -> Self {
        let accept = |_: &_| {
            let at_once = std::time::Duration::ZERO;
            (
                at_once,
                ringback_testing::scripted_transport::Ending::Status(200),
            )
        };
        Self::over(TestEngine::scripted(setup, accept).await, Limits::default())
    }

    /// A server over this engine.
    pub fn over(engine: TestEngine, limits: Limits) -> Self {
        Self::listening(engine, limits, None)
    }

    /// A server over this engine that speaks TLS as well, on a listener that is given.
    pub fn listening(
        engine: TestEngine,
        limits: Limits,
        https: Option<(TcpListener, Arc<rustls::ServerConfig>)>,
    ) -> Self {
        Self::protecting(engine, limits, https, RecordingAccess::Credentials)
    }

    /// The same, which lets so many have the audio of recordings.
    pub fn protecting(
        engine: TestEngine,
        limits: Limits,
        https: Option<(TcpListener, Arc<rustls::ServerConfig>)>,
        access: RecordingAccess,
    ) -> Self {
        log::keep();
        let http = listener();
        let at = http.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let files = RecordingFiles::of(folder.path());
        let recordings = Recordings {
            files: files.clone(),
            access,
        };
        let mut config = Config::new("https://calls.example", recordings).unwrap();
        config.limits = limits;
        config.destinations = Destinations::judged_by(Guard::default());
        let stop = CancellationToken::new();
        let listeners = Listeners { http, https };
        let served = serve(engine.engine.clone(), config, listeners, stop.clone());
        Self {
            at,
            engine,
            files,
            _folder: folder,
            stop,
            task: tokio::spawn(served),
            numbers: AtomicU32::new(0),
        }
    }

    /// A request of the first project, under its own path and the SDKs' prefix.
    pub fn ask(&self, method: &str, path: &str) -> Request {
        let request = Request::new(method, &format!("/2010-04-01/Accounts/{PROJECT}{path}"));
        let host = format!("localhost:{}", self.at.port());
        let request = request.without("Host").header("Host", &host);
        request.by(&PROJECT.to_string(), "token-one")
    }

    /// What a GET is answered with.
    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).send(self.at).await
    }

    /// What a POST is answered with.
    pub async fn post(&self, path: &str, form: &str) -> Answer {
        self.ask("POST", path).form(form).send(self.at).await
    }

    /// What a DELETE is answered with.
    pub async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path).send(self.at).await
    }

    /// Creates a resource over REST and returns its SID.
    pub async fn create(&self, path: &str, form: &str) -> Sid {
        let answer = self.post(path, form).await;
        let json = answer.json();
        json["sid"]
            .as_str()
            .and_then(|sid| sid.parse().ok())
            .expect("a SID")
    }

    /// Creates a resource of the other project and returns its SID.
    pub async fn create_foreign(&self, path: &str, form: &str) -> Sid {
        let target = format!("/2010-04-01/Accounts/{OTHER_PROJECT}{path}");
        let request = Request::new("POST", &target).by(&OTHER_PROJECT.to_string(), "token-two");
        let json = request.form(form).send(self.at).await.json();
        json["sid"]
            .as_str()
            .and_then(|sid| sid.parse().ok())
            .expect("a SID")
    }

    /// Takes a number for a project, and returns its SID.
    pub async fn number(&self, project: ProjectId) -> Sid {
        let count = self.numbers.fetch_add(1, Ordering::Relaxed);
        let order = NumberOrder::Take {
            number: format!("+1444{count:07}").into(),
            change: Box::default(),
        };
        let taken = self.engine.engine.put_number(project, order).await;
        taken.expect("nobody else takes it").sid
    }

    /// Makes an application for a project, and returns its SID.
    pub async fn application(&self, project: ProjectId) -> Sid {
        let order = ApplicationOrder::Make {
            change: Box::default(),
        };
        let made = self.engine.engine.put_application(project, order).await;
        made.expect("it is recorded").sid
    }

    /// Makes a resource that REST does not create, and returns its SID.
    pub async fn make(&self, project: ProjectId, new: NewResource) -> Sid {
        let order = Order {
            new,
            subscriptions: Vec::new(),
            application: None,
            interest: None,
            depth: 0,
            warnings: Vec::new(),
        };
        let made = self.engine.engine.create(project, order, Hold::none());
        made.await.expect("the order is taken").sid
    }

    /// Brings a resource to `status`, of which nothing else is told.
    pub async fn stands(&self, sid: Sid, status: Status) {
        let reported = self.engine.engine.report(PROJECT, sid, status.into());
        reported.await.expect("the report is taken");
    }

    /// Brings a recording to `status`.
    pub async fn recording_is(&self, sid: Sid, status: RecordingStatus) {
        self.stands(sid, Status::Recording(status)).await;
    }

    /// Brings a message to `status`.
    pub async fn message_is(&self, sid: Sid, status: MessageStatus) {
        self.engine.report(sid, status).await;
    }

    /// Brings a call to `status`.
    pub async fn call_is(&self, sid: Sid, status: CallStatus) {
        let news = News::Call(status, CallFacts::default());
        self.engine.engine.report(PROJECT, sid, news).await.unwrap();
    }

    /// Asks it to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// How it ended.
    pub async fn ended(self) -> Served {
        self.task.await.unwrap()
    }
}

/// A recording of some call.
pub fn recording() -> NewResource {
    recording_of(SOME)
}

/// A recording of this call.
pub fn recording_of(call: Sid) -> NewResource {
    NewResource::Recording(NewRecording {
        call,
        conference: None,
        source: RecordingSource::OutboundApi,
        channels: RecordingChannels::Mono,
        track: None,
        trim: RecordingTrim::DoNotTrim,
        transcribe: Transcribe::No,
    })
}

/// A transcription of some recording.
pub fn transcription() -> NewResource {
    transcription_of(SOME)
}

/// A transcription of this recording.
pub fn transcription_of(recording: Sid) -> NewResource {
    NewResource::Transcription(NewTranscription {
        recording,
        call: TranscribedCall {
            sid: SOME,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            status: None,
            direction: None,
        },
    })
}

/// A listener on a free port. What it accepts has small buffers, so that a client that does
/// not read is soon noticed.
pub fn listener() -> TcpListener {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16_384).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket.listen(64).unwrap()
}

/// The credentials of a project.
pub fn credentials(project: ProjectId) -> (String, &'static str) {
    let token = if project == PROJECT {
        "token-one"
    } else {
        "token-two"
    };
    (project.to_string(), token)
}
