//! Counting the rows that access rules hide.
//!
//! The desk counts what matches behind a position before it hides anything. What it counts at one page, less what it
//! showed there, less what it counts at the next, was hidden between the two positions: each such row counts once,
//! however often a short page is asked on.

use crate::source::Page;

/// The count behind the page before.
#[derive(Debug, Default)]
pub(super) struct Unseen(Option<u64>);

impl Unseen {
    /// Rows that this page proves hidden.
    pub fn see(&mut self, page: &Page) -> u64 {
        let before = self.0.take();
        let Some(matching) = page.matching else { return 0 };
        let hidden = before.map_or(0, |before| before.saturating_sub(matching));
        let behind = matching.saturating_sub(page.records.len() as u64);
        if page.end {
            return hidden + behind;
        }
        self.0 = Some(behind);
        hidden
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Mapped, Position, Unmapped};

    fn page(matching: Option<u64>, shown: usize, end: bool) -> Page {
        let row = Mapped::SetAside(Unmapped {
            id: None,
            number: None,
            modified: None,
            reason: String::new(),
        });
        Page {
            records: vec![row; shown],
            at: Position::before(DateTime::UNIX_EPOCH),
            end,
            server_time: None,
            matching,
            bytes: 0,
            requests: 1,
        }
    }

    #[test]
    fn each_hidden_row_counts_once_wherever_it_lies() {
        // Ten rows by four: visible, hidden, visible, hidden | two visible, two hidden | two hidden.
        let mut unseen = Unseen::default();
        let pages = [
            page(Some(10), 2, false),
            page(Some(7), 2, false),
            page(Some(4), 0, true),
        ];
        assert_eq!(pages.iter().map(|page| unseen.see(page)).sum::<u64>(), 6);
    }

    #[test]
    fn without_a_count_nothing_is_claimed() {
        let mut unseen = Unseen::default();
        let pages = [page(Some(10), 2, false), page(None, 2, false), page(Some(4), 0, true)];
        assert_eq!(pages.map(|page| unseen.see(&page)), [0, 0, 4]);
    }
}
