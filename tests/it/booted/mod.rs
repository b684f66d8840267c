//! The package in a system that systemd has booted: what an operator does with it in a year, against simulators that the
//! container reaches by loopback. Needs root, systemd-nspawn and what `.ci/stages/booted` makes: a root file system and
//! the package.

mod installed;
mod journal;
mod machine;
mod readiness;
mod reloads;
mod secrets;
mod service;
mod stops;
mod watchdog;
