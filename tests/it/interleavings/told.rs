//! What the connector's own log is told, over hours and restarts: signs of life, failures and their ends, never a flood.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use itsmd::store::Outcome;
use itsmd::sync::{Beat, Pass, Standing};
use serde_json::Value;

use super::script::{Answer, Scene};

const MINUTE: Duration = Duration::from_secs(60);

/// So many minutes pass: in each the stream is looked at, and in every so many it is read.
async fn minutes(scene: &Scene, minutes: u32, every: u32) {
    for minute in 0..minutes {
        if minute % every == 0 {
            scene.run(Pass::Head).await;
        }
        look(scene).await;
        tokio::time::sleep(MINUTE).await;
    }
}

/// As the daemon does: what the last run left says how the stream is.
async fn look(scene: &Scene) {
    let key = scene.row().key;
    let last = scene
        .store
        .call_here(|db| db.last_run(key, itsmd::store::Worker::Head))
        .unwrap()
        .unwrap();
    let standing = match last.outcome {
        Some(Outcome::Failed) => Standing::Stands {
            code: "TEST-001".to_owned(),
            means: "the desk is down".to_owned(),
            exception: "seen by whoever looked".to_owned(),
        },
        Some(_) | None => Standing::Well("contoso/incident in step: nothing new".to_owned()),
    };
    let beat = Beat {
        at: scene.clock.now(),
        standing,
        lag_seconds: Some(60),
    };
    scene.stream.beat(&beat).await;
}

fn of<'a>(log: &'a [(DateTime<Utc>, Value)], log_type: &str) -> Vec<&'a (DateTime<Utc>, Value)> {
    log.iter().filter(|(_, row)| row["LogType_s"] == log_type).collect()
}

fn longest_silence(log: &[(DateTime<Utc>, Value)], until: DateTime<Utc>) -> TimeDelta {
    let times = log.iter().map(|(at, _)| *at).chain([until]);
    let pairs = times.clone().zip(times.skip(1));
    pairs.map(|(before, after)| after - before).max().unwrap()
}

#[tokio::test(start_paused = true)]
async fn eight_quiet_hours_are_a_sign_of_life_an_hour_and_none_after_a_stop() {
    let mut scene = Scene::logged();
    scene.desk.fill(3, TimeDelta::hours(1));
    scene.run(Pass::Rest).await;
    for _ in 0..4 {
        minutes(&scene, 120, 5).await;
        scene.restart();
    }
    let stopped = scene.clock.now();
    let log = scene.workspace.log();
    assert!(longest_silence(&log, stopped) <= TimeDelta::hours(1), "{log:#?}");
    assert_eq!(of(&log, "INFO").len(), log.len(), "{log:#?}");
    assert!((9..=11).contains(&log.len()), "{} rows in eight hours", log.len());
    for (_, row) in &log {
        assert_eq!(
            (&row["Status_b"], &row["ActionStatus_d"]),
            (&true.into(), &0.0.into()),
            "{row}"
        );
        assert_eq!(row["ServiceDeskConnectionName_s"], "contoso");
        assert_eq!(row["ServiceDeskWorkItemType_s"], "Incident");
        assert!(row["RecordsSent_d"].is_number(), "{row}");
    }
    // The first is of the older slices, which know of no lag.
    assert!(
        log[1..].iter().all(|(_, row)| row["LagSeconds_d"].is_number()),
        "{log:#?}"
    );
    tokio::time::sleep(MINUTE * 120).await;
    assert_eq!(
        scene.workspace.log().len(),
        log.len(),
        "nobody speaks for a daemon that stands still"
    );
}

