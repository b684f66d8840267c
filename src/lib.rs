#![doc = include_str!("../README.md")]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

// Each may use only what is below it: `tests/it/layering.rs` says who may use whom.
pub mod app;
pub mod auth;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod model;
pub mod net;
pub mod schema;
#[cfg(feature = "sim")]
pub mod sim;
pub mod sink;
pub mod source;
pub mod status;
pub mod store;
pub mod sync;
