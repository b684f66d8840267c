//! Who is next: heads before the rest, inside a lane in the order they came.

use std::collections::VecDeque;

use super::Lane;

/// A place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket {
    lane: Lane,
    number: u64,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    heads: VecDeque<u64>,
    rest: VecDeque<u64>,
    next: u64,
}

impl Queue {
    pub(super) fn join(&mut self, lane: Lane) -> Ticket {
        let number = self.next;
        self.next += 1;
        self.lane(lane).push_back(number);
        Ticket { lane, number }
    }

    pub(super) fn is_first(&self, ticket: Ticket) -> bool {
        self.heads.front().or(self.rest.front()) == Some(&ticket.number)
    }

    /// Whether it was still there.
    pub(super) fn leave(&mut self, ticket: Ticket) -> bool {
        let lane = self.lane(ticket.lane);
        let before = lane.len();
        lane.retain(|number| *number != ticket.number);
        lane.len() < before
    }

    fn lane(&mut self, lane: Lane) -> &mut VecDeque<u64> {
        match lane {
            Lane::Head => &mut self.heads,
            Lane::Rest => &mut self.rest,
        }
    }
}
