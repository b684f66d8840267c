//! Any sequence of what happens to slices, against a model: which instants were really read.

mod model;

use proptest::prelude::*;

use self::model::World;
use crate::store::{Store, Threads};

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A run begins; so many records were counted.
    Plan(Option<u64>),
    /// Time passes on both clocks.
    Pass(u32),
    /// The source's clock is put back.
    ClockBack(u32),
    /// Another `sync_days`.
    Days(u16),
    Filter,
    Destination,
    /// From so many seconds before now, or the whole window.
    Resync(Option<u32>),
    Cancel,
    /// A worker begins to read the head.
    TakeHead,
    /// A worker begins to read one of the slices that are not through.
    TakeSlice(usize),
    /// The head's worker is so many eighths through; eight is the end.
    HeadOn(u8),
    /// The same for the slice's worker.
    SliceOn(u8),
    /// The slice is too slow for the server.
    Halve,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let span = prop_oneof![1u32..120, 300u32..7_200, 40_000u32..200_000];
    let step = prop_oneof![
        4 => prop::option::of(0u64..40_000).prop_map(Step::Plan),
        2 => span.clone().prop_map(Step::Pass),
        1 => span.clone().prop_map(Step::ClockBack),
        1 => (1u16..5).prop_map(Step::Days),
        1 => Just(Step::Filter),
        1 => Just(Step::Destination),
        2 => prop::option::of(0u32..400_000).prop_map(Step::Resync),
        1 => Just(Step::Cancel),
        3 => Just(Step::TakeHead),
        4 => (0usize..6).prop_map(Step::TakeSlice),
        3 => (0u8..=8).prop_map(Step::HeadOn),
        5 => (0u8..=8).prop_map(Step::SliceOn),
        2 => Just(Step::Halve),
    ];
    prop::collection::vec(step, 1..40)
}

/// Takes the steps one by one and looks at the world after each; then reads everything to its end.
fn live(store: &Store, steps: &[Step]) -> Result<(), String> {
    model::undone(store, |db| {
        let mut world = World::new(db);
        for (index, step) in steps.iter().enumerate() {
            world.take(step).map_err(|error| error.to_string())?;
            world.check().map_err(|wrong| format!("after step {index}, {step:?}: {wrong}"))?;
        }
        world.settle().map_err(|wrong| format!("read to its end: {wrong}"))
    })
}

#[test]
fn slices_tile_the_window_and_nothing_unread_counts_as_read_whatever_happens() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(600),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&steps(), |steps| live(&store, &steps).map_err(TestCaseError::fail))
        .unwrap_or_else(|error| panic!("{error}"));
}
