//! The three service protection limits, each by the code of its 429 (contract: other-itsm, §1.4).

use crate::net::{Answer, Limit};

/// The code that a 429 carries and the limit it stands for.
const LIMITS: [(&str, Limit); 3] = [
    (
        "0x80072322",
        Limit {
            name: "too many requests in five minutes",
            crowded: false,
        },
    ),
    (
        "0x80072321",
        Limit {
            name: "too much execution time in five minutes (a smaller `page_size` or fewer at once)",
            crowded: false,
        },
    ),
    (
        "0x80072326",
        Limit {
            name: "too many requests at once",
            crowded: true,
        },
    ),
];

/// Which limit a 429 names; `None` for a code that is none of them.
pub(super) fn named(answer: &Answer) -> Option<Limit> {
    let words = answer.message();
    let known = LIMITS.iter().find(|(code, _)| words.starts_with(code));
    known.map(|(_, limit)| *limit)
}
