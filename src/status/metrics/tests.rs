use std::collections::BTreeSet;

use ::metrics::Unit;

use super::*;
use crate::model::{ConnectionName, WorkItemKind};
use crate::status::report::tests::{report, stream};
use crate::status::{Credential, Reconcile};

fn contoso() -> StreamId {
    StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    }
}

fn everything() -> String {
    let metrics = Metrics::new();
    let id = contoso();
    metrics.records_read(&id, 3);
    metrics.records_sent(&id, 1);
    metrics.records_unchanged(&id, 2);
    metrics.hidden_rows(&id, 1);
    metrics.records_deleted(&id, 4);
    metrics.bytes_sent(&id, 512);
    metrics.requests(&id, RequestOutcome::Ok, 2);
    metrics.requests(&id, RequestOutcome::Throttled, 1);
    metrics.run_ended(&id, Outcome::Complete);
    let reconciled = StreamReport {
        reconcile: Some(Reconcile {
            last: Some("2026-11-20T04:00:00Z".parse().unwrap()),
            ..Reconcile::default()
        }),
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
        assert!(metric.help.ends_with('.'), "{metric:?}");
    }
}

#[test]
fn a_stream_that_left_the_configuration_leaves_no_gauge() {
    let metrics = Metrics::new();
    assert!(metrics.render(&report(vec![stream()])).contains("itsmd_lag_seconds{"));
    assert!(!metrics.render(&report(vec![])).contains("itsmd_lag_seconds{"));
}

#[test]
fn a_disabled_stream_is_neither_up_nor_down() {
    let mut off = stream();
    off.state = StreamState::Disabled;
    let text = Metrics::new().render(&report(vec![off]));
    assert!(!text.contains("itsmd_up{"));
    assert!(text.contains(r#"state="disabled"} 1"#));
}
