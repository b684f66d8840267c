//! A sweep beside the head: the window moves on, and the workspace fails one of them.

use std::time::Duration;

use chrono::TimeDelta;
use itsmd::store::{Outcome, Sweep};
use itsmd::sync::Pass;

use super::script::{Answer, Gate, Scene, id};

#[tokio::test(start_paused = true)]
async fn a_window_that_moves_on_under_a_sweep_brings_nothing_twice() {
    let scene = Scene::new();
    scene.desk.fill(480, TimeDelta::minutes(30));
    scene.run(Pass::Both).await;
    let before = scene.workspace.count();
    scene.ask(Sweep::Nightly);
    let page = scene.desk.hold(false);
    let rest = scene.spawn(Pass::Rest);
    page.reached().await;
    // Five hours of the head, which drops what leaves the window.
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(900)).await;
        scene.run(Pass::Head).await;
    }
    page.open();
    assert_eq!(rest.await.unwrap().outcome, Outcome::Complete);
    assert_eq!(scene.workspace.count(), before, "sent again");
    assert!(scene.workspace.gone().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_sweep_could_not_deliver_holds_back_no_page_of_the_head() {
    let scene = Scene::new();
    scene.desk.fill(40, TimeDelta::hours(1));
    scene.run(Pass::Both).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for number in 100..109 {
        scene.desk.put(&id(number), scene.desk.now(), "new");
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    scene.desk.put(&id(7), scene.desk.now(), "changed");
    tokio::time::sleep(Duration::from_secs(900)).await;
    scene.ask(Sweep::Nightly);
    // The head's first page is slow to be taken; its second, with the change, is there already.
    let (slow, mut first) = (Gate::default(), true);
    let answer = slow.clone();
    scene.workspace.script(move |_| match std::mem::take(&mut first) {
        true => Answer::TakeAt(answer.clone()),
        false => Answer::Fail,
    });
    let head = scene.spawn(Pass::Head);
    slow.reached().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    // The sweep asks for the change by id, and the workspace does not take it.
    assert_eq!(scene.run(Pass::Rest).await.outcome, Outcome::Failed);
    scene.workspace.take_all();
    slow.open();
    assert_eq!(head.await.unwrap().outcome, Outcome::Complete);
    assert_eq!(scene.workspace.titles_of(&id(7)), ["as it was", "changed"]);
    scene.assert_in_step();
}
