//! The matrix of signing in: every method and everything that can befall it, with what the sync does, what it calls
//! it, how often it knocks, and that nothing is lost once the cause is mended.
//!
//! | | right | wrong | expired mid-run | revoked | endpoint down | endpoint slow |
//! |---|---|---|---|---|---|---|
//! | basic, api-key, mtls | arrives | told, few tries | told: there is nothing to renew | told, few tries | none: no endpoint | none: no endpoint |
//! | every other | arrives, one sign-in | told, few tries | renewed, not noticed | told, few tries | told, and a token that holds is used | arrives, one sign-in |
//!
//! A cell is played in this process, over the simulators' routes and in time that stands still unless everybody
//! waits: two hours of a daemon that rings every few minutes. What needs a socket or an environment of its own is played by
//! the program itself in `binary`.

mod acts;
mod binary;
mod clock;
mod method;
mod parts;
mod place;
mod secrets;
mod wire;

use std::time::Duration;

use itsmd::store::Outcome;
use itsmd::sync::WorkerReport;
use tokio::time::sleep;

use method::{ALL, Method};
use place::{Place, RECORDS};

const MINUTE: Duration = Duration::from_mins(1);

/// The most sign-ins that two hours of refusals may cost: after 30 s, 1, 5, 15 and then every 30 minutes.
const FEW: usize = 9;

/// Accounts are locked after five wrong passwords in a quarter of an hour, or more.
const HARMLESS: usize = 4;

/// How long tokens live where it matters, and when they are to be renewed and still hold.
const LIFE: Duration = Duration::from_mins(30);
const PAST_RENEWAL: Duration = Duration::from_mins(26);

/// Longer than any wait for the next try, in minutes.
const NEXT_TRY: u32 = 32;

/// Plays a cell of each method that has one, and tells which went otherwise than the table says.
fn play(which: impl Fn(Method) -> bool, cell: &impl AsyncFn(&Place)) {
    for method in ALL.into_iter().filter(|method| which(*method)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        println!("{method:?}");
        runtime.block_on(async { cell(&Place::new(method)).await });
    }
}

fn every(_: Method) -> bool {
    true
}

fn by_token(method: Method) -> bool {
    method.endpoint().is_some()
}

fn assert_failed(report: &WorkerReport, code: &str) {
    let seen = report.error.as_ref().map(|trouble| trouble.code);
    assert_eq!(
        (report.outcome, seen),
        (Outcome::Failed, Some(code)),
        "{:?}",
        report.error
    );
}

fn assert_all_there(place: &Place, report: &WorkerReport) {
    assert_eq!(report.outcome, Outcome::Complete, "{:?}", report.error);
    assert_eq!(place.arrived(), RECORDS);
}

/// Rings for so long, every minute at first and then every five; each time the same is told.
async fn ring_in_vain(place: &Place, minutes: u32, code: &str) {
    let end = clock::elapsed() + minutes * MINUTE;
    for ring in 0.. {
        assert_failed(&place.ring().await, code);
        sleep(if ring < 20 { MINUTE } else { 5 * MINUTE }).await;
        if clock::elapsed() >= end {
            return;
        }
    }
}

/// Rings every minute until it works, and it does within so long.
async fn ring_until_mended(place: &Place, minutes: u32) {
    for _ in 0..minutes {
        let report = place.ring().await;
        if report.outcome == Outcome::Complete {
            return assert_all_there(place, &report);
        }
        sleep(MINUTE).await;
    }
    panic!("it goes on failing: {:?}", place.ring().await.error);
}

/// How often the other side had to look at what is shown.
fn knocks(place: &Place) -> usize {
    match place.method.endpoint() {
        Some(_) => place.sign_ins(),
        None => place.wire.asked(place.resource()),
    }
}

/// The most knocks in any quarter of an hour.
fn densest(place: &Place) -> usize {
    let whom = place.method.endpoint().unwrap_or(place.resource());
    place.wire.most_within(whom, 15 * MINUTE)
}

#[test]
fn every_method_signs_in_once_for_a_whole_sync() {
    play(every, &async |place: &Place| {
        let report = place.ring().await;
        assert_all_there(place, &report);
        assert_eq!(place.sign_ins(), usize::from(by_token(place.method)));
        let report = place.ring().await;
        assert_all_there(place, &report);
        assert_eq!(place.sign_ins(), usize::from(by_token(place.method)), "its token lives");
    });
}

#[test]
fn a_wrong_secret_is_told_by_its_code_and_tried_seldom_and_the_right_one_is_taken_at_once() {
    play(every, &async |place: &Place| {
        place.secrets.wrong();
        let right = place.machine.clone();
        right.set(|setting| setting.identities.clear());
        ring_in_vain(place, 120, place.method.codes().wrong).await;
        assert_eq!(place.arrived(), 0);
        assert!((2..=FEW).contains(&knocks(place)), "{} tries", knocks(place));
        assert!(densest(place) <= HARMLESS, "{} in 15 minutes", densest(place));
        place.secrets.right();
        acts::restore(place);
        // A changed secret is seen in its file; that an identity was assigned is seen by asking.
        let minutes = if place.method == Method::ManagedIdentity {
            NEXT_TRY
        } else {
            1
        };
        ring_until_mended(place, minutes).await;
    });
}

