use std::collections::BTreeSet;

use super::*;
use crate::model::Spread;
use crate::status::report::tests::{problem, report, stream};
use crate::status::{Credential, Outcome, Reconcile, RefusedSignIn, Report, StreamReport, StreamState};

fn contoso() -> Labels {
    vec![
        ("connection", "contoso".to_owned()),
        ("work_item", "incident".to_owned()),
    ]
}

fn with(name: &'static str, value: &str) -> Labels {
    [contoso(), vec![(name, value.to_owned())]].concat()
}

fn began() -> DateTime<Utc> {
    "2026-11-20T09:00:00Z".parse().unwrap()
}

/// One sample of each metric that is counted somewhere.
fn counted() -> Vec<Sample> {
    let mut spread = Spread::new(&[10.0, 100.0]);
    spread.add(7.0);
    let spread = Value::Spread(spread);
    let sample = |metric, labels, value| Sample { metric, labels, value };
    let number = |metric, labels, number| Sample::number(metric, labels, number);
    vec![
        number(READ, contoso(), 3.0),
        number(SENT, contoso(), 1.0),
        number(UNCHANGED, contoso(), 2.0),
        number(HIDDEN, contoso(), 1.0),
        number(DELETED, contoso(), 4.0),
        number(SET_ASIDE, contoso(), 5.0),
        number(BYTES_SENT, contoso(), 512.0),
        number(REQUESTS, with("outcome", RequestOutcome::Ok.as_str()), 2.0),
        number(REQUESTS, with("outcome", RequestOutcome::Throttled.as_str()), 1.0),
        number(RUNS, with("outcome", Outcome::Complete.as_str()), 1.0),
        sample(RUN_DURATION, with("worker", "head"), spread.clone()),
        sample(BATCH_ROWS, contoso(), spread.clone()),
        sample(BATCH_BYTES, contoso(), spread),
        number(WAITS, with("reason", "rate")[..1].to_vec(), 6.0),
        number(WAITED, with("reason", "rate")[..1].to_vec(), 1.5),
        number(TOKEN_REQUESTS, Vec::new(), 2.0),
        number(TOKEN_AGE, Vec::new(), 60.0),
        number(TOKEN_EXPIRY, Vec::new(), 1_795_168_800.0),
        number(WORKSPACE_REQUESTS, vec![("outcome", "refused".to_owned())], 1.0),
        number(STATE_BYTES, Vec::new(), 4096.0),
        number(STATE_FREE, Vec::new(), 1e9),
    ]
}

fn everything() -> String {
    let metrics = Metrics::new(began());
    metrics.observe(0, counted);
    let reconciled = StreamReport {
        reconcile: Some(Reconcile {
            last: Some("2026-11-20T04:00:00Z".parse().unwrap()),
            interval_seconds: Some(86_400),
            overdue_seconds: Some(7200),
            ..Reconcile::default()
        }),
        overdue_seconds: Some(0),
        error: Some(problem()),
        ..stream()
    };
    let credential = |connection: Option<&str>| Credential {
        connection: connection.map(str::to_owned),
        what: "the client secret".to_owned(),
        ends: "2027-01-31T00:00:00Z".parse().unwrap(),
        soon: false,
    };
    metrics.render(&Report {
        credentials: vec![credential(None), credential(Some("contoso"))],
        refused_sign_ins: vec![RefusedSignIn {
            connection: None,
            problem: problem(),
            last: began(),
            next: began(),
            times: 1,
        }],
        ..report(vec![reconciled])
    })
}

#[test]
fn values_bear_connection_and_work_item() {
    let text = everything();
    for line in [
        r#"itsmd_up{connection="contoso",work_item="incident"} 1"#,
        r#"itsmd_lag_seconds{connection="contoso",work_item="incident"} 12"#,
        r#"itsmd_last_success_timestamp_seconds{connection="contoso",work_item="incident"} 1795168800"#,
        r#"itsmd_backfill_slices{connection="contoso",work_item="incident",status="open"} 0"#,
        r#"itsmd_stream_state{connection="contoso",work_item="incident",state="live"} 1"#,
        r#"itsmd_stream_state{connection="contoso",work_item="incident",state="failing"} 0"#,
        r#"itsmd_last_reconcile_timestamp_seconds{connection="contoso",work_item="incident"} 1795147200"#,
        r#"itsmd_deleted_records_total{connection="contoso",work_item="incident"} 4"#,
        r#"itsmd_records_read_total{connection="contoso",work_item="incident"} 3"#,
        r#"itsmd_requests_total{connection="contoso",work_item="incident",outcome="throttled"} 1"#,
        r#"itsmd_stream_problem{connection="contoso",work_item="incident",code="ITSMD-SN-014"} 1"#,
        r#"itsmd_reconcile_interval_seconds{connection="contoso",work_item="incident"} 86400"#,
        r#"itsmd_reconcile_overdue_seconds{connection="contoso",work_item="incident"} 7200"#,
        r#"itsmd_sign_in_refused{connection="contoso"} 0"#,
        "itsmd_sign_in_refused 1",
        r#"itsmd_overdue_seconds{connection="contoso",work_item="incident"} 0"#,
        r#"itsmd_batch_rows_bucket{connection="contoso",work_item="incident",le="10"} 1"#,
        r#"itsmd_batch_rows_bucket{connection="contoso",work_item="incident",le="+Inf"} 1"#,
        r#"itsmd_run_duration_seconds_sum{connection="contoso",work_item="incident",worker="head"} 7"#,
        "itsmd_config_last_reload_successful 1",
        "process_start_time_seconds 1795165200",
        r#"itsmd_build_info{version="0.1.0"} 1"#,
        r#"itsmd_credential_expiry_timestamp_seconds{what="the client secret"} 1801353600"#,
        r#"itsmd_credential_expiry_timestamp_seconds{connection="contoso",what="the client secret"} 1801353600"#,
    ] {
        assert!(
            text.lines().any(|rendered| rendered == line),
            "{line} is not in\n{text}"
        );
    }
}

