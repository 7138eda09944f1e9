//! What is counted, in the text format of Prometheus (version 0.0.4).
//!
//! Names and units follow its conventions: seconds, `_total` for what only grows. What each
//! means stands in docs/operations.md; a test holds both together.

use std::cmp::Reverse;
use std::fmt::{Display, Write as _};

use ringback_domain::time::Timestamp;
use ringback_engine::metrics::{HistogramSnapshot, Metrics};
use ringback_engine::{BreakerState, Deliveries};
use ringback_store::{Owing, OwingTo};

/// The content type of the format.
pub(super) const CONTENT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How many destinations have a name; the others are one sum, for every name is a series that
/// somebody has to keep.
const NAMED: usize = 100;

/// What stands for all destinations without a name.
const OTHERS: [(&str, &str); 2] = [("project", ""), ("destination", "(others)")];

/// What is to be shown.
pub(super) struct Shown<'a> {
    /// What was counted.
    pub(super) metrics: &'a Metrics,
    /// What is owed; none if it could not be counted.
    pub(super) owing: Option<&'a Owing>,
    /// What the dispatcher has in hand; none if it has ended.
    pub(super) deliveries: Option<&'a Deliveries>,
    /// How many things in the store were found to be damaged.
    pub(super) unreadable: usize,
    /// The age of what is owed is told by it.
    pub(super) now: Timestamp,
}

/// The whole text.
pub(super) fn text(shown: &Shown<'_>) -> String {
    let metrics = shown.metrics;
    let mut page = Page(String::with_capacity(16 * 1024));
    page.head(
        "build_info",
        "gauge",
        "Always 1; the label tells the version.",
    );
    page.value("build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    reports(&mut page, metrics);
    if let Some(owing) = shown.owing {
        owed(&mut page, owing, shown.now);
    }
    if let Some(deliveries) = shown.deliveries {
        in_hand(&mut page, deliveries);
    }
    callbacks(&mut page, metrics);
    attempts(&mut page, metrics);
    store(&mut page, metrics);
    page.head(
        "store_unreadable",
        "gauge",
        "Things stored that were found to be damaged.",
    );
    page.value("store_unreadable", &[], shown.unreadable);
    page.0
}

fn reports(page: &mut Page, metrics: &Metrics) {
    let reports = metrics.reports();
    page.head(
        "reports_total",
        "counter",
        "Reports recorded, by what became of them.",
    );
    for (verdict, count) in [
        ("accepted", reports.accepted),
        ("repeat", reports.repeat),
        ("late", reports.late),
        ("conflict", reports.conflict),
        ("refused", reports.refused),
    ] {
        page.value("reports_total", &[("verdict", verdict)], count);
    }
}

fn owed(page: &mut Page, owing: &Owing, now: Timestamp) {
    let name = "callbacks_pending";
    page.head(
        name,
        "gauge",
        "Callbacks that wait to be sent, by destination.",
    );
    let mut all: Vec<&OwingTo> = owing.destinations.iter().collect();
    all.sort_unstable_by_key(|to| (Reverse(to.pending), &to.origin, to.project));
    let rest: u64 = all.iter().skip(NAMED).map(|to| to.pending).sum();
    for to in all.iter().take(NAMED) {
        let project = to.project.to_string();
        let labels = [("project", &*project), ("destination", &*to.origin)];
        page.value(name, &labels, to.pending);
    }
    page.value(name, &OTHERS, rest);
    let name = "callbacks_set_aside";
    page.head(
        name,
        "gauge",
        "Callbacks that failed and wait for a later time.",
    );
    page.value(name, &[], owing.aside);
    let name = "oldest_pending_age_seconds";
    page.head(
        name,
        "gauge",
        "Age of the oldest pending callback; 0 if there is none.",
    );
    let oldest = owing.destinations.iter().map(|to| to.oldest).min();
    let age = oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64());
    page.value(name, &[], age);
}

fn in_hand(page: &mut Page, deliveries: &Deliveries) {
    let gauges = [
        (
            "window_callbacks",
            "Callbacks in memory, of those that are pending.",
            deliveries.held,
        ),
        (
            "window_bytes",
            "What they take in memory.",
            deliveries.held_bytes,
        ),
        (
            "attempts_under_way",
            "Attempts that have no answer yet.",
            deliveries.in_flight,
        ),
    ];
    for (name, help, value) in gauges {
        page.head(name, "gauge", help);
        page.value(name, &[], value);
    }
    let name = "destinations";
    let help = "Destinations for which something is pending, by what their breaker does.";
    page.head(name, "gauge", help);
    let [mut admits, mut refuses, mut probes] = [0; 3];
    for destination in &deliveries.destinations {
        match destination.breaker {
            BreakerState::Admits => admits += 1,
            BreakerState::Refuses(_) => refuses += 1,
            BreakerState::Probes => probes += 1,
        }
    }
    for (breaker, count) in [("admits", admits), ("refuses", refuses), ("probes", probes)] {
        page.value(name, &[("breaker", breaker)], count);
    }
}

fn callbacks(page: &mut Page, metrics: &Metrics) {
    let name = "callbacks_owed_total";
    page.head(name, "counter", "Callbacks owed for accepted reports.");
    page.value(name, &[], metrics.owed());
    let name = "callbacks_settled_total";
    page.head(name, "counter", "Callbacks settled, by how.");
    let settled = metrics.settled();
    for (state, count) in [
        ("delivered", settled.delivered),
        ("failed", settled.failed),
        ("canceled", settled.canceled),
    ] {
        page.value(name, &[("state", state)], count);
    }
    let name = "delivery_latency_seconds";
    let help = "From a change's record to its callback's acceptance, retries included.";
    page.histogram(name, help, &metrics.deliveries());
}

