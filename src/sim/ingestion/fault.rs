//! What may go wrong with an upload.

use std::time::Duration;

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
