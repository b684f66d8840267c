//! The domain, pure: no I/O, no clock, nothing of the other modules.
//!
//! A [`StreamId`] is one kind of work item of one connection. A [`Slice`] is a half-open range of
//! last-modified time of a stream with a saved [`Position`]. A [`Record`] is one version of one work
//! item, already encoded as a row of `ServiceDesk_CL`.

mod code;
pub mod columns;
mod control_token;
mod marking;
mod profile;
mod record;
mod repeats;
mod row;
mod since;
mod slice;
mod spread;
mod stream;
mod verdict;
pub mod window;

pub use code::{Code, one_line};
pub use control_token::doubt_of_control_token;
pub use marking::Gone;
pub use profile::{ChoiceValues, Column, ItemProfile, Profile, ProfileError};
pub use record::{Mapped, Record, RecordId, Unmapped, Version};
pub use repeats::{Repeats, Say};
pub use row::{CUT_MARK, MAX_FIELD_BYTES, RowWriter, push_time};
pub use since::since;
pub use slice::{Generation, Position, Slice, SliceId};
pub use spread::Spread;
pub use stream::{ConnectionName, Partner, StreamId, WorkItemKind};
pub use verdict::{Trouble, Verdict};
