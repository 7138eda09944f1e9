//! No status change is lost when the process is killed: `ringback serve` under load, killed
//! again and again, at random moments and at named points. docs/testing.md says how.
//!
//! The seed is printed, and `RINGBACK_SEED=<seed>` repeats it: which kills come in which order,
//! the moments, the load and what the receiver refuses; not what the machine makes of it.

mod aftermath;
mod connection;
mod judge;
mod ledger;
mod load;
mod process;
mod receiver;
mod report;
mod states;
mod traffic;

use std::ops::Range;
use std::thread;
use std::time::Duration;

use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::runtime::Runtime;
use tokio::time::{Instant, timeout};

use self::ledger::{Life, Shared};
use self::load::{Load, Phase};
use self::process::{Process, Words};
use self::receiver::{Mood, Receiver};
use self::states::Caught;
use crate::support::{DEADLINE, Home, wait_for};

/// How often each moment is hit.
const RANDOM_KILLS: usize = 14;
const NAMED_KILLS: usize = 4;

/// Kills in all, with those that do not count.
const MOST_KILLS: usize = 60;

/// A kill counts if at least so many changes are under way: offered, and not yet both
/// answered and delivered.
const UNDER_WAY: usize = 100;

/// How long a life lasts that ends at random, in milliseconds from being ready: from the
/// midst of its recovery to long after.
const LIFE_MS: Range<u64> = 0..900;

/// How long it may take to reach a named point.
const REACHED_WITHIN: Duration = Duration::from_secs(20);

/// In which lives one destination refuses everything, and from which one on none refuses
/// anything: what was set aside is due some seconds later.
const OUTAGE: Range<Life> = 8..14;
const MILD_FROM: Life = 25;

/// When the server is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Random,
    BeforeCommit,
    AfterCommit,
    BeforeSend,
    AfterSend,
}

/// A kill that counts.
#[derive(Debug)]
struct Kill {
    moment: Moment,
    /// The life that it ended.
    life: Life,
    under_way: usize,
    /// What the process said at a named point.
    words: Option<Words>,
}

/// All that outlives the server.
struct Run {
    home: Home,
    rng: ChaCha8Rng,
    runtime: Runtime,
    project_id: String,
    /// Project and token, as HTTP Basic has them.
    credentials: String,
    ledger: Shared,
    receiver: Receiver,
    load: Load,
    /// The life that is next, or now.
    life: Life,
    kills: Vec<Kill>,
}

#[test]
#[cfg_attr(
    not(debug_assertions),
    ignore = "a binary without debug assertions has no points to be killed at"
)]
fn nothing_acknowledged_is_lost_by_thirty_kills() {
    let seed = match std::env::var("RINGBACK_SEED") {
        Ok(seed) => seed.parse().expect("RINGBACK_SEED is a number"),
        Err(_) => uuid::Uuid::new_v4().as_u64_pair().0 >> 32,
    };
    report::say(&format!("seed {seed}"));
    let began = Instant::now();
    let mut run = Run::new(seed);
    run.kill_again_and_again();
    let server = run.deliver_the_rest();
    run.judge(began.elapsed());
    run.check_aftermath(server);
}

#[test]
#[cfg_attr(not(debug_assertions), ignore = "the variable means nothing there")]
fn a_point_that_there_is_not_is_told() {
    let home = Home::new();
    let mut command = home.serve_command(&[]);
    let output = command.env("RINGBACK_KILL_AT", "at-lunch:1").output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("before-commit:N"), "{stderr}");
}

impl Moment {
    const NAMED: [Self; 4] = [
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::BeforeSend,
        Self::AfterSend,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::BeforeCommit => "before-commit",
            Self::AfterCommit => "after-commit",
            Self::BeforeSend => "before-send",
            Self::AfterSend => "after-send",
        }
    }

    /// What the server is told, if it is to kill itself: at which change or attempt.
    fn draw_point(self, rng: &mut ChaCha8Rng) -> Option<String> {
        let nth = match self {
            Self::Random => return None,
            Self::BeforeCommit | Self::AfterCommit => rng.random_range(1..1_500),
            // What the life before had sent already is sent again first.
            Self::BeforeSend => rng.random_range(400..1_500),
            Self::AfterSend => rng.random_range(1..1_500),
        };
        Some(format!("{}:{nth}", self.name()))
    }
}

impl Run {
    fn new(seed: u64) -> Self {
        let home = Home::new();
        let project = home.project(&["create", "platform"]);
        let text = |name: &str| project[name].as_str().unwrap().to_owned();
        let credentials = format!("{}:{}", text("project_id"), text("api_token"));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let ledger = Shared::default();
        let key = text("signing_key");
        let receiver = runtime.block_on(Receiver::start(seed, &key, ledger.clone()));
        let entered = runtime.enter();
        let load = Load::start(seed, &credentials, receiver.origins(), ledger.clone());
        drop(entered);
        Self {
            home,
            rng: ChaCha8Rng::seed_from_u64(seed),
            runtime,
            project_id: text("project_id"),
            credentials,
            ledger,
            receiver,
            load,
            life: 0,
            kills: Vec::new(),
        }
    }

