//! Resyncs under whatever is running.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::Outcome;
use itsmd::sync::{Pass, Resync, resync};

use super::script::{OVERLAP, Scene, id};

/// Asks for everything modified in the last `days` to be delivered again.
fn again(scene: &Scene, days: i64) -> Resync {
    again_hours(scene, 24 * days)
}

fn again_hours(scene: &Scene, hours: i64) -> Resync {
    let (row, since) = (scene.row(), scene.desk.now() - TimeDelta::hours(hours));
    let asked = scene.store.call_here(|db| resync(db, &row, Some(since), OVERLAP));
    asked.unwrap()
}

/// How many rows the workspace has of each record.
fn rows(scene: &Scene) -> Vec<usize> {
    (0..200)
        .map(|number| scene.workspace.titles_of(&id(number)).len())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_resync_under_a_running_backfill_delivers_everything_again_and_the_backfill_too() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    let page = scene.desk.hold(false);
    let backfill = scene.spawn(Pass::Rest);
    page.reached().await;
    let Resync::Laid { .. } = again(&scene, 4) else {
        panic!("nothing was laid");
    };
    page.open();
    backfill.await.unwrap();
    for _ in 0..3 {
        scene.run(Pass::Both).await;
    }
    assert!(scene.is_read());
    scene.assert_in_step();
    let sent = scene.workspace.count();
    // What was on its way when it was asked for may have gone out in vain: a page.
    assert!((200..=210).contains(&sent), "{sent}");
    assert_eq!(scene.run(Pass::Both).await.tally.sent, 0);
}

#[tokio::test(start_paused = true)]
async fn fifty_resyncs_in_a_row_under_a_running_backfill_lose_nothing_and_end() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    let mut page = scene.desk.hold(false);
    let backfill = scene.spawn(Pass::Rest);
    page.reached().await;
    let mut before = Vec::new();
    for round in 0_u32..50 {
        // Each reaches further back, so that it is no part of the one before; and the desk goes on working.
        let Resync::Laid { .. } = again_hours(&scene, i64::from(24 + 4 * round)) else {
            panic!("nothing was laid in round {round}");
        };
        before = rows(&scene);
        scene.desk.put(&id(round), scene.desk.now(), &format!("round {round}"));
        if round % 3 == 0 {
            scene.run(Pass::Head).await;
        }
        if round % 7 == 0 {
            // The backfill comes a page further.
            let next = scene.desk.hold(false);
            page.open();
            next.reached().await;
            page = next;
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
    }
    page.open();
    assert_eq!(backfill.await.unwrap().outcome, Outcome::Complete);
    let report = scene.run(Pass::Both).await;
    assert_eq!(report.outcome, Outcome::Complete);
    assert!(scene.is_read());
    scene.assert_in_step();
    let report = scene.run(Pass::Both).await;
    assert_eq!((report.outcome, report.tally.sent), (Outcome::Complete, 0));
    // The last one was asked for everything.
    for (number, (before, after)) in before.iter().zip(rows(&scene)).enumerate() {
        assert!(
            after > *before,
            "{number} was not delivered once more: {before} rows, then {after}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_resyncs_each_deliver_everything_once_more_while_the_desk_goes_on_working() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    for round in 0_u32..50 {
        let before = rows(&scene);
        let Resync::Laid { .. } = again(&scene, 9) else {
            panic!("nothing was laid in round {round}");
        };
        let page = scene.desk.hold(false);
        let backfill = scene.spawn(Pass::Rest);
        page.reached().await;
        assert_eq!(again(&scene, 9), Resync::Joined, "it is under way");
        scene
            .desk
            .put(&id(3 * round), scene.desk.now(), &format!("round {round}"));
        scene.run(Pass::Head).await;
        page.open();
        assert_eq!(backfill.await.unwrap().outcome, Outcome::Complete);
        scene.run(Pass::Both).await;
        assert!(scene.is_read());
        scene.assert_in_step();
        let again: Vec<usize> = rows(&scene)
            .iter()
            .zip(before)
            .map(|(after, before)| after - before)
            .collect();
        assert!(again.iter().all(|rows| *rows >= 1), "round {round}: {again:?}");
        // Where the head is reading again itself, a page of it may repeat what was there.
        let sent: usize = again.iter().sum();
        assert!((200..=210).contains(&sent), "round {round}: {sent} rows");
    }
    assert_eq!(scene.run(Pass::Both).await.tally.sent, 0);
}

#[tokio::test(start_paused = true)]
async fn fifty_resyncs_of_a_quiet_stream_deliver_each_record_once_more() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    for _ in 0..50 {
        again(&scene, 10);
    }
    scene.run(Pass::Both).await;
    assert_eq!(scene.workspace.count(), 400, "the later ones are part of the first");
    assert_eq!(scene.run(Pass::Both).await.tally.sent, 0);
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_resync_in_the_middle_of_the_heads_run_leaves_no_hole_behind_the_head() {
    let scene = Scene::new();
    scene.desk.fill(50, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    // An hour's news, in three pages; the resync comes while the second is being read.
    for number in 100..130 {
        let ago = TimeDelta::minutes(i64::from(130 - number) * 2);
        scene.desk.put(&id(number), scene.desk.now() - ago, "news");
    }
    let first = scene.desk.hold(true);
    let head = scene.spawn(Pass::Head);
    first.reached().await;
    let second = scene.desk.hold(true);
    first.open();
    second.reached().await;
    let before = scene.workspace.count();
    again(&scene, 10);
    second.open();
    head.await.unwrap();
    scene.run(Pass::Both).await;
    assert!(scene.is_read());
    scene.assert_in_step();
    // Whatever the resync was asked for stands in the workspace once more, the news that had just been read too.
    for number in (0..50).chain(100..130) {
        let rows = scene.workspace.titles_of(&id(number)).len();
        assert!((1..=2).contains(&rows), "{number}: {rows} rows");
    }
    let again = scene.workspace.count() - before;
    assert!(again >= 80, "{again} rows after the resync for 80 records");
    assert_eq!(scene.run(Pass::Both).await.tally.sent, 0);
}
