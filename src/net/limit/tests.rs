use super::*;
use std::collections::VecDeque;

fn limiter(rate: u32, concurrent: usize) -> Limiter {
    Limiter::new(Some(rate), concurrent, None)
}

/// The most grants in any 60 seconds, both ends included.
fn busiest_minute(grants: &[Instant]) -> usize {
    let mut window = VecDeque::new();
    let mut most = 0;
    for grant in grants {
        window.push_back(*grant);
        while window
            .front()
            .is_some_and(|first| *grant - *first > Duration::from_secs(60))
        {
            window.pop_front();
        }
        most = most.max(window.len());
    }
    most
}

async fn grants(limiter: &Limiter, pauses: &[u64]) -> Vec<Instant> {
    let mut grants = Vec::new();
    for pause in pauses {
        tokio::time::sleep(Duration::from_millis(*pause)).await;
        let permit = limiter.permit(Lane::Rest).await.unwrap();
        grants.push(Instant::now());
        drop(permit);
    }
    grants
}

#[tokio::test(start_paused = true)]
async fn no_minute_holds_more_than_the_rate() {
    for rate in [1, 2, 9, 10, 60, 61, 600, 6000] {
        let count = (rate as usize * 4).clamp(8, 3000);
        let grants = grants(&limiter(rate, 2), &vec![0; count]).await;
        let most = busiest_minute(&grants);
        assert!(most <= rate as usize, "{most} in a minute at {rate}");
        // And it does not crawl: a full window comes near the rate.
        if count > rate as usize {
            assert!(most * 10 >= rate as usize * 9, "only {most} at {rate}");
        }
    }
}

#[test]
fn no_pattern_of_asking_gets_over_the_rate() {
    use proptest::prelude::*;
    let cases = (1_u32..40, proptest::collection::vec(0_u64..20_000, 1..160));
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let check = |(rate, pauses): (u32, Vec<u64>)| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let most = runtime.block_on(async { busiest_minute(&grants(&limiter(rate, 3), &pauses).await) });
        prop_assert!(most <= rate as usize);
        Ok(())
    };
    runner.run(&cases, check).unwrap();
}

#[tokio::test(start_paused = true)]
async fn no_more_than_max_concurrent_are_out() {
    let limiter = Limiter::new(None, 2, None);
    let first = limiter.permit(Lane::Rest).await.unwrap();
    let second = limiter.permit(Lane::Head).await.unwrap();
    let third = tokio::time::timeout(Duration::from_secs(3600), limiter.permit(Lane::Head)).await;
    assert!(third.is_err(), "a third permit while two are out");
    drop(first);
    let third = limiter.permit(Lane::Head).await.unwrap();
    drop((second, third));
    assert_eq!(limiter.state().out, 0);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_head_overtakes_a_queue_of_the_rest() {
    let limiter = limiter(1, 1);
    drop(limiter.permit(Lane::Rest).await.unwrap());
    let (say, mut hear) = tokio::sync::mpsc::unbounded_channel();
    let ask = |lane: Lane, name: &'static str| {
        let (limiter, say) = (limiter.clone(), say.clone());
        tokio::spawn(async move {
            let permit = limiter.permit(lane).await.unwrap();
            say.send(name).unwrap();
            drop(permit);
        })
    };
    for name in ["rest 1", "rest 2"] {
        ask(Lane::Rest, name);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ask(Lane::Head, "head 1");
    tokio::time::sleep(Duration::from_millis(5)).await;
    ask(Lane::Head, "head 2");
    let mut order = Vec::new();
    for _ in 0..4 {
        order.push(hear.recv().await.unwrap());
    }
    assert_eq!(order, ["head 1", "head 2", "rest 1", "rest 2"]);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_stops_waiting_lets_the_rest_go_on() {
    let limiter = Limiter::new(None, 1, None);
    let held = limiter.permit(Lane::Rest).await.unwrap();
    let head = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.permit(Lane::Head).await }
    });
    let rest = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.permit(Lane::Rest).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_millis(5)).await;
    head.abort();
    drop(held);
    tokio::time::timeout(Duration::from_secs(5), rest)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_everybody_and_is_visible() {
    let limiter = Limiter::new(None, 2, None);
    let start = Instant::now();
    limiter.pause_until(start + Duration::from_secs(3600), "429");
    limiter.pause_until(start + Duration::from_secs(60), "a shorter one");
    let waiting = limiter.waiting().unwrap();
    assert_eq!(
        (waiting.why.as_str(), waiting.left()),
        ("429", Duration::from_secs(3600))
    );
    let _permit = limiter.permit(Lane::Head).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3600));
    assert_eq!(limiter.waiting(), None);
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_patience_fails_at_once_and_says_when() {
    let limiter = Limiter::new(None, 2, Some(Duration::from_secs(60)));
    let waiter = tokio::spawn({
        let limiter = limiter.clone();
        async move {
            let held = limiter.permit(Lane::Rest).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            limiter.pause_until(Instant::now() + Duration::from_secs(600), "429 Too Many Requests");
            (held, Instant::now(), limiter.permit(Lane::Rest).await, Instant::now())
        }
    });
    let (_held, before, refused, after) = waiter.await.unwrap();
    let trouble = refused.unwrap_err();
    assert_eq!(before, after);
    assert_eq!(
        trouble.verdict,
        crate::model::Verdict::Retry {
            after: Some(Duration::from_secs(600))
        }
    );
    assert!(trouble.remedy.contains("10 min"), "{trouble}");
    tokio::time::sleep(Duration::from_secs(570)).await;
    assert!(limiter.permit(Lane::Rest).await.is_ok(), "30 s are within the patience");
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_at_the_server_means_one_at_a_time_for_some_minutes() {
    let limiter = Limiter::new(None, 4, None);
    limiter.go_alone();
    let start = Instant::now();
    let first = limiter.permit(Lane::Rest).await.unwrap();
    let _second = limiter.permit(Lane::Rest).await.unwrap();
    assert_eq!(start.elapsed().as_secs(), ALONE.as_secs());
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn processes_one_behind_the_other_keep_to_the_rate_together() {
    for rate in [1, 6, 60, 600] {
        let mut grants = Vec::new();
        for process in 0..7 {
            let limiter = limiter(rate, 2);
            if process > 0 {
                limiter.spend_burst();
            }
            for _ in 0..rate.div_ceil(3) {
                drop(limiter.permit(Lane::Rest).await.unwrap());
                grants.push(Instant::now());
            }
        }
        let most = busiest_minute(&grants);
        assert!(most <= rate as usize, "{most} in a minute at {rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_is_heard_by_whoever_keeps_it_and_our_own_backoff_is_not() {
    let limiter = limiter(60, 2);
    let mut asked = limiter.asked();
    limiter.pause_until(Instant::now() + Duration::from_secs(5), "our own");
    assert!(!asked.has_changed().unwrap());
    limiter.obey_until(Instant::now() + Duration::from_secs(60), "429");
    let waiting = asked.borrow_and_update().clone().unwrap();
    assert!(waiting.asked && waiting.why == "429");
    assert_eq!(limiter.waiting(), Some(waiting));
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_at_a_closed_way_is_sent_home() {
    let limiter = limiter(60, 2);
    limiter.obey_until(Instant::now() + Duration::from_secs(3600), "429");
    let waiter = tokio::spawn({
        let limiter = limiter.clone();
        async move { limiter.permit(Lane::Rest).await.map(drop) }
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    limiter.close();
    let sent_home = tokio::time::timeout(Duration::from_secs(1), waiter).await;
    assert!(sent_home.unwrap().unwrap().is_err());
}
