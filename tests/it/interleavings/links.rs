//! Continuation links that the environment refuses after an upgrade (over real sockets).

use std::time::Duration;

use itsmd::sim::dataverse::Fault;

use crate::rates::provance;
use crate::rig::{STREAM, stream};

const CASES: u32 = 600;

#[tokio::test(flavor = "multi_thread")]
async fn links_refused_in_the_middle_of_a_run_are_passed_by_and_nothing_comes_twice() {
    let (rig, instance, _server) = provance(CASES, "page_size = 50").await;
    // Slow enough to be met at work.
    instance.fault(0, Fault::Delay(Duration::from_millis(20)), 10_000);
    let upgraded = instance.clone();
    let upgrade = tokio::spawn(async move {
        for pages in [4, 8] {
            while upgraded.journal().count() < pages {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            upgraded.forget_links();
        }
    });
    let (code, report) = rig.sync(&[]).await;
    upgrade.await.unwrap();
    assert_eq!((code, rig.workspace.count(STREAM)), (0, CASES as usize), "{report:#}");
    let refused = instance.requests().iter().filter(|one| one.status == 400).count();
    assert!(refused > 0, "no link was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_kept_from_before_an_upgrade_are_not_followed_and_nothing_comes_twice() {
    let (rig, instance, _server) = provance(CASES, "page_size = 50").await;
    instance.fault(6, Fault::Forbidden, 10_000);
    assert_eq!(rig.sync(&[]).await.0, 1);
    let there = rig.workspace.count(STREAM);
    assert!(there > 0 && there < CASES as usize, "{there}");
    instance.clear_faults();
    instance.forget_links();
    let (code, report) = rig.sync(&[]).await;
    assert_eq!((code, rig.workspace.count(STREAM)), (0, CASES as usize), "{report:#}");
    assert_eq!(
        stream(&report, "fabrikam", "incident")["sent"],
        CASES as usize - there,
        "{report:#}"
    );
}
