//! Who we are to a service desk: what one request about oneself shows.

use chrono::{DateTime, Utc};

use crate::model::Trouble;

/// What the first request of a session shows. A user may well not read its own record: that is no fault.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// What the desk says of the user; `None` if the user may not read it.
    pub told: Option<Told>,
    /// What may be asked for, as the answer's headers say it.
    pub allowed: Option<Allowed>,
    /// The source's clock.
    pub server_time: Option<DateTime<Utc>>,
}

/// What a desk says of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The user's name there.
    pub user: String,
    /// Its time zone, e.g. `Europe/Berlin`; empty is the instance's own. `None` where zones make no difference.
    pub time_zone: Option<String>,
    /// Its roles by name, sorted; `None` if the user may not read them.
    pub roles: Option<Vec<String>>,
}

/// What may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// So many requests an hour (ServiceNow's `X-RateLimit-Limit`).
    Hourly(u64),
    /// So many more requests in the current 300 seconds (Dataverse's `x-ms-ratelimit-burst-remaining-xrm-requests`).
    Left(u64),
}

/// Fields of the profile that come with no record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Absent {
    /// Why: a trouble for each reason, naming the fields and their columns.
    pub reasons: Vec<Trouble>,
    /// Those of which the desk does not show whether they exist: each with its columns.
    pub unclear: Vec<String>,
}
