//! Instances that read and write times in the user's zone.

use chrono::TimeDelta;
use chrono_tz::Tz;
use itsmd::sim::servicenow::Literals;
use serde_json::Value;

use crate::rig::{Rig, STREAM, ago, incident, stream};

fn fill(rig: &Rig) {
    for number in 0..40 {
        let modified = ago(TimeDelta::hours(i64::from(number) * 6) + TimeDelta::minutes(20));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_reads_times_in_the_users_zone_is_found_out_before_a_position_moves() {
    for zone in [Tz::America__New_York, Tz::Asia__Kolkata] {
        let rig = Rig::new().await;
        fill(&rig);
        rig.desk.set_zone(zone, Literals::UserZone);
        let output = rig.logged(&["sync", "--json"]).await;
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = &stream(&report, "contoso", "incident")["error"];
        assert_eq!(
            (output.status.code(), &error["code"]),
            (Some(1), &"ITSMD-SN-022".into()),
            "{report:#}"
        );
        assert!(error["remedy"].as_str().unwrap().contains("GMT"), "{error:#}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("ITSMD-SN-022"));
        let check = rig.itsmd(&["check", "--json"]).await;
        let check: Value = serde_json::from_slice(&check.stdout).unwrap();
        let found = check["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|found| found["work_item"] == "incident");
        assert_eq!(found.unwrap()["code"], "ITSMD-SN-022", "{check:#}");

        assert_eq!(rig.workspace.count(STREAM), 0);
        rig.desk.set_zone(Tz::UTC, Literals::UserZone);
        let (status, report) = rig.sync(&[]).await;
        assert_eq!((status, rig.workspace.count(STREAM)), (0, 40), "{zone} {report:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zone_that_only_displays_follow_changes_nothing() {
    let rig = Rig::new().await;
    fill(&rig);
    rig.desk.set_zone(Tz::America__New_York, Literals::Utc);
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 40), "{report:#}");
    let modified = rig
        .desk
        .get("incident", &crate::rig::id(7))
        .unwrap()
        .value("sys_updated_on")
        .replace(' ', "T");
    assert_eq!(rig.latest()["INC0000007"]["LastModifiedDate_t"], format!("{modified}Z"));
}
