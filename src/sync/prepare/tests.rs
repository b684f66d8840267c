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
    /// It has fallen too far behind for the server.
    LeaveToSlices,
    /// The same as the head's for the slice's worker.
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
        1 => Just(Step::LeaveToSlices),
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
            world
                .check()
                .map_err(|wrong| format!("after step {index}, {step:?}: {wrong}"))?;
        }
        world.settle().map_err(|wrong| format!("read to its end: {wrong}"))
    })
}

#[test]
fn slices_tile_the_window_and_nothing_unread_counts_as_read_whatever_happens() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|n| n.parse().ok())
            .unwrap_or(250),
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&steps(), |steps| live(&store, &steps).map_err(TestCaseError::fail))
        .unwrap_or_else(|error| panic!("{error}"));
}

/// A story that once went wrong.
fn lived(steps: &[Step]) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("itsmd.db"), Threads::Inline).unwrap();
    live(&store, steps).unwrap_or_else(|wrong| panic!("{wrong}"));
}

const DAY: u32 = 86_400;

#[test]
fn a_slice_that_reaches_over_the_start_of_a_resync_ends_there() {
    lived(&[Step::Plan(None), Step::Destination, Step::Pass(1)]);
    lived(&[
        Step::Plan(Some(0)),
        Step::TakeSlice(0),
        Step::SliceOn(8),
        Step::Resync(Some(DAY)),
    ]);
    lived(&[
        Step::Plan(Some(0)),
        Step::TakeSlice(0),
        Step::SliceOn(4),
        Step::Resync(Some(2 * DAY)),
        Step::SliceOn(8),
    ]);
}

#[test]
fn after_another_filter_nothing_is_between_the_slices_and_the_head() {
    lived(&[Step::Plan(None), Step::TakeHead, Step::HeadOn(0), Step::Filter]);
}

#[test]
fn what_a_narrow_window_made_the_head_skip_is_read_when_the_window_grows() {
    let days_off = [Step::Days(1), Step::Plan(None), Step::Pass(3 * DAY), Step::Plan(None)];
    let read = [Step::TakeHead, Step::HeadOn(8), Step::Days(4), Step::Plan(None)];
    lived(&[&days_off[..], &read[..]].concat());
}

#[test]
fn what_the_head_read_under_another_filter_counts_for_nothing_when_the_window_grows() {
    let read = [
        Step::Plan(None),
        Step::TakeHead,
        Step::HeadOn(8),
        Step::Days(1),
        Step::Pass(2 * DAY),
    ];
    lived(
        &[
            &read[..],
            &[Step::Filter, Step::Plan(None), Step::Days(4), Step::Plan(None)],
        ]
        .concat(),
    );
    let read = [
        Step::Plan(None),
        Step::TakeHead,
        Step::HeadOn(8),
        Step::Days(1),
        Step::Pass(2 * DAY),
    ];
    lived(
        &[
            &read[..],
            &[Step::Destination, Step::Plan(None), Step::Days(4), Step::Plan(None)],
        ]
        .concat(),
    );
}

#[test]
fn what_a_clock_that_was_ahead_made_the_head_pass_is_read_again() {
    let ahead = [
        Step::Plan(None),
        Step::TakeHead,
        Step::HeadOn(8),
        Step::TakeSlice(0),
        Step::SliceOn(8),
    ];
    lived(&[&ahead[..], &[Step::ClockBack(DAY), Step::Pass(7_200), Step::Plan(None)]].concat());
    // A resync while the clock is ahead lays slices into what is still to come.
    lived(
        &[
            &ahead[..],
            &[
                Step::Resync(None),
                Step::TakeSlice(0),
                Step::SliceOn(8),
                Step::ClockBack(DAY),
            ],
        ]
        .concat(),
    );
}

#[test]
fn what_a_clock_put_back_leaves_in_the_slices_of_a_resync_the_head_reads_again() {
    let back = [Step::Plan(None), Step::TakeHead, Step::HeadOn(8), Step::ClockBack(301)];
    let read = [
        Step::Resync(None),
        Step::TakeSlice(0),
        Step::SliceOn(8),
        Step::ClockBack(1),
    ];
    lived(&[&back[..], &read[..]].concat());
    let back = [
        Step::Plan(None),
        Step::ClockBack(1),
        Step::Destination,
        Step::Plan(None),
    ];
    let read = [Step::TakeSlice(0), Step::SliceOn(8), Step::ClockBack(300)];
    lived(&[&back[..], &read[..]].concat());
}

#[test]
fn a_slice_whose_start_has_moved_beyond_its_position_is_halved_in_what_is_left() {
    let read = [
        Step::Days(2),
        Step::Plan(Some(0)),
        Step::TakeSlice(0),
        Step::SliceOn(0),
        Step::Pass(DAY + DAY / 4),
    ];
    lived(&[&read[..], &[Step::Plan(None), Step::Halve]].concat());
}

#[test]
fn what_a_head_too_far_behind_leaves_to_slices_is_read_by_them_alone() {
    let behind = [
        Step::Plan(None),
        Step::TakeHead,
        Step::HeadOn(8),
        Step::Pass(DAY),
        Step::Plan(None),
        Step::TakeHead,
    ];
    lived(&[&behind[..], &[Step::LeaveToSlices, Step::HeadOn(8)]].concat());
    lived(&[&behind[..], &[Step::Resync(None), Step::LeaveToSlices, Step::HeadOn(8)]].concat());
    lived(&[
        Step::Plan(None),
        Step::TakeHead,
        Step::HeadOn(0),
        Step::Pass(DAY),
        Step::LeaveToSlices,
    ]);
}
