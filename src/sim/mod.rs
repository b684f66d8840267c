//! Stateful simulators of the systems itsmd talks to, and a believable world for them to hold.
//!
//! They share no code with the client beyond [`crate::model`]'s names: a simulator that used the
//! client's parser would prove nothing.

pub mod clock;
pub mod dataverse;
pub mod entra;
pub mod fault;
pub mod form;
pub mod ingestion;
pub mod item;
pub mod journal;
pub mod live;
pub mod menu;
pub mod serve;
pub mod servicenow;
pub mod world;