#[test]
fn every_metric_is_rendered_once_with_help_and_type() {
    let text = everything();
    let starting = |prefix: &str| -> Vec<&str> {
        text.lines()
            .filter_map(|line| line.strip_prefix(prefix)?.split(' ').next())
            .collect()
    };
    let (help, types) = (starting("# HELP "), starting("# TYPE "));
    let known: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(known.len(), METRICS.len());
    for said in [help, types] {
        assert_eq!(said.len(), METRICS.len(), "{text}");
        assert_eq!(said.into_iter().collect::<BTreeSet<_>>(), known);
    }
}

#[test]
fn names_follow_prometheus_rules() {
    for metric in METRICS {
        assert!(
            metric.name.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{metric:?}"
        );
        assert_eq!(
            metric.name.ends_with("_total"),
            metric.kind == Kind::Counter,
            "{metric:?}"
        );
        assert_eq!(
            metric.name.contains("_seconds"),
            metric.unit == Unit::Seconds,
            "{metric:?}"
        );
        assert_eq!(metric.name.contains("_bytes"), metric.unit == Unit::Bytes, "{metric:?}");
        assert!(metric.help.ends_with('.'), "{metric:?}");
    }
}

#[test]
fn a_stream_that_left_the_configuration_leaves_no_gauge() {
    let metrics = Metrics::new(began());
    assert!(metrics.render(&report(vec![stream()])).contains("itsmd_lag_seconds{"));
    assert!(!metrics.render(&report(vec![])).contains("itsmd_lag_seconds{"));
}

#[test]
fn a_disabled_stream_is_neither_up_nor_down() {
    let mut off = stream();
    off.state = StreamState::Disabled;
    let text = Metrics::new(began()).render(&report(vec![off]));
    assert!(!text.contains("itsmd_up{"));
    assert!(text.contains(r#"state="disabled"} 1"#));
}

#[test]
fn names_kinds_units_labels_and_help_are_those_that_were_promised() {
    let lines = METRICS.iter().map(|metric| {
        let Metric {
            name,
            kind,
            unit,
            labels,
            help,
        } = metric;
        format!("{name} {} {unit:?} {{{}}} {help}\n", kind.as_str(), labels.join(","))
    });
    let said: String = lines.collect();
    let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/promtool/metrics.golden");
    if std::env::var_os("ITSMD_BLESS").is_some() {
        std::fs::write(&golden, &said).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(&golden).unwrap(),
        said,
        "names are promises: ITSMD_BLESS=1 and look at the difference"
    );
}

#[test]
fn no_series_bears_a_label_that_the_table_does_not_name() {
    for line in everything().lines().filter(|line| !line.starts_with('#')) {
        let (series, _) = line.rsplit_once(' ').unwrap();
        let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let metric = METRICS
            .iter()
            .find(|metric| metric.name == name || (metric.kind == Kind::Histogram && Some(metric.name) == base))
            .unwrap();
        for label in labels
            .trim_end_matches('}')
            .split(',')
            .filter_map(|pair| pair.split_once('='))
        {
            assert!(metric.labels.contains(&label.0) || label.0 == "le", "{line}");
        }
    }
}

#[test]
fn a_counter_that_begins_anew_goes_on_where_it_was() {
    let metrics = Metrics::new(began());
    let line = |metrics: &Metrics| {
        let text = metrics.render(&report(vec![]));
        let line = text.lines().find(|line| line.starts_with("itsmd_records_read_total{"));
        line.map(|line| line.rsplit_once(' ').unwrap().1.to_owned())
    };
    let see = |epoch, count: f64| metrics.observe(epoch, || vec![Sample::number(READ, contoso(), count)]);
    see(0, 0.0);
    assert_eq!(line(&metrics).as_deref(), Some("0"));
    see(0, 7.0);
    see(1, 2.0);
    assert_eq!(line(&metrics).as_deref(), Some("9"));
    see(1, 3.0);
    see(2, 0.0);
    see(2, 1.0);
    assert_eq!(line(&metrics).as_deref(), Some("11"));
    see(3, 5.0);
    assert_eq!(line(&metrics).as_deref(), Some("15"), "the same counter went on");
    see(2, 900.0);
    assert_eq!(
        line(&metrics).as_deref(),
        Some("15"),
        "seen late, of a configuration that is over"
    );
    metrics.observe(4, Vec::new);
    assert_eq!(line(&metrics), None, "it left the configuration");
    see(5, 1.0);
    assert_eq!(line(&metrics).as_deref(), Some("1"));
}

#[test]
fn a_refused_reload_is_seen_until_one_is_good() {
    let metrics = Metrics::new(began());
    let says = |line: &str| metrics.render(&report(vec![])).lines().any(|said| said == line);
    let later = "2026-11-20T10:00:00Z".parse().unwrap();
    metrics.reloaded(false, later);
    assert_eq!(metrics.refused_reload().map(|refused| refused.at), Some(later));
    assert!(says("itsmd_config_last_reload_successful 0"));
    assert!(says("itsmd_config_last_reload_success_timestamp_seconds 1795165200"));
    metrics.reloaded(true, later);
    assert_eq!(metrics.refused_reload(), None);
    assert!(says("itsmd_config_last_reload_successful 1"));
    assert!(says("itsmd_config_last_reload_success_timestamp_seconds 1795168800"));
}
