//! itsmd keeps an Azure Log Analytics workspace in step with an organisation's service desks.
//!
//! The modules, in dependency order (each may use only those above it; a test keeps it so):
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

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
