//! Documents that are run: what is requested, what is told, how calls end, whatever they say.

mod any;
mod bounds;
mod dial;
mod live;
mod numbers;
mod record;
mod restart;
mod tree;
mod verbs;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ringback_domain::call::{CallDirection, Document, NewCall};
use ringback_domain::id::Sid;
use ringback_domain::resource::{Body, NewResource, Resource};
use ringback_domain::subscription::{CallEvent, Interest, Method, Subscription};
use ringback_engine::{Hold, Order};
use ringback_networks::{
    RecordingConfig, RecordingLinks, Simulated, SimulatedConfig, Voice, scenario,
};
use ringback_store::RecordingFiles;
use ringback_testing::scripted_transport::{Ending, Seen};
use ringback_testing::test_engine::{Setup, TestEngine};

/// Where the first document is.
const FIRST: &str = "https://app.example/first";
/// Who hears of the call.
const STATUS: &str = "https://app.example/status";

/// A call with its documents, before it is made.
struct Story {
    call: NewCall,
    documents: HashMap<String, &'static str>,
}

/// What became of a call.
struct Told {
    engine: TestEngine,
    call: Resource,
    /// Where its recordings are, as long as it is looked at.
    _folder: tempfile::TempDir,
}

impl Story {
    /// A call that comes in, handled by `first`.
    fn inbound(first: &'static str) -> Self {
        Self::of(CallDirection::Inbound, first)
    }

    /// A call that an application makes, handled by `first`.
    fn outbound(first: &'static str) -> Self {
        Self::of(CallDirection::OutboundApi, first)
    }

    fn of(direction: CallDirection, first: &'static str) -> Self {
        let call = NewCall {
            direction,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            parent: None,
            document: Document::Url {
                url: FIRST.to_owned(),
                method: Method::Post,
            },
            ring_timeout: Duration::from_secs(60),
            requested: Vec::new(),
        };
        Self {
            call,
            documents: HashMap::from([(FIRST.to_owned(), first)]),
        }
    }

    /// The same, with another document.
    fn with(mut self, path: &str, document: &'static str) -> Self {
        let url = format!("https://app.example{path}");
        self.documents.insert(url, document);
        self
    }

    fn with_scenario(mut self, json: &str) -> Self {
        let read: scenario::CallScenario = serde_json::from_str(json).expect("a scenario");
        read.check_inbound().expect("it can happen");
        let parameter = (scenario::PARAMETER.to_owned(), json.to_owned());
        self.call.requested.push(parameter);
        self
    }

    fn requesting(mut self, name: &str, value: &str) -> Self {
        self.call
            .requested
            .push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes the call and waits until it is over and everything is told.
    async fn run(self) -> Told {
        let told = self.begin().await;
        told.finish().await
    }

    /// Makes the call.
    async fn begin(self) -> Told {
        let (engine, folder) = engine(self.documents).await;
        let call = engine.order(order(self.call), Hold::none()).await;
        Told {
            engine,
            call,
            _folder: folder,
        }
    }
}

/// An engine for which these documents are there.
pub async fn engine(documents: HashMap<String, &'static str>) -> (TestEngine, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let setup = setup(folder.path());
    (
        TestEngine::scripted(setup, answers(documents)).await,
        folder,
    )
}

/// What an engine is made of whose recordings are in `folder`.
fn setup(folder: &Path) -> Setup {
    let network = Simulated::new(SimulatedConfig {
        base_url: "https://calls.example".to_owned(),
        recordings: Some(RecordingConfig {
            files: RecordingFiles::of(folder),
            voice: Voice::Tones,
            links: RecordingLinks::Bare,
        }),
        ..SimulatedConfig::default()
    });
    Setup {
        network: Arc::new(network),
        ..Setup::default()
    }
}

/// What an application answers that has these documents.
fn answers(
    documents: HashMap<String, &'static str>,
) -> impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static {
    move |seen: &Seen| {
        let url = seen.url.split('?').next().unwrap_or_default();
        let ending = match documents.get(url) {
            Some(document) => Ending::Document(document),
            None if url.contains("status") => Ending::Status(204),
            None => Ending::Status(404),
        };
        (Duration::from_millis(20), ending)
    }
}

/// `call`, of which all is told.
fn order(call: NewCall) -> Order {
    Order {
        new: NewResource::Call(call),
        subscriptions: vec![Subscription {
            url: STATUS.to_owned(),
            method: Method::Post,
            interest: Interest::Call(CallEvent::ALL.into_iter().collect()),
            next_sequence: 0,
        }],
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}

impl Told {
    /// The resource as it is stored.
    async fn resource(&self, sid: Sid) -> Resource {
        let store = self.engine.engine.store();
        let mut found = store.resources(&[sid]).await.expect("a store");
        found.remove(0).expect("it is there")
    }

    /// Waits until the call is over and what is owed is delivered: at most five hours.
    async fn finish(mut self) -> Self {
        let over = async {
            loop {
                let call = self.resource(self.call.sid).await;
                if call.status().is_final() {
                    return call;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let bound = Duration::from_secs(5 * 3_600);
        self.call = tokio::time::timeout(bound, over).await.expect("it ends");
        // Those who talk with it end along with it, each in a step of its own.
        tokio::time::sleep(Duration::from_secs(60)).await;
        self.engine.settled(Duration::from_secs(60)).await;
        self
    }

    fn status(&self) -> &'static str {
        self.call.status().as_str()
    }

    fn error(&self) -> Option<String> {
        match &self.call.body {
            Body::Call(call) => call.error.as_ref().map(|code| code.as_str().to_owned()),
            _ => None,
        }
    }

    /// How long it lasted, in whole seconds.
    fn seconds(&self) -> u64 {
        match &self.call.body {
            Body::Call(call) => call.duration().as_secs(),
            _ => 0,
        }
    }

    /// The remarks on its timeline.
    async fn remarks(&self) -> Vec<String> {
        let store = self.engine.engine.store();
        let warnings = store.warnings(self.call.sid).await;
        let warnings = warnings.expect("a store").into_iter();
        warnings.map(|warning| warning.text).collect()
    }

    /// All that was requested: the path, and the parameters of these names.
    fn requested(&self, names: &[&str]) -> Vec<String> {
        let requests = self.engine.seen().into_iter().map(|seen| {
            let mut line = seen.url.replace("https://app.example", "");
            for name in names {
                if let Some(value) = seen.parameter(name) {
                    line = format!("{line} {name}={value}");
                }
            }
            line
        });
        requests.collect()
    }

    /// The requests for documents: all that did not go to a status callback.
    fn documents(&self, names: &[&str]) -> Vec<String> {
        let mut requested = self.requested(names);
        requested.retain(|line| !line.contains("status"));
        requested
    }

    /// The statuses that it told, in order.
    fn statuses(&self) -> Vec<String> {
        let own = self.call.sid.to_string();
        let seen = self.engine.seen();
        let own = seen.iter().filter(|seen| {
            seen.url == STATUS && seen.parameter("CallSid").as_deref() == Some(&own)
        });
        own.filter_map(|seen| seen.parameter("CallStatus"))
            .collect()
    }
}
