//! A simulation of years of bad luck: the whole engine (workers, sources, sink, client with its limits and retries,
//! SQLite) against the simulated systems in one process, under a clock that jumps, with everything drawn from a seed.
//!
//! A seed is one storm: a service desk that changes all the while, requests that are lost on either way, servers that
//! refuse, lie, hang and ask to wait, lives of the process that end at any await, an operator who edits and resyncs.
//! Then the weather clears, and these must hold:
//!
//! | promise | looked at |
//! |---|---|
//! | the last visible version of each record is the last one in the workspace | at the end |
//! | no older version comes after a newer one | after each life |
//! | nothing comes twice, but for what could not be known to have been taken | at the end |
//! | no position is ahead of what was accepted | after each life |
//! | no request before its permit: in any 60 seconds, at once, and in a pause | after each life |
//! | sixty rings in calm weather bring everything through, what was set aside by mistake, too | at the end |
//! | only what cannot be read or is refused for good is set aside | at the end |
//! | a reconcile then finds what no cursor sees, and marks what is gone | at the end |
//!
//! What is not asked of it: a row that becomes visible later than the overlap less what the clocks of the desk's nodes are
//! apart; a destination that was left and is returned to knows nothing of what went meanwhile; a version that was stamped into the future is awaited only when its time has come; two
//! versions of one stamp and one revision cannot be told apart by a reader; without a `Date` our own clock must be about
//! right; a new process does not know what the last one asked in the minute before.
//!
//! One seed with every line of what happened: `ITSMD_STORM_SEED=7 cargo test --test it storm::one_seed -- --nocapture`.

mod checks;
mod clock;
mod desk;
mod faults;
mod journal;
mod life;
mod plan;
mod rows;
mod sabotage;
mod seed;
mod trace;
mod wire;
mod world;

mod runner;

use sabotage::Sabotage;

/// Seeds that once failed, each with what it found; none of those that run every day. What a storm draws belongs to its
/// seed: who has it draw something else finds these anew, with the mend taken out.
const ONCE_FAILED: [u64; 5] = [
    // What came through a slice that was read again for another filter counted as sent before a resync, and came twice.
    4187, //
    // A 413 to a lone small record was believed, and its change was never sent again.
    1033, 1055, //
    // A 400 by mistake, beside rows that were taken, was believed at once.
    1005, 1011,
];

#[test]
fn three_hundred_storms_lose_nothing_and_repeat_nothing() {
    runner::run(1..=300).assert_well();
}

#[test]
fn seeds_that_once_failed_hold() {
    ONCE_FAILED
        .iter()
        .for_each(|&seed| runner::run(seed..=seed).assert_well());
}

#[test]
fn the_same_seed_twice_gives_the_same_trace_byte_for_byte() {
    for seed in [3, 4, 5, 6, 7, 8] {
        let [first, second] = [(); 2].map(|()| runner::one(seed, true).trace.lines);
        let differs = first.iter().zip(&second).find(|(first, second)| first != second);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!(first.len(), second.len(), "seed {seed}");
    }
}

#[test]
fn what_is_broken_on_purpose_is_found() {
    for (sabotage, words) in [
        (Sabotage::StrictCursor, ["is missing", "a position is ahead"]),
        (Sabotage::NoOverlap, ["is missing", "a position is ahead"]),
        (Sabotage::LostBatch, ["is missing", "a position is ahead"]),
        (Sabotage::Replay, ["came after", "times, the last"]),
        (Sabotage::LostState, ["times, the last", "times, the last"]),
        (Sabotage::NoPermits, ["in the minute", "at once"]),
        (Sabotage::Overtaking, ["came after", "came after"]),
        (Sabotage::NoSecondLook, ["is missing", "is missing"]),
    ] {
        let found = runner::sabotaged(sabotage, 30);
        println!("{sabotage:?}: {found:?}");
        let found = found.is_some_and(|(_, broken)| words.iter().any(|word| broken.contains(word)));
        assert!(found, "{sabotage:?}");
    }
}

/// Prints what `ITSMD_STORM_SEED` does, line by line; without it, nothing.
#[test]
fn one_seed() {
    let Some(seed) = std::env::var("ITSMD_STORM_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
    else {
        return;
    };
    let told = runner::one(seed, true);
    println!("{}", told.trace.lines.join("\n"));
    println!("{:#?}", told.trace.counts);
    assert_eq!(told.broken, None, "seed {seed}");
}

#[test]
#[ignore = "ten minutes: bash .ci/long"]
fn ten_thousand_storms_lose_nothing_and_repeat_nothing() {
    let range = std::env::var("ITSMD_STORM").unwrap_or_else(|_| "1..10000".to_owned());
    let (from, to) = range.split_once("..").expect("ITSMD_STORM=from..to");
    let told = runner::run(from.parse().unwrap()..=to.parse().unwrap());
    println!("{told}");
    told.assert_well();
}
