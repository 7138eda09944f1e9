//! Recorder and dispatcher over a simulated store, clock, network and receivers: thousands of
//! seeds, each a life of crashes and faults, held against the laws at every step.
//!
//! A seed lives on one thread, in a paused runtime of its own, and draws everything from itself:
//! the same seed, the same life. `RINGBACK_SEEDS=17..18` lives through seed 17 alone and prints
//! all that happened; `RINGBACK_SEEDS=0..100000` through more than `make test` does. See
//! docs/testing.md.

mod chance;
mod clients;
mod laws;
mod life;
mod paths;
mod plan;
mod platform;
mod receivers;
mod store;
mod world;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use self::life::{Lived, live};
use self::paths::{Path, Paths};

/// The seeds of `make test`.
const SEEDS: Range<u64> = 0..3_000;

/// After so many seeds that broke a law there is enough to read.
const ENOUGH: usize = 5;

/// Which seeds are asked for.
const VARIABLE: &str = "RINGBACK_SEEDS";

/// Lives through a seed.
fn lived(seed: u64) -> Lived {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap();
    let life = AssertUnwindSafe(|| runtime.block_on(live(seed)));
    catch_unwind(life).unwrap_or_else(|_| Lived::panicked())
}

/// What became of many seeds.
#[derive(Default)]
struct Summary {
    seeds: u64,
    callbacks: usize,
    paths: Paths,
    broken: Vec<(u64, String, String)>,
}

impl Summary {
    fn add(&mut self, seed: u64, lived: Lived) {
        self.seeds += 1;
        self.callbacks += lived.callbacks;
        self.paths.add(&lived.paths);
        if let Some(law) = lived.broken {
            self.broken.push((seed, law, lived.trace));
        }
    }
}

/// Lives through seeds, on all processors; ends early when some were broken.
fn live_through(seeds: Range<u64>) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let summary = Mutex::new(Summary::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || summary.lock().unwrap().broken.len() >= ENOUGH {
                return;
            }
            let lived = lived(seed);
            summary.lock().unwrap().add(seed, lived);
        }
    };
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    summary.into_inner().unwrap()
}

fn asked_for() -> Option<Range<u64>> {
    let text = std::env::var(VARIABLE).ok()?;
    let (from, to) = text.split_once("..").expect("RINGBACK_SEEDS is FROM..TO");
    Some(from.parse().unwrap()..to.parse().unwrap())
}

/// Says what became of many seeds, those that broke a law with the end of their lives.
#[expect(clippy::print_stdout, reason = "it is shown when the test fails")]
fn print(summary: &Summary) {
    for (seed, law, trace) in &summary.broken {
        let lines: Vec<&str> = trace.lines().collect();
        println!("{}", lines[lines.len().saturating_sub(60)..].join("\n"));
        println!("seed {seed}: {law}");
        println!(
            "again: {VARIABLE}={seed}..{} cargo test -p ringback-engine --test it \
             simulation::nothing -- --nocapture\n",
            seed + 1
        );
    }
    for path in Path::ALL {
        println!("{:>9} {}", summary.paths.count(*path), path.as_str());
    }
    println!("{} seeds, {} callbacks", summary.seeds, summary.callbacks);
}

#[test]
fn nothing_is_lost_whatever_fails() {
    let seeds = asked_for().unwrap_or(SEEDS);
    let count = seeds.end - seeds.start;
    let summary = if count == 1 {
        let (mut summary, lived) = (Summary::default(), lived(seeds.start));
        println!("{}", lived.trace);
        summary.add(seeds.start, lived);
        summary
    } else {
        let summary = live_through(seeds);
        print(&summary);
        summary
    };
    let broken = summary.broken.iter();
    let broken: Vec<_> = broken.map(|(seed, law, _)| (seed, law)).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    let missed = Path::ALL.iter();
    let missed = missed.filter(|path| summary.paths.count(**path) == 0);
    let missed: Vec<&str> = missed.map(|path| path.as_str()).collect();
    let enough = count >= SEEDS.end - SEEDS.start;
    assert!(!enough || missed.is_empty(), "never: {missed:#?}");
}

#[test]
fn the_same_seed_is_the_same_life() {
    for seed in 0..60 {
        let (one, other) = (lived(seed), lived(seed));
        let pairs = one.trace.lines().zip(other.trace.lines());
        let differ = pairs.enumerate().find(|(_, (one, other))| one != other);
        assert_eq!(differ, None, "seed {seed}");
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert!(!one.trace.is_empty());
    }
}