/// Such a row puts off the hour's sign of life: whoever watches for a stale head must not lose sight of it for two.
#[tokio::test(start_paused = true)]
async fn a_row_of_older_records_says_how_old_the_head_is_too() {
    let scene = Scene::logged();
    scene.desk.fill(3, TimeDelta::hours(1));
    scene.run(Pass::Head).await;
    tokio::time::sleep(MINUTE * 50).await;
    let report = scene.run(Pass::Rest).await;
    assert_eq!((report.outcome, report.tally.sent), (Outcome::Complete, 2));
    let (_, last) = scene.workspace.log().pop().unwrap();
    assert_eq!(
        (&last["LogType_s"], &last["RecordsSent_d"]),
        (&"INFO".into(), &2.0.into())
    );
    let lag = last["LagSeconds_d"].as_f64().unwrap();
    assert!((3000.0..3060.0).contains(&lag), "{last}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_read_every_six_hours_gives_a_sign_of_life_every_hour() {
    let scene = Scene::logged();
    minutes(&scene, 24 * 60, 6 * 60).await;
    let log = scene.workspace.log();
    assert!(
        longest_silence(&log, scene.clock.now()) <= TimeDelta::hours(1),
        "{log:#?}"
    );
    assert_eq!(of(&log, "INFO").len(), log.len());
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_fails_each_minute_is_one_error_an_hour_with_its_count_over_restarts_too() {
    let mut scene = Scene::logged();
    minutes(&scene, 1, 1).await;
    scene.desk.fail(|_| true);
    for _ in 0..300 {
        // systemd starts it again and again.
        scene.restart();
        minutes(&scene, 1, 1).await;
    }
    scene.desk.heal();
    let log = scene.workspace.log();
    let errors = of(&log, "ERROR");
    assert!(
        (5..=6).contains(&errors.len()),
        "{} errors in five hours: {log:#?}",
        errors.len()
    );
    assert_eq!(
        log.len(),
        errors.len() + 1,
        "a failing stream gives no other sign of life: {log:#?}"
    );
    assert!(longest_silence(&log, scene.clock.now()) <= TimeDelta::minutes(62));
    for (_, row) in &errors {
        assert_eq!(
            (&row["Status_b"], &row["ActionStatus_d"]),
            (&false.into(), &1.0.into()),
            "{row}"
        );
        assert!(
            row["ExceptionMessage_s"].as_str().unwrap().contains("TEST-001")
                || row["ExceptionMessage_s"] == "seen by whoever looked"
        );
    }
    let counted = errors[1..].iter().filter_map(|(_, row)| row["Message"].as_str());
    assert!(
        counted
            .clone()
            .all(|message| message.contains(" times in the last hour)")),
        "{log:#?}"
    );

    minutes(&scene, 1, 1).await;
    let (at, last) = scene.workspace.log().pop().unwrap();
    assert!(scene.clock.now() - at <= TimeDelta::minutes(2), "at once");
    assert_eq!(last["LogType_s"], "INFO");
    let words = last["Message"].as_str().unwrap();
    assert!(
        words.contains("works again") && words.contains("TEST-001") && words.contains("failed 300 times"),
        "{words}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_log_that_cannot_be_written_fails_no_run_and_says_later_since_when_it_was_away() {
    let scene = Scene::logged();
    minutes(&scene, 5, 5).await;
    let (away, before) = (scene.clock.now(), scene.workspace.log().len());
    scene.workspace.answer_log(Answer::Fail);
    for hour in 0..2 {
        scene.desk.put(&super::id(hour), scene.desk.now(), "new");
        let report = scene.run(Pass::Head).await;
        assert_eq!((report.outcome, report.tally.sent), (Outcome::Complete, 1));
        minutes(&scene, 60, 100).await;
    }
    assert_eq!(scene.workspace.log().len(), before);
    scene.workspace.answer_log(Answer::Take);
    minutes(&scene, 2, 100).await;
    let log = scene.workspace.log();
    assert_eq!(log.len(), before + 1, "{log:#?}");
    let words = log[before].1["Message"].as_str().unwrap();
    let since = away.format("could not be written from %Y-%m-%d %H:%M UTC").to_string();
    assert!(
        words.contains(&since) && words.contains("2 rows are missing"),
        "{words}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_workspace_that_keeps_the_log_waiting_does_not_hold_up_a_run() {
    let scene = Scene::logged();
    scene.workspace.answer_log(Answer::TakeAfter(MINUTE * 60));
    let begun = tokio::time::Instant::now();
    for _ in 0..3 {
        scene.run(Pass::Head).await;
    }
    assert!(begun.elapsed() < MINUTE, "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_is_new_gets_through_and_the_rest_does_not_so_the_stream_does_not_look_well() {
    let scene = Scene::logged();
    scene.desk.fill(3, TimeDelta::hours(1));
    minutes(&scene, 1, 1).await;
    scene.desk.fail(|slice| slice.to.is_some());
    scene.run(Pass::Rest).await;
    scene.desk.put(&super::id(900), scene.desk.now(), "new");
    let report = scene.run(Pass::Head).await;
    assert_eq!((report.outcome, report.tally.sent), (Outcome::Complete, 1));
    let (_, last) = scene.workspace.log().pop().unwrap();
    assert_eq!(
        (&last["LogType_s"], &last["Status_b"]),
        (&"WARNING".into(), &false.into()),
        "{last}"
    );
    assert!(
        last["Message"].as_str().unwrap().contains("TEST-001 stands in its way"),
        "{last}"
    );
    scene.desk.heal();
    scene.run(Pass::Rest).await;
    let (_, last) = scene.workspace.log().pop().unwrap();
    assert_eq!(
        (&last["LogType_s"], &last["Status_b"]),
        (&"INFO".into(), &true.into()),
        "{last}"
    );
    assert!(last["Message"].as_str().unwrap().contains("TEST-001"), "{last}");
}
