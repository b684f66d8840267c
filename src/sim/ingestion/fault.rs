//! Troubles to order: each for a number of requests, for a time, or until it is lifted.

use std::time::Duration;

use tokio::time::Instant;

/// How `Retry-After` is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// The header is missing.
    Absent,
    /// `Retry-After: 7`
    Seconds(u64),
    /// `Retry-After: Wed, 21 Oct 2026 07:28:00 GMT`, so many seconds after the workspace's clock.
    Date(u64),
}

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// 429.
    TooManyRequests(RetryAfter),
    /// 500 with an empty body and no code.
    Internal,
    /// 502 with a gateway's HTML.
    BadGateway,
    /// 503 with an empty body.
    Unavailable(RetryAfter),
    /// 408 with an empty body.
    RequestTimeout,
    /// The connection is cut while the request's body is being sent; nothing is taken.
    CutUpload,
    /// The rows are taken, then the connection is cut instead of answering 204.
    TakeThenCut,
    /// 401 although the token is good.
    Unauthorized,
    /// 403: the role assignment has not spread yet.
    Forbidden,
    /// 400 `InvalidStream`: the rule's edit has not spread yet.
    InvalidStream,
    /// 404: the rule's creation has not spread yet.
    NotFound,
    /// 413 whatever the size.
    TooLarge,
    /// 400 with a code of its own for everything.
    Refuse,
    /// The answer comes so much later.
    Delay(Duration),
    /// No answer ever; the connection stays open.
    Hang,
}

/// How long a fault lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// So many requests.
    Requests(u64),
    /// So much of the runtime's time from now.
    Elapsed(Duration),
    /// [`Faults::clear`].
    Lifted,
}

#[derive(Debug)]
struct Ordered {
    fault: Fault,
    pass: u64,
    left: Option<u64>,
    end: Option<Instant>,
}

/// The troubles ordered for a server, oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    ordered: Vec<Ordered>,
}

impl Faults {
    /// Orders a fault behind those there are.
    pub fn add(&mut self, fault: Fault, until: Until) {
        self.add_after(0, fault, until);
    }

    /// Orders a fault that lets `pass` requests through first.
    pub fn add_after(&mut self, pass: u64, fault: Fault, until: Until) {
        let (left, end) = match until {
            Until::Requests(count) => (Some(count), None),
            Until::Elapsed(time) => (None, Some(Instant::now() + time)),
            Until::Lifted => (None, None),
        };
        self.ordered.push(Ordered { fault, pass, left, end });
    }

    /// Lifts all of them.
    pub fn clear(&mut self) {
        self.ordered.clear();
    }

    /// What befalls the next request; counts it.
    pub(super) fn next(&mut self) -> Option<Fault> {
        let now = Instant::now();
        self.ordered
            .retain(|one| one.left != Some(0) && one.end.is_none_or(|end| now < end));
        for one in &mut self.ordered {
            if one.pass > 0 {
                one.pass -= 1;
                continue;
            }
            if let Some(left) = &mut one.left {
                *left -= 1;
            }
            return Some(one.fault);
        }
        None
    }
}
