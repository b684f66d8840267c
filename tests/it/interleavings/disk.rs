//! A disk that takes nothing for a while.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::Outcome;
use itsmd::sync::Pass;

use super::script::Scene;

#[tokio::test(start_paused = true)]
async fn while_something_delivered_cannot_be_written_down_nothing_more_is_delivered() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    let file = rusqlite::Connection::open(scene.folder.path().join("itsmd.db")).unwrap();
    file.execute_batch(
        "CREATE TRIGGER full BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    )
    .unwrap();
    let (head, rest) = (scene.spawn(Pass::Head), scene.spawn(Pass::Rest));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let taken = scene.workspace.asked();
    assert!(
        (1..=2).contains(&taken),
        "{taken} batches: at most one of each worker was on its way"
    );
    tokio::time::sleep(Duration::from_secs(6 * 3600)).await;
    assert_eq!(scene.workspace.asked(), taken, "nothing goes on for six hours");
    file.execute_batch("DROP TRIGGER full").unwrap();
    for worker in [head, rest] {
        assert_eq!(worker.await.unwrap().outcome, Outcome::Complete);
    }
    scene.assert_in_step();
    assert_eq!(
        scene.workspace.count(),
        200,
        "what was taken was remembered all the time"
    );
}
