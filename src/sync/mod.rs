//! The engine: from page to workspace, five steps and no way back.
//!
//! ```text
//! 1 plan     slices of the stream, from the store                    prepare, resync
//! 2 fetch    source.page(slice)                                      pull
//! 3 map      in the source, by its profile
//! 4 deliver  claim → ledger → batches → sink → versions              deliver
//! 5 commit   position, compare-and-set                               head, rest, reconcile
//! ```
//!
//! A stream has two workers. The *head* reads what is new; it fixes its end at once, by the source's clock,
//! and when it has passed that instant its position is that instant. The *rest* reads slices with an end,
//! newest first, and tries again what is to be tried again. Nothing is recorded before the workspace said
//! 2xx: whatever is killed wherever repeats at most the batches in flight.
//!
//! After its slices the rest worker does the sweep that is asked for, if one is: `reconcile`.

mod batch;
mod budget;
mod claims;
mod code;
mod deliver;
mod diary;
mod due;
mod head;
mod log_row;
mod page_size;
mod persist;
mod prepare;
mod progress;
mod pull;
mod reconcile;
mod refusals;
mod rest;
mod resync;
mod run;
mod set_aside;
mod settled;
mod sift;
mod sort_out;
mod source_clock;
mod stream;
mod told;
mod unseen;

pub use batch::{Stamp, assemble, fitting};
pub use budget::ByteBudget;
pub use code::codes;
pub use diary::{Beat, Standing};
pub use log_row::{LogRow, LogType};
pub use progress::{Done, Progress};
pub use resync::{Resync, resync};
pub use run::{Pass, Run, WorkerReport};
pub use stream::{Now, Readers, Settings, Stream};
