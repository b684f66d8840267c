//! A filter that changes asks for a sweep by itself; so does nothing else.

use crate::rig::{Rig, STREAM, id, stream};

use super::{fill, swept};

async fn half_private(more: &str) -> Rig {
    let rig = Rig::new().await;
    rig.configure(more);
    fill(&rig, 40);
    for number in 0..10 {
        let row = rig.desk.get("incident", &id(number)).unwrap();
        rig.desk.put("incident", &row.with("category", "private"));
    }
    for number in 10..40 {
        let row = rig.desk.get("incident", &id(number)).unwrap();
        rig.desk.put("incident", &row.with("category", "network"));
    }
    rig
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_a_narrower_filter_is_marked_and_comes_back_with_a_wider_one() {
    let rig = half_private("").await;
    rig.sync(&[]).await;
    rig.configure("filter = \"category!=private\"");
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["deleted"], &incidents["sent"]),
        (0, &10.into(), &10.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest()["INC0000003"]["IsDeleted_b"], true);
    let (_, report) = rig.sync(&[]).await;
    assert_eq!(stream(&report, "contoso", "incident")["sent"], 0, "{report:#}");

    rig.configure("");
    let (status, report) = rig.sync(&[]).await;
    assert_eq!(
        (status, &stream(&report, "contoso", "incident")["sent"]),
        (0, &10.into()),
        "{report:#}"
    );
    assert_eq!(rig.latest()["INC0000003"]["IsDeleted_b"], false);
    assert_eq!(rig.workspace.count(STREAM), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_reconcile_off_a_changed_filter_marks_nothing() {
    let rig = half_private("reconcile = \"off\"").await;
    rig.sync(&[]).await;
    rig.configure("reconcile = \"off\"\nfilter = \"category!=private\"");
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 40), "{report:#}");
    assert_eq!(swept(&rig).asked, None);
}
