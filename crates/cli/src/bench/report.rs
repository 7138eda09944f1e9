//! What was measured, for people and for programs.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::Quantiles;
use super::calls::Calls;
use super::durable::Durable;
use super::growth::Growth;
use super::isolation::Isolation;
use super::machine::Machine;
use super::raw::Raw;
use super::restart::Restart;

/// What was measured; what was not asked for is missing. The names are read by programs:
/// they stay.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct Report {
    #[serde(flatten)]
    raw: Option<RawReport>,
    #[serde(flatten)]
    durable: Option<DurableReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<Quantiles>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rest_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    isolation: Option<IsolationReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    restart: Option<RestartReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    growth: Option<GrowthReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<CallsReport>,
    quick: bool,
    machine: Machine,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[expect(clippy::struct_field_names, reason = "each says its unit")]
struct RawReport {
    #[serde(rename = "raw_per_s")]
    per_s: f64,
    #[serde(rename = "raw_hyper_per_s")]
    hyper_per_s: f64,
    #[serde(rename = "raw_transport_per_s")]
    transport_per_s: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct DurableReport {
    durable_per_s: f64,
    cpu_us_per_callback: Option<f64>,
    rss_mib: Option<f64>,
    disk_bytes_per_callback: f64,
    lost: usize,
    duplicates: usize,
    out_of_order: usize,
    bad_signatures: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct IsolationReport {
    ratio: f64,
    alone_per_s: f64,
    beside_bad_per_s: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct RestartReport {
    first_delivery_s: f64,
    rss_mib: Option<f64>,
    rescheduled: usize,
    pending: u32,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct GrowthReport {
    ratio: f64,
    stored: u32,
    empty_cpu_us_per_callback: f64,
    stored_cpu_us_per_callback: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct CallsReport {
    cpu_us_beside_http: f64,
    cpu_us_per_call: f64,
    http_cpu_us: f64,
    parallel: u32,
    rss_mib: f64,
}

/// Everything that may have been measured.
#[derive(Default)]
pub struct Figures {
    /// The raw limit.
    pub raw: Option<Raw>,
    /// What is recorded and delivered.
    pub durable: Option<Durable>,
    /// From a report to its callback.
    pub latency: Option<Quantiles>,
    /// Messages a second over REST.
    pub rest: Option<f64>,
    /// What bad destinations cost.
    pub isolation: Option<Isolation>,
    /// A restart with much pending.
    pub restart: Option<Restart>,
    /// What a large store costs.
    pub growth: Option<Growth>,
    /// What calls with a document cost.
    pub calls: Option<Calls>,
}

impl Report {
    /// Everything that was measured.
    pub fn new(figures: &Figures, quick: bool, machine: Machine) -> Self {
        let raw = figures.raw.map(|raw| RawReport {
            per_s: raw.per_s(),
            hyper_per_s: raw.hyper_per_s,
            transport_per_s: raw.transport_per_s,
        });
        let durable = figures.durable.map(DurableReport::from);
        Self {
            ratio: raw
                .zip(durable)
                .map(|(raw, durable)| durable.durable_per_s / raw.per_s),
            raw,
            durable,
            latency_ms: figures.latency,
            rest_per_s: figures.rest,
            isolation: figures.isolation.map(|isolation| IsolationReport {
                ratio: isolation.ratio,
                alone_per_s: isolation.alone_per_s,
                beside_bad_per_s: isolation.beside_bad_per_s,
            }),
            restart: figures.restart.map(|restart| RestartReport {
                first_delivery_s: restart.first_delivery_s,
                rss_mib: restart.rss_mib,
                rescheduled: restart.rescheduled,
                pending: restart.pending,
            }),
            growth: figures.growth.map(|growth| GrowthReport {
                ratio: growth.ratio(),
                stored: growth.stored,
                empty_cpu_us_per_callback: growth.empty_cpu_us,
                stored_cpu_us_per_callback: growth.stored_cpu_us,
            }),
            calls: figures.calls.map(|calls| CallsReport {
                cpu_us_beside_http: calls.beside_http_us(),
                cpu_us_per_call: calls.cpu_us,
                http_cpu_us: calls.http_cpu_us,
                parallel: calls.parallel,
                rss_mib: calls.rss_mib,
            }),
            quick,
            machine,
        }
    }

    /// What went wrong with deliveries, if anything did.
    pub fn faults(&self) -> Option<String> {
        let durable = self.durable?;
        let faults = [
            (durable.lost, "lost"),
            (durable.out_of_order, "out of order"),
            (durable.bad_signatures, "badly signed"),
        ];
        let mut text = String::new();
        for (count, what) in faults.into_iter().filter(|(count, _)| *count > 0) {
            let _ = write!(text, " {count} {what}");
        }
        (!text.is_empty()).then_some(text)
    }
}

impl From<Durable> for DurableReport {
    fn from(durable: Durable) -> Self {
        Self {
            durable_per_s: durable.per_s,
            cpu_us_per_callback: durable.cpu_us,
            rss_mib: durable.rss_mib,
            disk_bytes_per_callback: durable.disk_bytes,
            lost: durable.tally.lost,
            duplicates: durable.tally.duplicates,
            out_of_order: durable.tally.out_of_order,
            bad_signatures: durable.tally.bad_signatures,
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table(f);
        if let Some(raw) = self.raw {
            table.row("raw", raw.per_s, "requests/s", "HTTP alone, 64 in flight")?;
        }
        if let Some(durable) = self.durable {
            table.durable(&durable, self.ratio)?;
        }
        if let Some(latency) = self.latency_ms {
            let sync = self.machine.fdatasync_ms;
            table.row(
                "latency p50",
                latency.p50,
                "ms",
                "from a report to its callback",
            )?;
            table.row(
                "latency p99",
                latency.p99,
                "ms",
                "of it, one commit with its sync",
            )?;
            table.row("latency p99.9", latency.p999, "ms", "")?;
            table.row(
                "less sync, p99",
                latency.p99 - sync.p99,
                "ms",
                "goal: below 10",
            )?;
        }
        if let Some(rest) = self.rest_per_s {
            table.row(
                "rest",
                rest,
                "messages/s",
                "64 clients, four callbacks each",
            )?;
        }
        if let Some(isolation) = self.isolation {
            let beside = isolation.beside_bad_per_s;
            table.row("isolation", isolation.ratio, "", "goal: at least 0.9")?;
            table.row(
                "  alone",
                isolation.alone_per_s,
                "callbacks/s",
                "97 good destinations",
            )?;
            table.row(
                "  beside",
                beside,
                "callbacks/s",
                "the same, with three bad ones",
            )?;
        }
        if let Some(restart) = self.restart {
            let pending = format!("with {} pending; goal: below 2", restart.pending);
            table.row("restart", restart.first_delivery_s, "s", &pending)?;
            if let Some(rss) = restart.rss_mib {
                table.row("  memory", rss, "MiB", "goal: below 256")?;
            }
        }
        if let Some(growth) = self.growth {
            let stored = format!("{} stored; goal: at most 1.3", growth.stored);
            table.row("growth", growth.ratio, "", &stored)?;
        }
        if let Some(calls) = self.calls {
            let cost = calls.cpu_us_beside_http;
            table.row(
                "call",
                cost,
                "us",
                "of five verbs, beside HTTP; goal: below 100",
            )?;
            let parallel = format!("{} calls at once; goal: below 400", calls.parallel);
            table.row("  memory", calls.rss_mib, "MiB", &parallel)?;
        }
        self.machine.fmt(f)
    }
}

impl Table<'_, '_> {
    fn durable(&mut self, durable: &DurableReport, ratio: Option<f64>) -> fmt::Result {
        self.row(
            "durable",
            durable.durable_per_s,
            "callbacks/s",
            "recorded and delivered",
        )?;
        if let Some(ratio) = ratio {
            self.row("  of raw", ratio, "", "goal: at least 0.3")?;
        }
        if let Some(cpu) = durable.cpu_us_per_callback {
            self.row("  processor", cpu, "us/callback", "the server's alone")?;
        }
        if let Some(rss) = durable.rss_mib {
            self.row("  memory", rss, "MiB", "at most")?;
        }
        let disk = durable.disk_bytes_per_callback;
        self.row("  disk", disk, "bytes", "a callback; goal: at most 1500")?;
        writeln!(
            self.0,
            "{:<16} {} lost, {} duplicates, {} out of order, {} badly signed",
            "  arrived",
            durable.lost,
            durable.duplicates,
            durable.out_of_order,
            durable.bad_signatures
        )
    }
}

struct Table<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl Table<'_, '_> {
    fn row(&mut self, name: &str, value: f64, unit: &str, remark: &str) -> fmt::Result {
        let decimals = if value < 100.0 { 2 } else { 0 };
        let line = format!("{name:<16} {value:>10.decimals$} {unit:<12} {remark}");
        writeln!(self.0, "{}", line.trim_end())
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = self.processor.as_deref().unwrap_or("unknown processor");
        let used = self.pinned_to.as_ref().map_or(self.processors, Vec::len);
        writeln!(
            f,
            "on {}, {processor}, {used} of {} processors",
            self.system, self.processors
        )?;
        let filesystem = self.filesystem.as_deref().unwrap_or("unknown");
        let sync = self.fdatasync_ms;
        write!(
            f,
            "filesystem {filesystem}, fdatasync p50 {:.2} ms, p99 {:.2} ms",
            sync.p50, sync.p99
        )?;
        match self.load_before {
            Some(load) if load > 1.0 => write!(f, "\nthe machine was busy before (load {load})"),
            Some(_) | None => Ok(()),
        }
    }
}
