//! Scenarios: the real binary over real HTTP and a real state file, against service desks and a workspace that
//! hold state. Build, act, look at the world.

mod config;
mod crash;
mod daemon;
mod faults;
mod real_log;
mod rig;
mod sync;
