//! What the kill test prints, also when it succeeds.

use std::io::Write as _;
use std::time::Duration;

use super::ledger::Ledger;
use super::states::Caught;
use super::{Kill, Moment};

/// Says a line. It is not captured by the test's harness.
pub fn say(line: &str) {
    // Nobody is left to be told if stderr is closed.
    let _ = writeln!(std::io::stderr(), "kill: {line}");
}

/// What was done, and in which state each kind of kill caught how much.
pub fn print(ledger: &Ledger, kills: &[(Kill, Caught)], took: Duration) {
    let mut under_way: Vec<usize> = kills.iter().map(|(kill, _)| kill.under_way).collect();
    under_way.sort_unstable();
    say(&format!(
        "{} kills in {} s, each with {} to {} changes under way (median {})",
        kills.len(),
        took.as_secs(),
        under_way[0],
        under_way[under_way.len() - 1],
        under_way[under_way.len() / 2],
    ));
    let arrivals = || ledger.arrivals.values().flatten();
    say(&format!(
        "{} changes of {} resources; {} callbacks arrived, {} of them were refused, {} were late",
        ledger.offers.len(),
        ledger.arrivals.len(),
        arrivals().count(),
        arrivals().filter(|each| !each.is_accepted()).count(),
        arrivals().filter(|each| each.late).count(),
    ));
    say("how many changes were caught ..");
    let heads = "not committed,not answered,(either),not sent,not recorded";
    row("killed", "kills", heads.split(',').map(str::to_owned));
    let mut all = Caught::default();
    for moment in [Moment::Random].into_iter().chain(Moment::NAMED) {
        let (mut count, mut sum) = (0, Caught::default());
        for (_, caught) in kills.iter().filter(|(kill, _)| kill.moment == moment) {
            count += 1;
            sum += *caught;
        }
        all += sum;
        line(moment.name(), count, sum);
    }
    line("all", kills.len(), all);
}

fn line(name: &str, kills: usize, sum: Caught) {
    let Caught {
        reported,
        committed,
        either,
        answered,
        sent,
    } = sum;
    let numbers = [reported, committed, either, answered, sent];
    let numbers = numbers.into_iter().map(|number| number.to_string());
    row(name, &kills.to_string(), numbers);
}

fn row(name: &str, kills: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.map(|cell| format!("{cell:>14}")).collect();
    say(&format!("{name:13}{kills:>7}{}", cells.concat()));
}
