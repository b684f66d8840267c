//! Room for bodies, used again as long as requests follow each other, and given back when the last is answered.
//!
//! A body of eight megabytes is two thousand fresh pages of memory, and each costs the kernel more than reading what
//! is in it costs us.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

/// Bodies of one connection.
#[derive(Debug, Default)]
pub(super) struct Bodies(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    spare: Vec<Vec<u8>>,
}

/// A request under way; when the last is dropped, nothing is kept.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(&'a Bodies);

impl Bodies {
    /// A request begins.
    pub fn begin(&self) -> UnderWay<'_> {
        self.with(|state| state.under_way += 1);
        UnderWay(self)
    }

    /// Room for a body of unknown size, what stood in it last still there. Room for the largest costs nothing: what is not touched takes no memory,
    /// nothing is moved as it grows, and glibc gives a block of 32 MiB back to the system as soon as it is freed.
    pub fn room(&self, largest: usize) -> Vec<u8> {
        let spare = self.with(|state| state.spare.pop());
        spare.unwrap_or_else(|| Vec::with_capacity(largest))
    }

    /// Keeps the room of a body that nobody needs any more, if other requests are under way.
    pub fn take_back(&self, body: Bytes) {
        let Ok(room) = body.try_into_mut() else { return };
        let room = Vec::from(room);
        self.with(|state| {
            if state.under_way > state.spare.len() {
                state.spare.push(room);
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.with(|state| {
            state.under_way -= 1;
            state.spare.truncate(state.under_way);
            if state.spare.is_empty() {
                state.spare = Vec::new();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_used_again_while_requests_are_under_way_and_not_kept_after_the_last() {
        let bodies = Bodies::default();
        let (first, second) = (bodies.begin(), bodies.begin());
        let mut room = bodies.room(1000);
        room.extend_from_slice(b"page");
        let place = room.as_ptr();
        drop(first);
        bodies.take_back(Bytes::from(room));
        let room = bodies.room(1000);
        assert_eq!((room.as_ptr(), room.as_slice()), (place, &b"page"[..]));
        bodies.take_back(Bytes::from(room));
        drop(second);
        assert_eq!(bodies.with(|state| state.spare.len()), 0);
        bodies.take_back(Bytes::from(Vec::with_capacity(1000)));
        assert_eq!(bodies.with(|state| state.spare.len()), 0, "nobody is under way");
    }
}
