//! Clocks that disagree, and stamps from the future.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::Outcome;
use itsmd::sync::Pass;

use super::script::{Scene, id};

#[tokio::test(start_paused = true)]
async fn a_row_stamped_in_the_future_is_delivered_once_and_carries_no_position_away() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    scene
        .desk
        .put(&id(500), scene.desk.now() + TimeDelta::days(2), "from the future");
    scene.run(Pass::Both).await;
    assert_eq!(scene.workspace.count(), 41);
    for number in 100..140 {
        tokio::time::sleep(Duration::from_secs(300)).await;
        scene.desk.put(&id(number), scene.desk.now(), "in the present");
        let report = scene.run(Pass::Head).await;
        assert_eq!((report.outcome, report.tally.sent), (Outcome::Complete, 1));
    }
    scene.assert_in_step();
    assert_eq!(scene.workspace.count(), 81);
    // Two days later its time has come: it is old news.
    tokio::time::sleep(Duration::from_secs(2 * 86_400)).await;
    scene.desk.put(&id(500), scene.desk.now(), "and changed");
    assert_eq!(scene.run(Pass::Head).await.tally.sent, 1);
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_service_desk_whose_clock_is_ten_minutes_off_loses_nothing_either_way() {
    for minutes in [-10, 10] {
        let mut scene = Scene::new();
        scene.desk.set_skew(TimeDelta::minutes(minutes));
        scene.desk.fill(60, TimeDelta::minutes(1));
        let mut records = 60;
        for round in 0..20 {
            let report = scene.run(Pass::Both).await;
            let warned = report.warnings.iter().any(|warning| warning.contains("10 min"));
            assert!(warned, "run {round} is silent about {minutes} minutes: {report:?}");
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_secs(40)).await;
                scene.desk.put(&id(1000 + records), scene.desk.now(), "new");
                records += 1;
            }
            // Half way through another process goes on.
            if round == 10 {
                scene.restart();
            }
        }
        scene.run(Pass::Both).await;
        scene.assert_in_step();
        assert_eq!(scene.workspace.count(), records as usize, "{minutes} minutes");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_desks_clock_that_jumps_by_ten_minutes_between_runs_loses_nothing() {
    for minutes in [-10, 10] {
        let scene = Scene::new();
        scene.desk.fill(60, TimeDelta::minutes(1));
        scene.run(Pass::Both).await;
        scene.desk.set_skew(TimeDelta::minutes(minutes));
        for number in 100..110 {
            scene.desk.put(&id(number), scene.desk.now(), "after the jump");
            tokio::time::sleep(Duration::from_secs(60)).await;
            scene.run(Pass::Head).await;
        }
        tokio::time::sleep(Duration::from_secs(1200)).await;
        scene.run(Pass::Head).await;
        scene.assert_in_step();
        assert_eq!(scene.workspace.count(), 70, "{minutes} minutes");
    }
}
