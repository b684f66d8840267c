//! Scenarios over the whole program, and the rules that its sources and its README keep.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod layering;
mod readme;
