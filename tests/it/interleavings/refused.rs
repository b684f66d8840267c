//! What a workspace refused, when it is another one or set right.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::{Outcome, Quarantined, Sweep};
use itsmd::sync::{Pass, resync};
use serde_json::Value;

use super::script::{Answer, OVERLAP, Scene, Workspace, id, stream_to};

/// The workspace refuses this record from now on.
fn refuse(scene: &Scene, number: u32) {
    let guilty = id(number);
    scene.workspace.script(move |rows| verdict(rows, &guilty));
}

fn verdict(rows: &[Value], guilty: &str) -> Answer {
    match rows.iter().any(|row| row["RecordId_s"] == guilty) {
        true => Answer::Refuse,
        false => Answer::Take,
    }
}

fn aside(scene: &Scene) -> Vec<Quarantined> {
    scene.store.call_here(|db| db.quarantine()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_one_destination_refused_is_tried_at_another() {
    let mut scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    refuse(&scene, 7);
    scene.run(Pass::Both).await;
    assert_eq!((scene.workspace.count(), aside(&scene).len()), (39, 1));

    let other = Workspace::new(scene.clock);
    scene.stream = stream_to(scene.clock, &scene.desk, &other, &scene.store, "another");
    scene.run(Pass::Both).await;
    assert_eq!((other.count(), aside(&scene)), (40, Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_takes_half_an_hour_is_waited_for_ring_by_ring_and_nothing_is_set_aside() {
    for minutes in [10, 30] {
        let scene = Scene::new();
        scene.desk.fill(40, TimeDelta::hours(1));
        let given = scene.clock.now() + TimeDelta::minutes(minutes);
        let clock = scene.clock;
        scene.workspace.script(move |_| match clock.now() < given {
            true => Answer::Fail,
            false => Answer::Take,
        });
        let mut failed = 0;
        // As a schedule of five minutes rings.
        while scene.run(Pass::Both).await.outcome == Outcome::Failed {
            failed += 1;
            assert!(scene.clock.now() < given, "it failed though the role was there");
            assert_eq!((scene.workspace.count(), aside(&scene)), (0, Vec::new()));
            tokio::time::sleep(Duration::from_secs(300)).await;
        }
        assert!(failed >= minutes / 5, "{failed} rings in {minutes} minutes");
        assert_eq!((scene.workspace.count(), aside(&scene)), (40, Vec::new()));
        scene.assert_in_step();
    }
}

#[tokio::test(start_paused = true)]
async fn a_resync_tries_again_what_was_refused() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    refuse(&scene, 7);
    scene.run(Pass::Both).await;
    scene.workspace.take_all();
    tokio::time::sleep(Duration::from_secs(60)).await;
    scene.run(Pass::Both).await;
    assert_eq!(aside(&scene).len(), 1);

    let row = scene.row();
    scene.store.call_here(|db| resync(db, &row, None, OVERLAP)).unwrap();
    scene.run(Pass::Both).await;
    assert_eq!(aside(&scene), Vec::new());
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_broken_rule_over_many_processes_are_tried_again_when_it_works() {
    let mut scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    scene.workspace.script(|_| Answer::Refuse);
    for number in 0..9 {
        tokio::time::sleep(Duration::from_secs(600)).await;
        scene.restart();
        for twin in [number, number + 20] {
            scene.desk.put(&id(twin), scene.desk.now(), "while the rule was broken");
        }
        scene.run(Pass::Both).await;
    }
    assert_eq!((scene.workspace.count(), aside(&scene).len()), (40, 18));

    scene.workspace.take_all();
    tokio::time::sleep(Duration::from_secs(600)).await;
    scene.desk.put(&id(39), scene.desk.now(), "the first that is taken");
    scene.run(Pass::Both).await;
    scene.run(Pass::Both).await;
    assert_eq!(aside(&scene), Vec::new());
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_refused_among_others_that_are_taken_is_tried_once_more_and_then_left() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    refuse(&scene, 7);
    for _ in 0..3 {
        scene.run(Pass::Both).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let asked = scene.workspace.asked();
    for number in 20..26 {
        scene.desk.put(&id(number), scene.desk.now(), "news");
        scene.run(Pass::Both).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert_eq!(scene.workspace.asked() - asked, 6, "the guilty one is not sent again");
    let aside = aside(&scene);
    assert_eq!((aside.len(), aside[0].retry), (1, false));
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_again_while_it_is_tried_does_not_vanish() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    refuse(&scene, 7);
    for _ in 0..3 {
        scene.run(Pass::Both).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let entry = aside(&scene)[0].entry;
    let again = move |store: &itsmd::store::Store| {
        let marked = store.call_here(|db| db.retry_quarantined(entry)).unwrap();
        assert!(marked);
    };
    again(&scene.store);
    let guilty = id(7);
    let (store, news) = (scene.store.clone(), id(8));
    // Somebody asks again right after it was set aside: while the next record is on its way.
    scene.workspace.script(move |rows| {
        let answer = verdict(rows, &guilty);
        if rows.iter().any(|row| row["RecordId_s"] == news.as_str()) {
            again(&store);
        }
        answer
    });
    let row = scene.row();
    let second = itsmd::store::Aside {
        id: Some(itsmd::model::RecordId::new(&id(8))),
        version: None,
        ..aside(&scene)[0].aside.clone()
    };
    let now = scene.clock.now();
    scene.desk.put(&id(8), scene.desk.now(), "with the guilty one");
    scene
        .store
        .call_here(|db| {
            db.set_aside(row.key, &second, now)?;
            db.retry_records(row.key, &second.id.clone().into_iter().collect::<Vec<_>>())
        })
        .unwrap();
    scene.run(Pass::Rest).await;
    let left = aside(&scene);
    assert_eq!((left.len(), left[0].entry), (1, entry));
    assert_eq!(scene.workspace.titles_of(&id(8)).last().unwrap(), "with the guilty one");
}

#[tokio::test(start_paused = true)]
async fn a_record_refused_by_mistake_beside_others_that_are_taken_is_tried_once_more_at_once() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    let (guilty, mut alone) = (id(7), 0);
    scene.workspace.script(move |rows| {
        alone += usize::from(rows.len() == 1 && rows[0]["RecordId_s"] == guilty.as_str());
        match alone {
            0 | 1 => verdict(rows, &guilty),
            _ => Answer::Take,
        }
    });
    scene.run(Pass::Both).await;
    scene.run(Pass::Rest).await;
    assert_eq!(aside(&scene), Vec::new());
    scene.assert_in_step();
}

#[tokio::test(start_paused = true)]
async fn a_sweep_tries_again_what_was_refused_however_many_these_are() {
    let scene = Scene::new();
    scene.desk.fill(80, TimeDelta::hours(1));
    scene.workspace.script(|rows| {
        let is_odd = |row: &Value| u128::from_str_radix(row["RecordId_s"].as_str().unwrap(), 16).unwrap() % 2 == 1;
        match rows.iter().any(is_odd) {
            true => Answer::Refuse,
            false => Answer::Take,
        }
    });
    for _ in 0..3 {
        scene.run(Pass::Both).await;
    }
    assert_eq!((scene.workspace.count(), aside(&scene).len()), (40, 40));
    scene.ask(Sweep::Whole);
    let report = scene.run(Pass::Rest).await;
    assert_eq!(
        (report.error, aside(&scene).len()),
        (None, 40),
        "twenty in a row are no news of these"
    );
    assert_eq!(report.tally.quarantined, 0, "they were there already");

    scene.desk.remove(&id(1));
    scene.workspace.take_all();
    scene.ask(Sweep::Whole);
    scene.run(Pass::Rest).await;
    assert_eq!(aside(&scene), Vec::new(), "and what is gone leaves, too");
    scene.assert_in_step();
}
