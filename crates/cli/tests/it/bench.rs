//! `ringback bench`: that it measures and leaves nothing behind. What it measures here says
//! nothing.

use serde_json::Value;

use crate::support::ringback;

#[test]
fn a_quick_bench_tells_its_figures_and_removes_what_it_wrote() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = ringback(&[
        "bench",
        "--json",
        "--quick",
        "--only",
        "raw,rest,calls",
        "--data",
    ])
    .arg(folder.path())
    .output()
    .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for figure in ["raw_per_s", "rest_per_s"] {
        assert!(report[figure].as_f64().unwrap() > 0.0, "{figure}: {report}");
    }
    #[cfg(target_os = "linux")]
    for figure in ["cpu_us_per_call", "rss_mib"] {
        let measured = report["calls"][figure].as_f64();
        assert!(measured.unwrap() > 0.0, "{figure}: {report}");
    }
    let syncs = &report["machine"]["fdatasync_ms"];
    assert!(syncs["p99"].as_f64().unwrap() > 0.0, "{report}");
    assert!(report.get("durable_per_s").is_none(), "{report}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_in_memory_is_refused() {
    let output = ringback(&["bench", "--quick", "--data", "/dev/shm"]).output();
    let output = output.unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("hint: name a folder on a disk"), "{stderr}");
}