#[test]
fn a_token_that_ends_in_the_middle_of_a_sync_is_renewed_and_the_sync_goes_on() {
    play(by_token, &async |place: &Place| {
        // Every request takes so long that tokens grow old meanwhile, and one ends before its time.
        acts::live(place, Duration::from_secs(100));
        place.wire.late(wire::Whom::Desk, Duration::from_secs(20));
        place.wire.late(wire::Whom::Workspace, Duration::from_secs(20));
        place.wire.plot(place.resource(), 2, acts::end(place));
        let report = place.ring().await;
        assert_all_there(place, &report);
        assert!(!place.wire.is_plotting());
        let lives = clock::elapsed().as_secs() / 100 + 2;
        let sign_ins = u64::try_from(place.sign_ins()).unwrap();
        // Who gives the living token again is asked a few times towards its end.
        assert!((2..=lives * 6).contains(&sign_ins), "{sign_ins} in {lives} lives");
    });
}

#[test]
fn what_is_always_the_same_and_ends_is_told_and_its_successor_taken_at_once() {
    play(|method| !by_token(method), &async |place: &Place| {
        place.wire.plot(place.resource(), 4, acts::end(place));
        ring_in_vain(place, 120, place.method.codes().revoked).await;
        assert!(!place.wire.is_plotting());
        assert!(place.arrived() < RECORDS);
        // Two requests may be under way when the first refusal comes.
        assert!(knocks(place) <= 3 + FEW, "{} tries", knocks(place));
        place
            .desk
            .change_user(place::NAME, |user| user.password = "another".to_owned());
        place.desk.api_key("another", place::NAME, None);
        place.secrets.write("password", "another");
        ring_until_mended(place, 1).await;
    });
}

#[test]
fn a_sign_in_that_is_withdrawn_is_told_and_nothing_is_lost_when_it_comes_back() {
    play(every, &async |place: &Place| {
        place.wire.plot(place.resource(), 4, acts::withdraw(place));
        let code = place.method.codes().revoked;
        assert_failed(&place.ring().await, code);
        assert!(!place.wire.is_plotting() && place.arrived() < RECORDS);
        ring_in_vain(place, 120, code).await;
        // Where tokens are given as ever and not taken, each ring may ask for one.
        let most = match code {
            "ITSMD-AUTH-004" => 122,
            _ if by_token(place.method) => 2 + FEW,
            _ => 3 + FEW,
        };
        assert!(knocks(place) <= most, "{} tries", knocks(place));
        // What was let in before it was withdrawn is among them: a token's request, or some of the desk's.
        let good = if by_token(place.method) { 1 } else { 3 };
        assert!(
            code == "ITSMD-AUTH-004" || densest(place) <= HARMLESS + good,
            "{} in 15 minutes",
            densest(place)
        );
        acts::restore(place);
        ring_until_mended(place, NEXT_TRY).await;
    });
}

#[test]
fn while_nobody_gives_tokens_it_is_told_and_a_token_that_holds_is_used() {
    play(by_token, &async |place: &Place| {
        let endpoint = place.method.endpoint();
        acts::live(place, LIFE);
        place.wire.shut(endpoint);
        ring_in_vain(place, 30, place.method.codes().down).await;
        // At once, then ever more seldom, every two minutes in the end; three tries each time.
        assert!(knocks(place) <= 16 * 3, "{} tries", knocks(place));
        assert_eq!(place.arrived(), 0);
        place.wire.shut(None);
        ring_until_mended(place, 1).await;
        let before = place.sign_ins();
        place.wire.shut(endpoint);
        sleep(10 * MINUTE).await;
        assert_all_there(place, &place.ring().await);
        assert_eq!(place.sign_ins(), before, "the token holds");
        sleep(PAST_RENEWAL - 10 * MINUTE).await;
        assert_all_there(place, &place.ring().await);
        // Nothing new came, so the workspace was not asked and its token not needed.
        let needed = place.resource() == wire::Whom::Desk;
        assert!(
            !needed || place.sign_ins() > before,
            "its renewal is tried, and it holds"
        );
    });
}

#[test]
fn a_slow_endpoint_is_waited_for_and_one_that_is_too_slow_is_told() {
    play(by_token, &async |place: &Place| {
        let endpoint = place.method.endpoint().unwrap();
        acts::live(place, LIFE);
        place.wire.late(endpoint, Duration::from_secs(200));
        let report = place.ring().await;
        let code = report.error.as_ref().map_or("", |trouble| trouble.code);
        assert!(
            code == "ITSMD-NET-004" || code == place.method.codes().down,
            "{:?}",
            report.error
        );
        assert_eq!(place.arrived(), 0);
        let before = place.sign_ins();
        place.wire.late(endpoint, Duration::from_secs(12));
        assert_all_there(place, &place.ring().await);
        assert_eq!(place.sign_ins(), before + 1);
        sleep(PAST_RENEWAL).await;
        place.wire.late(endpoint, Duration::from_secs(200));
        let began = clock::elapsed();
        assert_all_there(place, &place.ring().await);
        let needed = place.resource() == wire::Whom::Desk;
        assert!(!needed || place.sign_ins() > before + 1, "it is being renewed");
        assert!(clock::elapsed() - began < MINUTE / 2, "nobody waits for that");
    });
}
