//! An engine on a paused clock: the store and the transport answer inside the runtime.
//!
//! Use it in `#[tokio::test(start_paused = true)]`.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback_domain::callback::{Callback, CallbackState};
use ringback_domain::change::News;
use ringback_domain::id::{ProjectId, Sid};
use ringback_domain::message::{
    MessageApi, MessageDirection, MessageFacts, MessageStatus, MessageTransport, NewMessage,
};
use ringback_domain::project::{Project, Secret, Settings, SigningKeys, Token};
use ringback_domain::resource::{NewResource, Resource};
use ringback_domain::subscription::{Interest, Method, Subscription};
use ringback_domain::time::Timestamp;
use ringback_engine::network::Network;
use ringback_engine::{
    Clock, Deliveries, DestinationGauge, Engine, EngineConfig, Hold, Limits, Order, Projects,
    Reported, Running,
};
use ringback_store::Store;
use ringback_wire::token;
use tokio::time::{sleep, timeout};

use crate::memory_store::MemoryStore;
use crate::scripted_network::ScriptedNetwork;
use crate::scripted_transport::{Ending, ScriptedTransport, Seen};

/// 2026-08-20T10:15:00Z, when every test begins.
pub const START: Timestamp = Timestamp::from_micros(1_787_220_900_000_000);

/// The project of every test.
pub const PROJECT: ProjectId = ProjectId::from_bytes([
    0x9b, 0x1d, 0x2c, 0x3e, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0xac, 0x01,
]);

/// Another project, with a token of its own.
pub const OTHER_PROJECT: ProjectId = ProjectId::from_bytes([
    0x9b, 0x1d, 0x2c, 0x3e, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 0, 0xac, 0x02,
]);

/// A project for tests: its token is `token` and its signing key `key`, each with `name`.
pub fn project(id: ProjectId, name: &str, settings: Settings) -> Project {
    Project {
        id,
        name: name.to_owned(),
        parent: None,
        created_at: Timestamp::default(),
        tokens: vec![Token {
            digest: token::digest(format!("token-{name}").as_bytes()),
            name: name.to_owned(),
            created_at: Timestamp::default(),
        }],
        keys: SigningKeys::one(Secret::new(format!("key-{name}")), Timestamp::default()),
        settings,
    }
}

/// What a test's engine is made of.
pub struct Setup {
    /// How callbacks look and are sent.
    pub settings: Settings,
    /// What carries resources out.
    pub network: Arc<dyn Network>,
    /// What remembers.
    pub store: Arc<dyn Store>,
    /// What the dispatcher may take.
    pub limits: Limits,
    /// What time it is.
    pub clock: Clock,
    /// How long is kept what nothing happens to.
    pub retain: Option<Duration>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            network: Arc::new(ScriptedNetwork::default()),
            store: Arc::new(MemoryStore::default()),
            limits: Limits::default(),
            clock: Clock::starting_at(START),
            retain: None,
        }
    }
}

/// An engine for tests.
pub struct TestEngine {
    /// Its handle.
    pub engine: Engine,
    /// Its tasks.
    pub running: Running,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl TestEngine {
    /// Every attempt is answered at once with `status`.
    pub async fn answering(status: u16) -> Self {
        Self::scripted(Setup::default(), move |_| {
            (Duration::ZERO, Ending::Status(status))
        })
        .await
    }

    /// Every attempt is answered as `script` says.
    pub async fn scripted(
        setup: Setup,
        script: impl Fn(&Seen) -> (Duration, Ending) + Send + Sync + 'static,
    ) -> Self {
        let transport = ScriptedTransport::new(setup.clock.clone(), script);
        let seen = transport.seen();
        let config = EngineConfig {
            projects: Projects::new([
                project(PROJECT, "one", setup.settings),
                project(OTHER_PROJECT, "two", Settings::default()),
            ]),
            store: setup.store,
            network: setup.network,
            transport: Arc::new(transport),
            clock: setup.clock,
            seed: 42,
            limits: setup.limits,
            retain: setup.retain,
        };
        let (engine, running) = Engine::start(config).await.expect("the store can be read");
        Self {
            engine,
            running,
            seen,
        }
    }

    /// Creates a message whose changes are told to `url`.
    pub async fn message(&self, url: &str) -> Resource {
        self.order(order(url), Hold::none()).await
    }

    /// Creates what `order` says.
    pub async fn order(&self, order: Order, hold: Hold) -> Resource {
        self.engine
            .create(PROJECT, order, hold)
            .await
            .expect("the order is taken")
    }

    /// Creates what `order` says for [`OTHER_PROJECT`].
    pub async fn order_of_the_other(&self, order: Order) -> Resource {
        self.engine
            .create(OTHER_PROJECT, order, Hold::none())
            .await
            .expect("the order is taken")
    }

    /// What the dispatcher has in hand.
    pub async fn deliveries(&self) -> Deliveries {
        let deliveries = self.engine.deliveries().await;
        deliveries.expect("the dispatcher runs")
    }

    /// How the destination at `origin` is, if anything is pending for it.
    pub async fn destination(&self, origin: &str) -> Option<DestinationGauge> {
        let all = self.deliveries().await.destinations;
        all.into_iter().find(|it| &*it.origin == origin)
    }

    /// Reports a message's status.
    pub async fn report(&self, sid: Sid, status: MessageStatus) -> Reported {
        let news = News::Message(status, MessageFacts::default());
        self.engine
            .report(PROJECT, sid, news)
            .await
            .expect("the report is taken")
    }

    /// The attempts so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The statuses that the attempts so far told, in order.
    pub fn told(&self) -> Vec<String> {
        self.seen()
            .iter()
            .filter_map(|seen| seen.parameter("MessageStatus"))
            .collect()
    }

    /// A resource's callbacks as the store has them.
    pub async fn callbacks(&self, sid: Sid) -> Vec<Callback> {
        self.engine
            .store()
            .callbacks(sid)
            .await
            .expect("the store can be read")
    }

    /// The states of a resource's callbacks.
    pub async fn states(&self, sid: Sid) -> Vec<CallbackState> {
        self.callbacks(sid)
            .await
            .into_iter()
            .map(|callback| callback.state)
            .collect()
    }

    /// Waits until everything owed is settled; at most `bound`.
    pub async fn settled(&self, bound: Duration) {
        let settled = async {
            while self
                .engine
                .store()
                .unsettled()
                .await
                .expect("the store can be read")
                > 0
            {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(bound, settled)
            .await
            .expect("everything is settled within the bound");
    }
}

/// A message whose changes are told to `url`.
pub fn order(url: &str) -> Order {
    Order {
        new: NewResource::Message(NewMessage {
            direction: MessageDirection::OutboundApi,
            from: "+15550100001".to_owned(),
            to: "+15550100002".to_owned(),
            body: "hello".to_owned(),
            media: Vec::new(),
            messaging_service: None,
            validity: Duration::from_secs(14_400),
            max_price: None,
            transport: MessageTransport::Sms,
            api: MessageApi::Compatible,
        }),
        subscriptions: vec![Subscription {
            url: url.to_owned(),
            method: Method::Post,
            interest: Interest::Every,
            next_sequence: 0,
        }],
        application: None,
        interest: None,
        depth: 0,
        warnings: Vec::new(),
    }
}
