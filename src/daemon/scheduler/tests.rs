use std::sync::Arc;
use std::sync::Mutex;

use super::*;

const DEADLINE: Duration = Duration::from_secs(60);

fn ring(name: &str, cron: &str) -> (Ring, Bell) {
    let bell = Bell::new();
    let ring = Ring {
        name: name.to_owned(),
        schedule: Schedule::parse_any(cron, chrono_tz::UTC).unwrap(),
        bell: bell.clone(),
    };
    (ring, bell)
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A clock that stands where it is put.
#[derive(Clone)]
struct Hand(Arc<Mutex<DateTime<Utc>>>);

impl Hand {
    fn at(text: &str) -> Self {
        Self(Arc::new(Mutex::new(at(text))))
    }

    fn set(&self, text: &str) {
        *self.0.lock().unwrap() = at(text);
    }

    fn clock(&self) -> Clock {
        let hand = self.0.clone();
        Arc::new(move || *hand.lock().unwrap())
    }
}

async fn rung(bell: &Bell) {
    tokio::time::timeout(DEADLINE, bell.rung()).await.expect("no ring");
}

/// Real time and the real tokio-cron-scheduler: a clock of its own would not see what it does.
#[tokio::test(flavor = "multi_thread")]
async fn twelve_instants_ring_twelve_times() {
    let (ring, bell) = ring("contoso/incident", "*/2 * * * * *");
    let scheduler = Scheduler::new(Arc::new(Utc::now), vec![ring]);
    let stop = CancellationToken::new();
    let task = tokio::spawn(scheduler.run(stop.clone()));
    let mut instants = Vec::new();
    while instants.len() < 12 {
        rung(&bell).await;
        // The instant a ring belongs to: the last even second.
        instants.push(Utc::now().timestamp() / 2);
    }
    for pair in instants.windows(2) {
        assert_eq!(pair[1] - pair[0], 1, "one ring for each instant: {instants:?}");
    }
    stop.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_clock_went_back_a_day_it_still_rings() {
    let (ring, bell) = ring("contoso/incident", "*/2 * * * * *");
    let behind = Arc::new(Mutex::new(TimeDelta::zero()));
    let clock: Clock = {
        let behind = behind.clone();
        Arc::new(move || Utc::now() - *behind.lock().unwrap())
    };
    let scheduler = Scheduler::new(clock.clone(), vec![ring]);
    let (handle, stop) = (scheduler.handle(), CancellationToken::new());
    let task = tokio::spawn(scheduler.run(stop.clone()));
    rung(&bell).await;
    *behind.lock().unwrap() = TimeDelta::days(1);
    assert!(handle.look(clock()).await.is_some());
    rung(&bell).await;
    let yesterday = Utc::now() - TimeDelta::hours(23);
    assert!(handle.next_instants().borrow()["contoso/incident"] < yesterday);
    stop.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_clock_set_back_is_noticed_within_a_minute_without_being_told() {
    let hand = Hand::at("2026-11-20T11:58:00Z");
    let (ring, _bell) = ring("contoso/incident", "0 * * * *");
    let scheduler = Scheduler::new(hand.clock(), vec![ring]);
    let (mut next, stop) = (scheduler.handle().next_instants(), CancellationToken::new());
    assert_eq!(next.borrow()["contoso/incident"], at("2026-11-20T12:00:00Z"));
    let task = tokio::spawn(scheduler.run(stop.clone()));
    tokio::task::yield_now().await;
    hand.set("2026-11-19T06:30:00Z");
    let replanned = next.wait_for(|next| next["contoso/incident"] == at("2026-11-19T07:00:00Z"));
    tokio::time::timeout(Duration::from_secs(60), replanned)
        .await
        .unwrap()
        .unwrap();
    stop.cancel();
    task.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_overdue_ring_is_rung_by_the_watchdogs_beat() {
    let hand = Hand::at("2026-11-20T11:58:00Z");
    let (ring, bell) = ring("contoso/incident", "*/5 * * * *");
    let scheduler = Scheduler::new(hand.clock(), vec![ring]);
    let (handle, stop) = (scheduler.handle(), CancellationToken::new());
    let task = tokio::spawn(scheduler.run(stop.clone()));
    assert_eq!(handle.look(at("2026-11-20T11:59:00Z")).await, Some(0));
    assert_eq!(handle.look(at("2026-11-20T12:05:01Z")).await, Some(1));
    rung(&bell).await;
    stop.cancel();
    task.await.unwrap().unwrap();
    assert_eq!(
        handle.look(at("2026-11-20T12:15:00Z")).await,
        None,
        "a loop that is gone does not answer"
    );
}

#[tokio::test(start_paused = true)]
async fn a_reload_replaces_the_rings() {
    let hand = Hand::at("2026-11-20T11:58:00Z");
    let (old, _old_bell) = ring("contoso/incident", "*/5 * * * *");
    let (new, _new_bell) = ring("fabrikam/incident", "30 3 * * *");
    let scheduler = Scheduler::new(hand.clock(), vec![old]);
    let (handle, stop) = (scheduler.handle(), CancellationToken::new());
    let task = tokio::spawn(scheduler.run(stop.clone()));
    handle.replace(vec![new]).await.unwrap();
    let expected = NextInstants::from([("fabrikam/incident".to_owned(), at("2026-11-21T03:30:00Z"))]);
    assert_eq!(*handle.next_instants().borrow(), expected);
    stop.cancel();
    task.await.unwrap().unwrap();
}
