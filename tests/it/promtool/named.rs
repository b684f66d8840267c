//! Alerts and dashboard speak of metrics that exist, and none was forgotten; each alert has its cases.

use std::collections::BTreeSet;

use itsmd::status::metrics::METRICS;
use serde_json::Value;

use super::schema;

/// On neither: they explain others, or are for whoever looks closer.
const LEFT_OUT: [&str; 9] = [
    "itsmd_build_info",
    "itsmd_position_timestamp_seconds",
    "itsmd_window_start_timestamp_seconds",
    "itsmd_token_expiry_timestamp_seconds",
    "itsmd_config_last_reload_success_timestamp_seconds",
    "itsmd_last_success_timestamp_seconds",
    "process_virtual_memory_bytes",
    "process_open_fds",
    "process_max_fds",
];

/// Every expression below a value.
pub fn expressions(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("expr").and_then(Value::as_str).map(str::to_owned);
            own.into_iter().chain(fields.values().flat_map(expressions)).collect()
        }
        Value::Array(values) => values.iter().flat_map(expressions).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(schema(path)).unwrap()
}

/// The names of metrics in a text, without what a histogram adds to them.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let ours = words.filter(|word| word.starts_with("itsmd_") || word.starts_with("process_"));
    ours.map(|word| {
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| word.strip_suffix(end));
        base.filter(|base| METRICS.iter().any(|metric| metric.name == *base))
            .unwrap_or(word)
            .to_owned()
    })
    .collect()
}

fn spoken_of() -> BTreeSet<String> {
    let dashboard: Value = serde_json::from_str(&read("grafana.json")).unwrap();
    let variables = dashboard["templating"].to_string();
    let alerts = read("prometheus/alerts.yml");
    let alerts = alerts.lines().filter(|line| !line.trim_start().starts_with('#'));
    let alerts: String = alerts.flat_map(|line| [line, "\n"]).collect();
    names(&(expressions(&dashboard).join("\n") + "\n" + &variables + "\n" + &alerts))
}

#[test]
fn alerts_and_dashboard_speak_of_metrics_that_exist() {
    let known: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
    let unknown: Vec<String> = spoken_of().difference(&known).cloned().collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn no_metric_is_forgotten_by_both() {
    let spoken = spoken_of();
    let forgotten: Vec<&str> = METRICS
        .iter()
        .map(|metric| metric.name)
        .filter(|name| !spoken.contains(*name) && !LEFT_OUT.contains(name))
        .collect();
    assert!(
        forgotten.is_empty(),
        "put them where they are seen, or say why not: {forgotten:?}"
    );
}

#[test]
fn each_alert_has_a_case_that_raises_it_and_one_that_does_not() {
    let (rules, cases) = (read("prometheus/alerts.yml"), read("prometheus/alerts_test.yml"));
    let alerts: Vec<&str> = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
        .collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    let (_, quiet) = cases.split_once("eight quiet hours raise nothing").unwrap();
    for alert in alerts {
        for case in ["fires", "is silent"] {
            assert!(cases.contains(&format!("- name: {alert} {case}\n")), "{alert} {case}");
        }
        assert!(
            quiet.contains(&format!("alertname: {alert}\n")),
            "{alert} in the quiet hours"
        );
    }
}

#[test]
fn each_alert_says_how_grave_it_is_and_what_to_do() {
    for alert in read("prometheus/alerts.yml").split("- alert: ").skip(1) {
        let name = alert.lines().next().unwrap();
        assert!(
            alert.contains("severity: critical") || alert.contains("severity: warning"),
            "{name}"
        );
        assert!(alert.contains("summary: ") && alert.contains("description: "), "{name}");
        let (_, description) = alert.split_once("description: ").unwrap();
        assert!(
            description.contains('`') || name == "ItsmdAbsent",
            "{name} names no command"
        );
    }
}
