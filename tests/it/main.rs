//! Scenarios: the real binary over real HTTP and a real state file, against service desks and a workspace that
//! hold state. Build, act, look at the world. And the rules that the sources and the README keep.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod announced;
mod broken_setups;
mod browser;
mod checking;
mod cli;
mod clients;
mod config;
mod controls;
mod crash;
mod daemon;
mod faults;
mod first_afternoon;
mod heard;
mod interleavings;
mod layering;
mod machine;
mod menu;
mod planted_secrets;
mod provance;
mod rates;
mod reading;
mod readme;
mod readme_guarantees;
mod real_log;
mod reconcile;
mod reconcile_cli;
mod refusals;
mod rig;
mod sign_in;
mod storm;
mod sync;
mod telling;
mod trust;
