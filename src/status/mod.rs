//! What itsmd says about itself: one [`Report`], shown as JSON, as text, as a page and as metrics; and its log.
//!
//! Nothing here knows the store or the network side of the work: reports and health are asked of closures.
//! No field of a work item is ever shown but its number.

mod controls;
mod facts;
pub mod history;
pub mod http;
pub mod log;
pub mod metrics;
mod page;
mod report;
mod text;
pub mod words;

pub use controls::{Controls, Said};
pub use history::History;
pub use metrics::Metrics;
pub use page::{Asset, asset, page};
pub use report::{
    Backfill, ConnectionReport, Credential, LastRun, Mood, Outcome, Problem, Reconcile, RefusedReload, RefusedSignIn,
    Report, StreamReport, StreamState, UnderWay, Waiting,
};
pub use text::render;
