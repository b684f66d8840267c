//! The continuation link inside a position, and when it may still be followed.
//!
//! A link is worth only to the source that got it, before the same end and with the page size it was made for. Made by
//! another process, or by this one under an earlier configuration, it is ignored; then reading begins at the
//! position's time again, and the ledger drops the repeats.
//!
//! Beginning again inside a second that is larger than a page would go round in circles if page sizes change faster
//! than the second is read. So a link also remembers whether its page brought the time forward: where it did not, a
//! larger page waits and the link is followed with its own size; only a smaller page (the server was too slow) begins
//! again, and that ends at the smallest.

use std::sync::atomic::{AtomicU32, Ordering};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::model::Position;

/// What reading on from a link would lose if it had to begin at the position's time again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// The page brought the time forward: at most a page.
    Moved,
    /// The page ended in the second in which it began.
    Still,
    /// The same, after a link was refused in that second: it must not be refused again.
    Fallen,
}

/// A link and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Continuation {
    /// Byte for byte as the server wrote it.
    pub link: String,
    /// The page size it was made for.
    pub size: u32,
    pub progress: Progress,
}

/// Writes links into positions and reads those back that are still good.
#[derive(Debug)]
pub(super) struct Links {
    mark: Uuid,
    edition: AtomicU32,
}

impl Links {
    pub fn new() -> Self {
        Self {
            mark: Uuid::new_v4(),
            edition: AtomicU32::new(0),
        }
    }

    /// A position's rest.
    pub fn write(&self, to: Option<DateTime<Utc>>, continuation: &Continuation) -> String {
        let Continuation { link, size, progress } = continuation;
        let progress = match progress {
            Progress::Moved => "moved",
            Progress::Still => "still",
            Progress::Fallen => "fallen",
        };
        format!("{} {size} {progress} {link}", self.stamp(to))
    }

    /// The link to follow for a page of `size`, if there is a good one.
    pub fn usable(&self, at: &Position, to: Option<DateTime<Utc>>, size: u32) -> Option<Continuation> {
        let rest = at.rest.strip_prefix(&self.stamp(to))?.strip_prefix(' ')?;
        let (made_for, rest) = rest.split_once(' ')?;
        let (progress, link) = rest.split_once(' ')?;
        let made_for: u32 = made_for.parse().ok()?;
        let progress = match progress {
            "moved" => Progress::Moved,
            "still" => Progress::Still,
            "fallen" => Progress::Fallen,
            _ => return None,
        };
        let good = size == made_for || (size > made_for && progress != Progress::Moved);
        good.then(|| Continuation {
            link: link.to_owned(),
            size: made_for,
            progress,
        })
    }

    /// No link handed out so far is good any more.
    pub fn void(&self) {
        self.edition.fetch_add(1, Ordering::Relaxed);
    }

    /// Whose it is and where it ends: a slice may be cut while it is read.
    fn stamp(&self, to: Option<DateTime<Utc>>) -> String {
        let edition = self.edition.load(Ordering::Relaxed);
        let to = to.map_or_else(|| "open".to_owned(), |to| to.timestamp_millis().to_string());
        format!("{}.{edition} {to}", self.mark.simple())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_link_comes_back_byte_for_byte(
            link in prop_oneof![any::<String>(), "[ %a-z\n]{0,12}"],
            size in any::<u32>(),
            progress in prop_oneof![Just(Progress::Moved), Just(Progress::Still), Just(Progress::Fallen)],
            to in prop::option::of(-5_000_000_000i64..5_000_000_000),
            other in any::<String>(),
        ) {
            let links = Links::new();
            let to = to.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
            let continuation = Continuation { link, size, progress };
            let position = at(links.write(to, &continuation));
            prop_assert_eq!(links.usable(&position, to, size), Some(continuation));
            prop_assert_eq!(links.usable(&at(other), to, size), None);
        }
    }

    const LINK: &str = "https://o.crm.dynamics.com/x?$skiptoken=%3Ccookie%20pagenumber=%222%22 a b";

    fn continuation(progress: Progress) -> Continuation {
        Continuation {
            link: LINK.to_owned(),
            size: 500,
            progress,
        }
    }

    fn at(rest: String) -> Position {
        Position {
            time: DateTime::UNIX_EPOCH,
            rest,
        }
    }

    #[test]
    fn a_link_comes_back_byte_for_byte() {
        let links = Links::new();
        let to = DateTime::from_timestamp(10, 0);
        let position = at(links.write(to, &continuation(Progress::Still)));
        assert_eq!(links.usable(&position, to, 500), Some(continuation(Progress::Still)));
    }

    #[test]
    fn a_link_of_another_process_another_end_or_an_earlier_edition_is_ignored() {
        let links = Links::new();
        let position = at(links.write(None, &continuation(Progress::Moved)));
        assert_eq!(Links::new().usable(&position, None, 500), None);
        assert_eq!(links.usable(&position, DateTime::from_timestamp(10, 0), 500), None);
        assert_eq!(links.usable(&at(String::new()), None, 500), None);
        links.void();
        assert_eq!(links.usable(&position, None, 500), None);
    }

    #[test]
    fn a_larger_page_waits_until_the_second_is_through_and_a_smaller_one_does_not() {
        let links = Links::new();
        let moved = at(links.write(None, &continuation(Progress::Moved)));
        let still = at(links.write(None, &continuation(Progress::Still)));
        assert_eq!(links.usable(&moved, None, 750), None);
        assert_eq!(links.usable(&still, None, 750), Some(continuation(Progress::Still)));
        assert_eq!(links.usable(&still, None, 250), None);
    }
}
