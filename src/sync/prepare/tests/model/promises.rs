//! What must hold of slices and head after every step.

use chrono::{DateTime, Utc};

use super::{OVERLAP, SLACK, World};
use crate::model::Slice;
use crate::model::window::{Range, gaps};
use crate::store::{StoreError, StoredSlice};

impl World<'_> {
    /// Every instant of the window is in one slice or the head's, and what counts as read was read.
    pub fn check(&self) -> Result<(), String> {
        let stored = self.slices().map_err(|error| error.to_string())?;
        let mut slices: Vec<(Range, &StoredSlice)> = Vec::new();
        for stored in &stored {
            if let Some(to) = stored.slice.to {
                slices.push((
                    Range {
                        from: stored.slice.from,
                        to,
                    },
                    stored,
                ));
            }
        }
        slices.sort_by_key(|(range, _)| range.from);
        for pair in slices.windows(2) {
            if pair[1].0.from < pair[0].0.to {
                return Err(format!("{} and {} overlap", told(pair[0].0), told(pair[1].0)));
            }
        }
        let Some((now, start)) = self.planned else {
            return Ok(());
        };
        let Some(head) = stored.iter().find(|stored| stored.slice.to.is_none()) else {
            return Err("no head".to_owned());
        };
        let begins = head_begins(&head.slice, now);
        let bounded: Vec<Range> = slices.iter().map(|(range, _)| *range).collect();
        self.covered(start, &head.slice, begins, &bounded)?;
        for (range, stored) in &slices {
            let position = stored
                .slice
                .position
                .as_ref()
                .map_or(range.from, |position| position.time);
            let read_to = if stored.complete {
                range.to
            } else {
                position.min(range.to)
            };
            // From there on the head reads it once more.
            self.was_read(range.from.max(start), read_to.min(begins), "a slice")?;
        }
        // What no slice holds the head has read, as far as it will not read it again.
        let heads = Range {
            from: head.slice.from.max(start),
            to: begins,
        };
        for range in gaps(heads, &bounded).into_iter().filter(|range| range.from < range.to) {
            self.was_read(range.from, range.to, "the head")?;
        }
        Ok(())
    }

    fn covered(
        &self,
        start: DateTime<Utc>,
        head: &Slice,
        begins: DateTime<Utc>,
        bounded: &[Range],
    ) -> Result<(), String> {
        let before_head = Range {
            from: start,
            to: head.from.min(begins),
        };
        for gap in gaps(before_head, bounded) {
            if gap.from != start || gap.to - gap.from >= SLACK {
                return Err(format!("{} is nobody's; the head is from {}", told(gap), head.from));
            }
        }
        Ok(())
    }

    fn was_read(&self, from: DateTime<Utc>, to: DateTime<Utc>, who: &str) -> Result<(), String> {
        if from >= to {
            return Ok(());
        }
        match gaps(Range { from, to }, &self.read).first() {
            None => Ok(()),
            Some(gap) => Err(format!("{who} counts {} as read, which was not", told(*gap))),
        }
    }

    /// Reads whatever is not read: then everything was, and there is nothing left to plan.
    pub fn settle(&mut self) -> Result<(), String> {
        let told_error = |error: StoreError| error.to_string();
        (self.head, self.rest) = (None, None);
        self.plan(None).map_err(told_error)?;
        self.check()?;
        self.take_head().and_then(|()| self.head_on(8)).map_err(told_error)?;
        loop {
            self.take_slice(0).map_err(told_error)?;
            if self.rest.is_none() {
                break;
            }
            self.slice_on(8).map_err(told_error)?;
            self.check()?;
        }
        let (now, start) = self.planned.ok_or("not planned")?;
        self.was_read(start + SLACK, now - OVERLAP, "everybody")?;
        let before = self.slices().map_err(told_error)?;
        self.plan(None).map_err(told_error)?;
        let after = self.slices().map_err(told_error)?;
        if before != after {
            return Err(format!("planned again: {before:?} became {after:?}"));
        }
        Ok(())
    }
}

/// Where the head's next run begins to read.
pub(super) fn head_begins(head: &Slice, now: DateTime<Utc>) -> DateTime<Utc> {
    match &head.position {
        Some(position) => position.time.min(now) - OVERLAP,
        None => head.from,
    }
}

fn told(range: Range) -> String {
    format!("[{}, {})", range.from, range.to)
}
