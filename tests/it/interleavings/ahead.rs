//! Stamps that lie ahead of the service desk's clock, and the clock or the stamp set right afterwards.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::Sweep;
use itsmd::sync::Pass;

use super::script::{Scene, id};

#[tokio::test(start_paused = true)]
async fn a_record_stamped_a_year_ahead_is_in_step_at_the_first_ring_after_it_was_corrected() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    let a_year_ahead = scene.desk.now() + TimeDelta::days(365);
    scene.desk.put(&id(500), a_year_ahead, "from the future");
    scene.run(Pass::Both).await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    scene.desk.put(&id(500), scene.desk.now(), "corrected");
    scene.run(Pass::Head).await;
    scene.assert_in_step();
    // And the way back is open: the ledger's stamp is the true one again.
    tokio::time::sleep(Duration::from_secs(600)).await;
    scene.desk.put(&id(500), scene.desk.now(), "changed again");
    scene.run(Pass::Head).await;
    assert_eq!(
        scene.workspace.titles_of(&id(500)),
        ["from the future", "corrected", "changed again"]
    );
    assert_eq!(scene.workspace.count(), 43);
}

#[tokio::test(start_paused = true)]
async fn a_record_saved_while_the_clock_ran_a_day_ahead_follows_again_once_it_is_set_right() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    scene.desk.set_skew(TimeDelta::days(1));
    scene.desk.put(&id(5), scene.desk.now(), "while ahead");
    tokio::time::sleep(Duration::from_secs(60)).await;
    scene.run(Pass::Both).await;
    scene.desk.set_skew(TimeDelta::zero());
    tokio::time::sleep(Duration::from_secs(600)).await;
    scene.desk.put(&id(5), scene.desk.now(), "set right");
    for _ in 0..2 {
        scene.run(Pass::Both).await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
    }
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_sweep_finds_what_was_stamped_ahead_and_back_dated_behind_the_head_or_deleted_since() {
    for sweep in [Sweep::Nightly, Sweep::Whole] {
        let scene = Scene::new();
        scene.desk.fill(40, TimeDelta::hours(1));
        for number in [500, 501, 502] {
            let ahead = scene.desk.now() + TimeDelta::days(365);
            scene.desk.put(&id(number), ahead, "from the future");
        }
        scene.run(Pass::Both).await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        // No head reads there, and nothing says that it is gone.
        let behind = scene.desk.now() - TimeDelta::days(3);
        scene.desk.put(&id(500), behind, "back-dated");
        scene.desk.remove(&id(501));
        scene.ask(sweep);
        scene.run(Pass::Both).await;
        assert_eq!(
            scene.workspace.titles_of(&id(500)).last().unwrap(),
            "back-dated",
            "{sweep:?}"
        );
        assert_eq!(scene.workspace.gone(), [id(501)], "{sweep:?}");
        assert_eq!(scene.workspace.titles_of(&id(502)), ["from the future"], "{sweep:?}");
    }
}
