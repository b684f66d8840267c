//! What Prometheus and Grafana are given: `/metrics` of a real daemon, the alert rules and their cases, the dashboard.
//! Prometheus' own promtool judges them; where it is, `ITSMD_PROMTOOL` says.

mod named;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use itsmd::sim::fault::{Fault, RetryAfter};
use itsmd::sim::servicenow;
use serde_json::Value;

use crate::daemon::{Daemon, arrived, rig};
use crate::rig::{DEADLINE, Rig};

fn schema(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(path)
}

/// Runs promtool; it must end with 0 and find fault with nothing.
fn promtool(args: &[&str], stdin: &str) -> String {
    let path = std::env::var_os("ITSMD_PROMTOOL").expect("ITSMD_PROMTOOL names promtool: run .ci/stages/promtool");
    let mut child = Command::new(path)
        .args(args)
        .current_dir(schema("prometheus"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "promtool {args:?}:\n{said}");
    said
}

/// What a series is worth.
fn worth(metrics: &str, series: &str) -> Option<f64> {
    let line = metrics.lines().find(|line| {
        line.split_once("} ")
            .is_some_and(|(name, _)| name == series.trim_end_matches('}'))
    });
    line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok())
}

async fn until(daemon: &Daemon, holds: impl Fn(&str) -> bool) -> String {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let (_, metrics) = daemon.get("/metrics").await;
        if holds(&metrics) {
            return metrics;
        }
        assert!(Instant::now() < deadline, "{metrics}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A desk that is well, one that nobody answers for, and one that asks for patience.
async fn three_desks() -> (Rig, servicenow::Handle) {
    let rig = rig().await;
    let busy = servicenow::start(rig.desk.clone(), None).await.unwrap();
    busy.faults.push("table", Fault::TooMany(RetryAfter::Seconds(600)), 3);
    let far = "schedule = \"0 0 1 1 *\"";
    let text = std::fs::read_to_string(rig.config()).unwrap()
        + &rig.connection("fabrikam", "http://127.0.0.1:9", far)
        + &rig.connection("northwind", &busy.url(), far);
    std::fs::write(rig.config(), text).unwrap();
    (rig, busy)
}

fn is_failing_and_waiting(metrics: &str) -> bool {
    let is = |connection: &str, state: &str| {
        let series =
            format!("itsmd_stream_state{{connection=\"{connection}\",work_item=\"incident\",state=\"{state}\"}}");
        worth(metrics, &series) == Some(1.0)
    };
    is("contoso", "live") && is("fabrikam", "failing") && is("northwind", "waiting")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs promtool: run by .ci/stages/promtool"]
async fn promtool_finds_nothing_in_the_metrics_of_a_daemon_that_syncs_fails_and_waits() {
    let (rig, _busy) = three_desks().await;
    let daemon = Daemon::start(&rig).await;
    let (_, at_once) = daemon.get("/metrics").await;
    assert_eq!(promtool(&["check", "metrics"], &at_once), "");
    arrived(&rig, 300).await;
    let metrics = until(&daemon, is_failing_and_waiting).await;
    assert_eq!(promtool(&["check", "metrics"], &metrics), "");
    assert_eq!(daemon.end(), 0);
}

#[test]
#[ignore = "needs promtool: run by .ci/stages/promtool"]
fn promtool_accepts_the_alerts_and_each_fires_and_is_silent_when_it_should() {
    promtool(&["check", "rules", "alerts.yml"], "");
    let said = promtool(&["test", "rules", "alerts_test.yml"], "");
    assert!(said.contains("SUCCESS"), "{said}");
}

#[test]
#[ignore = "needs promtool: run by .ci/stages/promtool"]
fn promtool_parses_every_expression_of_the_dashboard() {
    let text = std::fs::read_to_string(schema("grafana.json")).unwrap();
    let dashboard: Value = serde_json::from_str(&text).unwrap();
    let expressions = named::expressions(&dashboard);
    assert!(expressions.len() > 30, "{}", expressions.len());
    let mut rules = "groups:\n  - name: dashboard\n    rules:\n".to_owned();
    for (number, expression) in expressions.iter().enumerate() {
        let filled = expression
            .replace("$__rate_interval", "5m")
            .replace("$connection", ".*")
            .replace("$work_item", ".*");
        // A JSON text is a YAML text.
        let quoted = serde_json::to_string(&filled).unwrap();
        rules += &format!("      - record: dashboard:expression_{number}:once\n        expr: {quoted}\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dashboard.yml");
    std::fs::write(&file, rules).unwrap();
    let said = promtool(&["check", "rules", file.to_str().unwrap()], "");
    assert!(said.contains(&format!("{} rules found", expressions.len())), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn counters_stand_at_zero_from_the_start_and_say_how_requests_ended() {
    let (rig, _busy) = three_desks().await;
    let daemon = Daemon::start(&rig).await;
    let (_, at_once) = daemon.get("/metrics").await;
    for connection in ["contoso", "fabrikam", "northwind"] {
        for kind in ["incident", "change_request"] {
            let stream = format!("connection=\"{connection}\",work_item=\"{kind}\"");
            for series in [
                format!("itsmd_records_sent_total{{{stream}}}"),
                format!("itsmd_records_quarantined_total{{{stream}}}"),
                format!("itsmd_runs_total{{{stream},outcome=\"failed\"}}"),
                format!("itsmd_requests_total{{{stream},outcome=\"throttled\"}}"),
                format!("itsmd_batch_rows_bucket{{{stream},le=\"+Inf\"}}"),
            ] {
                assert!(worth(&at_once, &series).is_some(), "{series} in {at_once}");
            }
        }
        assert!(
            worth(
                &at_once,
                &format!("itsmd_waits_total{{connection=\"{connection}\",reason=\"server\"}}")
            )
            .is_some()
        );
    }
    arrived(&rig, 300).await;
    let metrics = until(&daemon, is_failing_and_waiting).await;
    let read = |series: &str| worth(&metrics, series).unwrap_or_else(|| panic!("{series} in {metrics}"));
    let of = |connection: &str| format!("connection=\"{connection}\",work_item=\"incident\"");
    assert_eq!(read(&format!("itsmd_records_sent_total{{{}}}", of("contoso"))), 300.0);
    assert_eq!(read(&format!("itsmd_batch_rows_sum{{{}}}", of("contoso"))), 300.0);
    let outcome = |connection: &str, outcome: &str| {
        read(&format!(
            "itsmd_requests_total{{{},outcome=\"{outcome}\"}}",
            of(connection)
        ))
    };
    assert_eq!(
        (outcome("contoso", "failed"), outcome("contoso", "throttled")),
        (0.0, 0.0)
    );
    assert!(
        outcome("contoso", "ok") >= 2.0 && outcome("fabrikam", "failed") >= 1.0,
        "{metrics}"
    );
    assert_eq!(outcome("fabrikam", "ok"), 0.0);
    assert!(read("itsmd_waits_total{connection=\"northwind\",reason=\"server\"}") >= 1.0);
    assert!(read("itsmd_wait_seconds_total{connection=\"northwind\",reason=\"server\"}") > 0.0);
    assert!(read(&format!("itsmd_runs_total{{{},outcome=\"failed\"}}", of("fabrikam"))) >= 1.0);
    assert!(
        read(&format!(
            "itsmd_stream_problem{{{},code=\"ITSMD-NET-002\"}}",
            of("fabrikam")
        )) >= 1.0
    );
    assert!(read("itsmd_workspace_requests_total{outcome=\"ok\"}") >= 1.0);
    assert!(
        metrics.lines().any(|line| line.starts_with("itsmd_token_age_seconds ")),
        "{metrics}"
    );
    assert_eq!(daemon.end(), 0);
}
