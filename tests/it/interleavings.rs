//! What two workers, two runs and a changing desk may do to each other (under paused time, in process).

mod ahead;
mod clocks;
mod disk;
mod links;
mod refused;
mod resyncs;
mod script;
mod sweeps;
mod told;

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::Outcome;
use itsmd::sync::Pass;

use script::{Answer, Gate, Scene, id};

#[tokio::test(start_paused = true)]
async fn a_slices_page_fetched_before_is_not_delivered_after_the_heads_newer_version() {
    let scene = Scene::new();
    scene.desk.fill(30, TimeDelta::hours(1));
    let page = scene.desk.hold(false);
    let rest = scene.spawn(Pass::Rest);
    // The slice's page with the old version is put together, and slow to arrive.
    page.reached().await;
    let changed = id(20);
    scene.desk.put(&changed, scene.desk.now(), "changed since");
    assert_eq!(scene.run(Pass::Head).await.outcome, Outcome::Complete);
    assert_eq!(scene.workspace.titles_of(&changed), ["changed since"]);
    page.open();
    assert_eq!(rest.await.unwrap().outcome, Outcome::Complete);
    assert_eq!(scene.workspace.titles_of(&changed), ["changed since"]);
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_slices_page_waits_while_the_heads_newer_version_is_on_its_way() {
    let scene = Scene::new();
    scene.desk.fill(30, TimeDelta::hours(1));
    let (page, changed) = (scene.desk.hold(false), id(20));
    let rest = scene.spawn(Pass::Rest);
    page.reached().await;
    scene.desk.put(&changed, scene.desk.now(), "changed since");
    // The head's batch is out, its answer is slow; the slice's page comes and holds the old version.
    let answer = Gate::default();
    let (slow, on_its_way) = (answer.clone(), changed.clone());
    scene.workspace.script(
        move |rows| match rows.iter().any(|row| row["RecordId_s"] == on_its_way.as_str()) {
            true => Answer::TakeAt(slow.clone()),
            false => Answer::Take,
        },
    );
    let head = scene.spawn(Pass::Head);
    answer.reached().await;
    page.open();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(scene.workspace.count(), 0, "the old version waits for its turn");
    scene.workspace.take_all();
    answer.open();
    assert_eq!(head.await.unwrap().outcome, Outcome::Complete);
    assert_eq!(rest.await.unwrap().outcome, Outcome::Complete);
    assert_eq!(scene.workspace.titles_of(&changed), ["changed since"]);
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_an_hour_for_a_page_loses_nothing_that_happens_meanwhile() {
    let scene = Scene::new();
    scene.desk.fill(45, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    // Three pages of the head; the second is long in coming.
    for number in 100..125 {
        scene.desk.put(&id(number), scene.desk.now(), "new");
    }
    let slow = scene.desk.hold(true);
    let head = scene.spawn(Pass::Head);
    slow.reached().await;
    scene.desk.put(&id(7), scene.desk.now(), "changed as it began to wait");
    tokio::time::sleep(Duration::from_secs(1800)).await;
    for number in 200..230 {
        scene
            .desk
            .put(&id(number), scene.desk.now(), "in the middle of the wait");
    }
    tokio::time::sleep(Duration::from_secs(1800)).await;
    slow.open();
    assert_eq!(head.await.unwrap().outcome, Outcome::Complete);
    scene.run(Pass::Head).await;
    scene.assert_in_step();
    assert_eq!(scene.workspace.count(), 45 + 25 + 1 + 30, "and nothing twice");
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_takes_an_hour_is_not_overtaken_and_loses_nothing() {
    let scene = Scene::new();
    scene.desk.fill(45, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    scene.desk.put(&id(7), scene.desk.now(), "first change");
    scene.workspace.script(|_| Answer::TakeAfter(Duration::from_secs(3600)));
    let head = scene.spawn(Pass::Head);
    tokio::time::sleep(Duration::from_secs(600)).await;
    scene.desk.put(&id(7), scene.desk.now(), "second change");
    scene.desk.put(&id(8), scene.desk.now(), "changed while another waits");
    assert_eq!(head.await.unwrap().outcome, Outcome::Complete);
    scene.workspace.take_all();
    scene.run(Pass::Head).await;
    assert_eq!(
        scene.workspace.titles_of(&id(7)),
        ["as it was", "first change", "second change"]
    );
    scene.assert_in_step();
    assert_eq!(scene.workspace.count(), 45 + 3);
}

#[tokio::test(start_paused = true)]
async fn when_one_batch_of_a_page_is_taken_and_the_next_refused_for_six_hours_nothing_is_lost_or_sent_again() {
    let scene = Scene::new();
    scene.desk.fill(45, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    let before = scene.row();
    // Ten rows of 250 kB: a page of three batches.
    let long = "x".repeat(250_000);
    for number in 100..110 {
        scene.desk.put(&id(number), scene.desk.now(), &long);
    }
    let mut batches = 0;
    scene.workspace.script(move |_| {
        batches += 1;
        if batches == 1 { Answer::Take } else { Answer::Fail }
    });
    let begun = scene.clock.now();
    while scene.clock.now() - begun < TimeDelta::hours(6) {
        let report = scene.run(Pass::Head).await;
        assert_eq!(report.outcome, Outcome::Failed);
        tokio::time::sleep(Duration::from_secs(900)).await;
    }
    let taken = scene.workspace.count() - 45;
    assert!((1..10).contains(&taken), "{taken}");
    assert_eq!(
        scene.row().head_read,
        before.head_read,
        "the head was not read to its end"
    );
    scene.workspace.take_all();
    assert_eq!(scene.run(Pass::Head).await.outcome, Outcome::Complete);
    scene.assert_in_step();
    assert_eq!(scene.workspace.count(), 45 + 10);
}

#[tokio::test(start_paused = true)]
async fn rows_taken_without_an_answer_are_the_only_ones_that_come_twice() {
    let scene = Scene::new();
    scene.desk.fill(45, TimeDelta::hours(1));
    let mut batches = 0;
    scene.workspace.script(move |_| {
        batches += 1;
        if batches == 2 {
            Answer::TakeSilently
        } else {
            Answer::Take
        }
    });
    let mut runs = 0;
    while scene.run(Pass::Both).await.outcome != Outcome::Complete {
        runs += 1;
        assert!(runs < 5);
    }
    scene.assert_in_step();
    let twice = scene.workspace.count() - 45;
    assert!((1..=10).contains(&twice), "{twice} rows twice: more than a batch");
}

#[tokio::test(start_paused = true)]
async fn one_slice_that_fails_does_not_keep_older_ones_from_being_read() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    let newest = scene.desk.now() - TimeDelta::days(1);
    scene
        .desk
        .fail(move |slice| slice.to.is_some_and(|to| to > newest + TimeDelta::hours(1)));
    let report = scene.run(Pass::Both).await;
    assert_eq!(report.outcome, Outcome::Failed);
    let there = scene.workspace.count();
    assert!(there >= 170, "only {there} of the 200, of which a day's failed");
    scene.desk.heal();
    assert_eq!(scene.run(Pass::Both).await.outcome, Outcome::Complete);
    scene.assert_in_step();
    assert_eq!(scene.workspace.count(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_desk_whose_slices_all_fail_is_not_asked_for_each_of_them() {
    let scene = Scene::new();
    scene.desk.fill(200, TimeDelta::hours(1));
    scene.desk.fail(|slice| slice.to.is_some());
    let before = scene.desk.pages();
    assert_eq!(scene.run(Pass::Rest).await.outcome, Outcome::Failed);
    assert_eq!(scene.desk.pages(), before);
    scene.desk.heal();
    scene.run(Pass::Both).await;
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn rows_without_an_id_that_are_read_again_in_the_overlap_are_counted_once() {
    let scene = Scene::new();
    scene.desk.fill(5, TimeDelta::minutes(1));
    scene.desk.nameless("INC1");
    scene.desk.nameless("INC2");
    for _ in 0..3 {
        scene.run(Pass::Both).await;
    }
    let entries = scene.store.call_here(|db| db.quarantine()).unwrap();
    assert_eq!((entries.len(), entries[0].rows), (1, 2), "{entries:?}");
}
