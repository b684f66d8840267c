//! How many rows a page asks for: halved when the server is too slow for it, grown back slowly.

use std::sync::Mutex;

/// Below this the slice is halved instead.
pub(super) const SMALLEST: u32 = 25;

/// Pages in a row that must pass before the size grows again.
const GROW_AFTER: u32 = 10;

#[derive(Debug)]
pub(super) struct PageSize {
    most: u32,
    now: Mutex<(u32, u32)>,
}

impl PageSize {
    pub fn new(most: u32) -> Self {
        Self {
            most,
            now: Mutex::new((most, 0)),
        }
    }

    /// Rows to ask for.
    pub fn rows(&self) -> u32 {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    /// A page passed.
    pub fn passed(&self) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        now.1 += 1;
        if now.1 >= GROW_AFTER && now.0 < self.most {
            *now = ((now.0 + now.0 / 2 + 1).min(self.most), 0);
        }
    }

    /// It was not the size: back to what was asked for before.
    pub fn restore(&self, rows: u32) {
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *now = (now.0.max(rows), 0);
    }

    /// A page of `rows` was too much; `false` if it cannot be made smaller.
    pub fn halve(&self, rows: u32) -> bool {
        let smallest = SMALLEST.min(self.most);
        let mut now = self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Two workers may meet the same slowness: it is halved once.
        let half = (rows / 2).max(smallest);
        *now = (now.0.min(half), 0);
        rows > smallest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_server_halves_pages_and_good_pages_bring_them_back() {
        let size = PageSize::new(1000);
        assert!(size.halve(1000) && size.halve(500));
        assert_eq!(size.rows(), 250);
        for _ in 0..10 * 5 {
            size.passed();
        }
        assert_eq!(size.rows(), 1000);
        assert!(!size.halve(SMALLEST), "no page is smaller");
    }
}
