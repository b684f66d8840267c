//! What `status` tells of the last run, whatever became of it.

use std::process::Stdio;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use itsmd::sim::fault::Fault;
use serde_json::Value;

use crate::rates::{rig, status};
use crate::rig::{STREAM, ago, incident, stream};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_killed_is_shown_as_interrupted() {
    let rig = rig(200, "page_size = 25").await;
    rig.servicenow
        .faults
        .chance("table", Fault::Delay(Duration::from_millis(100)), 1.0);
    let mut child = rig
        .command(&["sync"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while rig.workspace.count(STREAM) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (text, incidents) = status(&rig).await;
    assert_eq!(incidents["last_run"]["outcome"], "interrupted", "{incidents:#}");
    assert!(text.contains("interrupted"), "{text}");
    rig.servicenow.faults.clear();
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, rig.latest().len()), (0, 200), "{report:#}");
    let (_, incidents) = status(&rig).await;
    assert_eq!(incidents["last_run"]["outcome"], "complete", "{incidents:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_last_run_warned_of_is_shown_in_status_until_it_is_mended() {
    let rig = rig(30, "").await;
    rig.desk.hide_all("incident");
    rig.sync(&[]).await;
    let warned = |incidents: &Value| incidents["last_run"]["warnings"].to_string();
    let (text, incidents) = status(&rig).await;
    assert!(warned(&incidents).contains("30 records match"), "{incidents:#}");
    assert!(text.contains("the user may read none of them"), "{text}");
    rig.desk.show("incident");
    rig.itsmd(&["resync", "--yes"]).await;
    rig.sync(&[]).await;
    let (text, incidents) = status(&rig).await;
    assert!(incidents["last_run"].get("warnings").is_none(), "{incidents:#}");
    assert!(!text.contains("may read none"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_desk_whose_clock_is_ten_minutes_off_is_in_step_and_status_says_so() {
    for minutes in [-10, 10] {
        let rig = rig(0, "").await;
        let off = TimeDelta::minutes(minutes);
        rig.desk.set_clock(Box::new(move || Utc::now() + off));
        for number in 0..40 {
            let time = ago(TimeDelta::minutes(i64::from(number))) + off;
            rig.desk.put("incident", &incident(number, "By the desk's clock", time));
        }
        for round in 1..4 {
            let (code, report) = rig.sync(&[]).await;
            assert_eq!(
                (code, &stream(&report, "contoso", "incident")["outcome"]),
                (0, &"complete".into())
            );
            let (text, _) = status(&rig).await;
            let side = if minutes > 0 {
                "10 min ahead of ours"
            } else {
                "10 min behind ours"
            };
            assert!(text.contains(side), "{text}");
            rig.desk
                .put("incident", &incident(100 + round, "New", ago(TimeDelta::zero()) + off));
        }
        let (_, report) = rig.sync(&[]).await;
        assert_eq!(
            (rig.latest().len(), rig.workspace.count(STREAM)),
            (43, 43),
            "{report:#}"
        );
    }
}