fn attempts(page: &mut Page, metrics: &Metrics) {
    let name = "attempts_total";
    page.head(name, "counter", "Attempts, by destination and outcome.");
    let destinations = metrics.destinations(NAMED);
    let mut both = |labels: [(&str, &str); 2], accepted: u64, failed: u64| {
        for (outcome, count) in [("accepted", accepted), ("failed", failed)] {
            let labels = [labels[0], labels[1], ("outcome", outcome)];
            page.value(name, &labels, count);
        }
    };
    for busy in &destinations.busiest {
        let project = busy.project.to_string();
        let labels = [("project", &*project), ("destination", &*busy.origin)];
        both(labels, busy.attempts.accepted, busy.attempts.failed);
    }
    both(OTHERS, destinations.rest.accepted, destinations.rest.failed);
    let name = "attempt_duration_seconds";
    let help = "From an attempt's start to the last byte of its answer.";
    page.histogram(name, help, &metrics.attempts());
}

fn store(page: &mut Page, metrics: &Metrics) {
    let name = "commit_duration_seconds";
    let help = "How long commits took, the disk's sync included.";
    page.histogram(name, help, &metrics.commits());
    let name = "commit_group_size";
    let help = "Commands, steps and outcomes that a commit covered.";
    page.histogram(name, help, &metrics.groups());
    let name = "commit_failures_total";
    page.head(name, "counter", "Commits that failed.");
    page.value(name, &[], metrics.commits_failed());
    let name = "retention_deleted_total";
    page.head(name, "counter", "Resources that retention has deleted.");
    page.value(name, &[], metrics.removed());
    let name = "store_writable";
    page.head(name, "gauge", "1 if the last commit went through.");
    page.value(name, &[], u8::from(metrics.is_writable()));
    let name = "outcomes_kept";
    page.head(
        name,
        "gauge",
        "Outcomes of attempts in the reserve, not in the store yet.",
    );
    page.value(name, &[], metrics.outcomes_kept());
    let name = "delivery_stopped";
    page.head(
        name,
        "gauge",
        "1 if nothing is sent, for its outcome could not be kept.",
    );
    page.value(name, &[], u8::from(!metrics.is_delivering()));
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        self.line(format_args!("# HELP ringback_{name} {help}"));
        self.line(format_args!("# TYPE ringback_{name} {kind}"));
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels = labelled(labels);
        self.line(format_args!("ringback_{name}{labels} {value}"));
    }

    fn histogram(&mut self, name: &str, help: &str, found: &HistogramSnapshot) {
        self.head(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for (bound, count) in &found.buckets {
            self.value(&bucket, &[("le", &bound.to_string())], count);
        }
        self.value(&bucket, &[("le", "+Inf")], found.count);
        self.value(&format!("{name}_sum"), &[], found.sum);
        self.value(&format!("{name}_count"), &[], found.count);
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing into a text does not fail.
        let _ = writeln!(self.0, "{line}");
    }
}

fn labelled(labels: &[(&str, &str)]) -> String {
    if labels.is_empty() {
        return String::new();
    }
    let escaped = |value: &str| {
        let value = value.replace('\\', "\\\\").replace('"', "\\\"");
        value.replace('\n', "\\n")
    };
    let labels = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    format!("{{{}}}", labels.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use ringback_domain::id::ProjectId;

    use super::*;

    fn owing(count: u64) -> Owing {
        let to = |number: u64| OwingTo {
            project: ProjectId::from_bytes([1; 16]),
            origin: format!("http://{number:03}.example:80").into(),
            pending: number,
            oldest: Timestamp::from_micros(5_000_000),
        };
        Owing {
            destinations: (1..=count).map(to).collect(),
            aside: 3,
        }
    }

    fn shown(owing: &Owing, now: Timestamp) -> String {
        text(&Shown {
            metrics: &Metrics::default(),
            owing: Some(owing),
            deliveries: Some(&Deliveries::default()),
            unreadable: 0,
            now,
        })
    }

    #[test]
    fn a_hundred_destinations_have_a_name_and_the_rest_is_one_sum() {
        let now = Timestamp::from_micros(7_500_000);
        let text = shown(&owing(102), now);
        let pending = "ringback_callbacks_pending{";
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(pending))
            .collect();
        assert_eq!(lines.len(), 101);
        assert!(lines[0].ends_with("destination=\"http://102.example:80\"} 102"));
        let others = "ringback_callbacks_pending{project=\"\",destination=\"(others)\"} 3";
        assert_eq!(lines[100], others);
        assert!(text.contains("\nringback_callbacks_set_aside 3\n"));
        assert!(text.contains("\nringback_oldest_pending_age_seconds 2.5\n"));
    }

    #[test]
    fn every_line_is_a_comment_or_a_name_with_a_number() {
        let text = shown(&owing(1), Timestamp::default());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("ringback_"), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }

    #[test]
    fn the_manual_explains_every_metric_and_no_other() {
        let manual = include_str!("../../../../docs/operations.md");
        let text = shown(&owing(0), Timestamp::default());
        let told = text.lines().filter_map(|line| {
            let line = line.strip_prefix("# TYPE ")?;
            line.split(' ').next()
        });
        let mut told: Vec<&str> = told.collect();
        let explained = manual.lines().filter_map(|line| {
            let line = line.strip_prefix("| `ringback_")?;
            line.split(['`', '{']).next()
        });
        let mut explained: Vec<String> = explained.map(|name| format!("ringback_{name}")).collect();
        told.sort_unstable();
        explained.sort_unstable();
        assert_eq!(explained, told);
    }

    #[test]
    fn labels_are_escaped() {
        let found = labelled(&[("a", "x\"y\\z\nw")]);
        assert_eq!(found, "{a=\"x\\\"y\\\\z\\nw\"}");
    }
}
