use super::*;
use crate::app::build::Parts;
use crate::app::tests::one_desk;
use crate::store::{Store, Threads};

#[tokio::test(start_paused = true)]
async fn a_rest_that_hangs_is_seen_though_the_head_runs_each_minute() {
    let folder = tempfile::tempdir().unwrap();
    let config = one_desk(folder.path());
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let parts = Parts::build(config, store, None).unwrap();
    let (connected, stream) = parts.streams().next().unwrap();
    let loops = Loops::new();
    let member = Member::new(connected, Arc::clone(stream), &loops);
    let stop = CancellationToken::new();
    tokio::spawn(loops.head.run(stop.clone(), || async {}));
    tokio::spawn(loops.rest.run(stop.clone(), std::future::pending));
    member.rest.ring();
    let mut told = Vec::new();
    for _ in 0..60 {
        member.head.ring();
        tokio::time::sleep(Duration::from_secs(60)).await;
        told.push(member.stands_still().is_some());
    }
    assert!(member.head_activity.borrow().iteration >= 59);
    assert!(!told[20], "no longer than a request may take");
    assert!(told[59]);
}
