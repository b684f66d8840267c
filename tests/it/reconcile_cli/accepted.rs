//! Deletions are accepted for one pass: whatever ends it, nobody else's pass marks without limit.

use std::time::{Duration, Instant};

use chrono::Utc;
use itsmd::model::{ConnectionName, StreamId, WorkItemKind};
use itsmd::store::{Store, Sweep, Threads};

use super::{marked, rig};
use crate::daemon::Daemon;
use crate::rig::{DEADLINE, Rig, stream};

/// What a pass leaves that is killed in the middle.
fn accepted_and_killed(rig: &Rig) -> Store {
    let store = Store::open(&rig.folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let id = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    store
        .call_here(|db| {
            let key = db.stream(&id)?.unwrap().key;
            db.ask_sweep(key, Sweep::WholeAccepted)
        })
        .unwrap();
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_accepted_for_a_pass_that_was_killed_are_accepted_of_no_other() {
    let rig = rig(200, "").await;
    rig.sync(&[]).await;
    drop(accepted_and_killed(&rig));
    rig.desk.hide_all("incident");
    let (code, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (code, &incidents["error"]["code"]),
        (1, &"ITSMD-SY-002".into()),
        "{report:#}"
    );
    assert_eq!(marked(&rig), 0);

    // The same of a daemon: what was asked of the one before it is done, without what was accepted then.
    let store = accepted_and_killed(&rig);
    let asked = r#"{"connections":[],"wait":null,"reconcile":true,"accept_deletions":true}"#;
    let request = store
        .call_here(|db| {
            let request = db.ask("sync", asked, Utc::now())?;
            db.take_requests(Utc::now())?;
            Ok(request)
        })
        .unwrap();
    let daemon = Daemon::start(&rig).await;
    let deadline = Instant::now() + DEADLINE;
    let answer = loop {
        if let Some((_, Some(answer))) = store.call_here(|db| db.answered(request)).unwrap() {
            break answer;
        }
        assert!(Instant::now() < deadline, "no answer");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert!(answer.contains("ITSMD-SY-002"), "{answer}");
    assert_eq!(marked(&rig), 0, "{answer}");
    assert_eq!(daemon.end(), 0);
}
