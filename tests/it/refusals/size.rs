//! 413 for what is not large: the workspace, or a proxy before it, is at fault, and no record pays for that.

use chrono::TimeDelta;
use itsmd::sim::ingestion::{Fault, Until};
use serde_json::Value;

use super::twice;
use crate::rates::rig;
use crate::rig::{Rig, STREAM, ago, incident, stream};

async fn aside(rig: &Rig) -> usize {
    let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    list["records"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_calls_everything_too_large_stops_the_stream_and_nothing_is_missing_afterwards() {
    let rig = rig(200, "").await;
    rig.workspace.fault(Fault::TooLarge, Until::Lifted);
    for _ in 0..2 {
        let (code, report) = rig.sync(&[]).await;
        let incidents = stream(&report, "contoso", "incident");
        assert_eq!(
            (code, &incidents["error"]["code"]),
            (1, &"ITSMD-WS-020".into()),
            "{report:#}"
        );
        let remedy = incidents["error"]["remedy"].as_str().unwrap();
        assert!(remedy.contains("a limit in a proxy"), "{remedy}");
        assert!(aside(&rig).await <= 40, "the window must not end in the quarantine");
    }
    rig.workspace.clear_faults();
    let (code, report) = rig.sync(&[]).await;
    assert_eq!(
        (code, rig.workspace.count(STREAM), twice(&rig), aside(&rig).await),
        (0, 200, 0, 0),
        "{report:#}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_413_to_a_lone_small_record_does_not_cost_its_change() {
    let rig = rig(50, "").await;
    rig.sync(&[]).await;
    let change = |number: u32| incident(number, "Changed", ago(TimeDelta::zero())).with("sys_mod_count", "1");
    rig.desk.put("incident", &change(7));
    rig.workspace.fault(Fault::TooLarge, Until::Requests(1));
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(aside(&rig).await, 1, "{report:#}");
    // The workspace takes another; what it refused is tried again in that run, or in the next.
    rig.desk.put("incident", &change(8));
    rig.sync(&[]).await;
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, aside(&rig).await), (0, 0), "{report:#}");
    let titles = ["INC0000007", "INC0000008"].map(|number| rig.latest()[number]["Title_s"].clone());
    assert_eq!(titles, ["Changed", "Changed"]);
    assert_eq!((rig.workspace.count(STREAM), twice(&rig)), (52, 0));
}
