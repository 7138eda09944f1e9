//! A power cut at any moment leaves every batch that was acknowledged, whole, and no part of
//! another.
//!
//! Each workload is run once on a disk that writes down what is done to it. Then the power is
//! cut at moments drawn from a seed: what the disk could hold is put into a new folder, and the
//! store that is opened there is compared with a model that was given the acknowledged batches,
//! or those and the one under way. A kill cannot show this, for the system's cache survives it.
//!
//! `RINGBACK_POWER_SEED=7` draws other moments. A failure names its workload and seed, and the
//! folder in which what was on the disk is kept; `RINGBACK_POWER_CUT=outcome:1234` tries that one
//! alone.

mod aftermath;
mod story;
mod workloads;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;

use crate::fixture::folder;
use story::Story;
use workloads::{Durability, WORKLOADS, Workload};

/// How often the power is cut in all.
const CUTS: usize = 200;

/// One power cut.
#[derive(Clone, Copy, Debug)]
struct Cut {
    /// After so much was done to the disk.
    moment: usize,
    /// From which follows what the disk keeps, and the moment.
    seed: u64,
}

impl Cut {
    fn draw(story: &Story, seed: u64) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let moment = story.moments[rng.random_range(0..story.moments.len())];
        Self { moment, seed }
    }
}

/// What became of the cuts of one workload.
struct Tally {
    workload: &'static str,
    /// How many moments there were to cut at.
    moments: usize,
    cuts: usize,
    /// After how many of them an engine went on.
    engines: usize,
    /// After which something was wrong, with what the disk held; the first few of them.
    wrong: Vec<(Cut, TempDir)>,
}

/// So many cuts of a workload that went wrong say enough.
const ENOUGH: usize = 3;

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let tallies = cut_all(Durability::Full);
    let mut wrong = Vec::new();
    let (mut cuts, mut engines) = (0, 0);
    for tally in tallies {
        println!(
            "{:<10} {:>3} cuts at {:>4} moments, an engine went on after {}",
            tally.workload, tally.cuts, tally.moments, tally.engines
        );
        assert!(tally.cuts > 0, "{}", tally.workload);
        cuts += tally.cuts;
        engines += tally.engines;
        for (cut, folder) in tally.wrong {
            let again = format!("RINGBACK_POWER_CUT={}:{}", tally.workload, cut.seed);
            wrong.push(format!("{again}, {cut:?}, see {}", folder.keep().display()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    if chosen().is_none() {
        assert_eq!(cuts, CUTS);
        assert!(engines > 0);
    }
}

/// The test above can fail: each of its workloads loses something where SQLite does not sync.
#[test]
fn a_power_cut_is_seen_to_lose_what_was_never_synced() {
    for tally in cut_all(Durability::Off) {
        let lost = tally.wrong.first().map(|(cut, _)| cut);
        println!("{:<10} loses something: {lost:?}", tally.workload);
        assert!(lost.is_some() || chosen().is_some(), "{}", tally.workload);
    }
}

/// Runs every workload, and cuts the power as often as it says.
fn cut_all(durability: Durability) -> Vec<Tally> {
    thread::scope(|scope| {
        let started: Vec<_> = WORKLOADS
            .iter()
            .filter(|it| chosen().is_none_or(|(workload, _)| workload == it.name))
            .map(|workload| scope.spawn(move || cut(workload, durability)))
            .collect();
        assert!(!started.is_empty(), "no workload is called that");
        let ended = started.into_iter().map(|it| it.join().unwrap());
        ended.collect()
    })
}

fn cut(workload: &'static Workload, durability: Durability) -> Tally {
    let story = workload.run(durability);
    let seeds = match chosen() {
        Some((_, seed)) => vec![seed],
        None => seeds(workload),
    };
    let cuts: Vec<Cut> = seeds.iter().map(|seed| Cut::draw(&story, *seed)).collect();
    let wrong = cuts
        .iter()
        .filter_map(|cut| Some((*cut, wrong(&story, *cut)?)));
    let wrong = wrong.take(ENOUGH).collect();
    let engines = cuts
        .iter()
        .filter(|cut| aftermath::is_for_an_engine(&story, **cut));
    Tally {
        workload: workload.name,
        moments: story.moments.len(),
        cuts: cuts.len(),
        engines: engines.count(),
        wrong,
    }
}

/// What the disk held, if something is wrong with it.
fn wrong(story: &Story, cut: Cut) -> Option<TempDir> {
    let folder = folder();
    let check = || aftermath::check(story, cut, folder.path());
    let checked = catch_unwind(AssertUnwindSafe(check));
    checked.is_err().then_some(folder)
}

fn seeds(workload: &Workload) -> Vec<u64> {
    let seed = env::var("RINGBACK_POWER_SEED").map_or(1, |seed| seed.parse().unwrap());
    let mut rng = StdRng::seed_from_u64(seed);
    (0..workload.cuts)
        .map(|_| rng.random_range(0..1_000_000))
        .collect()
}

/// The workload and the seed to try alone.
fn chosen() -> Option<(String, u64)> {
    let chosen = env::var("RINGBACK_POWER_CUT").ok()?;
    let (workload, seed) = chosen.split_once(':').expect("workload:seed");
    Some((workload.to_owned(), seed.parse().unwrap()))
}