    fn kill_again_and_again(&mut self) {
        let mut plan = vec![Moment::Random; RANDOM_KILLS];
        for moment in Moment::NAMED {
            plan.extend([moment; NAMED_KILLS]);
        }
        plan.shuffle(&mut self.rng);
        while let Some(moment) = plan.pop() {
            assert!(self.life < MOST_KILLS, "too many kills that do not count");
            match self.kill(moment) {
                Some(kill) => self.kills.push(kill),
                // It is to be hit all the same, later.
                None => plan.insert(plan.len() / 2, moment),
            }
            let complaints = self.ledger.lock().complaints.clone();
            assert!(complaints.is_empty(), "{complaints:#?}");
        }
    }

    /// A life and its end; none if the end does not count.
    fn kill(&mut self, moment: Moment) -> Option<Kill> {
        let life = self.life;
        let point = moment.draw_point(&mut self.rng);
        let wait = Duration::from_millis(self.rng.random_range(LIFE_MS));
        let mut process = self.begin(point.as_deref());
        if moment == Moment::Random {
            thread::sleep(wait);
            wait_for("work under way", || {
                (self.ledger.lock().under_way() >= UNDER_WAY).then_some(())
            });
        } else {
            let deadline = Instant::now() + REACHED_WITHIN;
            while !process.is_dead() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(1));
            }
        }
        let death = process.kill();
        self.load.set(Phase::Down);
        wait_for("that all is read that it sent", || {
            (self.load.is_quiet() && self.receiver.is_quiet()).then_some(())
        });
        assert!(!death.stderr.contains("ERROR"), "{}", death.stderr);
        self.life += 1;
        let under_way = self.ledger.lock().under_way();
        println!("life {life}: killed {moment:?}, {under_way} changes under way");
        let counts = under_way >= UNDER_WAY && self.is_hit(moment, death.words.as_ref());
        counts.then_some(Kill {
            moment,
            life,
            under_way,
            words: death.words,
        })
    }

    /// Starts the server and lets the clients know of it.
    fn begin(&mut self, point: Option<&str>) -> Process {
        self.ledger.lock().begin_life(self.life);
        self.receiver.set(match self.life {
            life if OUTAGE.contains(&life) => Mood::Outage,
            MILD_FROM.. => Mood::Mild,
            _ => Mood::Usual,
        });
        let process = Process::start(&self.home, point);
        if let Some(address) = process.address {
            self.load.set(Phase::Up(address));
        }
        process
    }

    /// Whether the process died where it was to die. Of an attempt that was begun only the
    /// ledger can say that its change was answered, and that it is the callback's first.
    fn is_hit(&self, moment: Moment, words: Option<&Words>) -> bool {
        let Some(words) = words else {
            return moment == Moment::Random;
        };
        let ledger = self.ledger.lock();
        match (moment, words) {
            (Moment::BeforeSend, Words::Send { id, resource }) => {
                let arrived = ledger.arrivals.get(resource).into_iter().flatten();
                let change = ledger.next_of(*resource).change();
                let offer = ledger.offers.get(&change);
                arrived.into_iter().all(|each| each.id != *id)
                    && offer.is_some_and(|offer| offer.answered.is_some())
            }
            (Moment::BeforeCommit | Moment::AfterCommit, Words::Commit { .. })
            | (Moment::AfterSend, Words::Send { .. }) => true,
            (_, Words::Commit { .. } | Words::Send { .. }) => false,
        }
    }

    /// A last life, in which all that was offered is answered and delivered; what is not in
    /// time is for the judge to name.
    fn deliver_the_rest(&mut self) -> Process {
        let server = self.begin(None);
        let address = server.address.expect("nothing kills it");
        let load = &mut self.load;
        let answered = async { timeout(DEADLINE, load.end(address)).await };
        self.runtime.block_on(answered).expect("all is answered");
        let deadline = Instant::now() + DEADLINE;
        while self.ledger.lock().under_way() > 0 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        server
    }

    /// What was caught in which state is printed, whatever the judge says of it.
    fn judge(&mut self, took: Duration) {
        let ledger = self.ledger.lock();
        let with_caught = |kill: Kill| {
            let caught = Caught::by(&ledger, kill.life);
            (kill, caught)
        };
        let kills: Vec<(Kill, Caught)> = self.kills.drain(..).map(with_caught).collect();
        report::print(&ledger, &kills, took);
        judge::judge(&ledger, &kills);
    }

    /// The server says of itself that all is delivered, and so does its store.
    fn check_aftermath(&self, server: Process) {
        let base = format!("http://{}", server.address.expect("it runs"));
        let count = |state| aftermath::count(&base, &self.credentials, state);
        wait_for("that nothing is pending", || {
            (count("pending") + count("aside") == 0).then_some(())
        });
        let ledger = self.ledger.lock();
        let owed: usize = ledger.offers.keys().map(|change| change.owed().len()).sum();
        assert_eq!(count("delivered"), owed);
        assert_eq!(count("failed") + count("canceled"), 0);
        let stderr = server.stop();
        assert!(!stderr.contains("ERROR"), "{stderr}");
        let data = self.home.data();
        let checked = aftermath::check_store(&data, &self.project_id, &ledger);
        self.runtime.block_on(checked);
    }
}
