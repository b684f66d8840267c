//! A work item as the world knows it, before any product's spelling.

use chrono::{DateTime, Utc};

use crate::model::WorkItemKind;

/// Where a work item stands; it moves forward only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Opened.
    New,
    /// Somebody works on it (a change: being implemented).
    InProgress,
    /// Waiting for somebody (a change: scheduled, waiting for its window).
    OnHold,
    /// Solved (a change: in review).
    Resolved,
    /// Over.
    Closed,
    /// Given up.
    Cancelled,
}

/// One version of a work item: everything about it after an update.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// 32 hexadecimal digits, lower case.
    pub id: String,
    /// Incident or change request.
    pub kind: WorkItemKind,
    /// `INC0012345`, `CHG0030001`.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// Short description.
    pub title: String,
    /// Description.
    pub description: String,
    /// 1 high to 3 low.
    pub urgency: u8,
    /// 1 high to 3 low.
    pub impact: u8,
    /// 1 critical to 5 planning.
    pub priority: u8,
    /// 2 high to 4 low; changes only.
    pub risk: Option<u8>,
    /// `normal`, `standard`, `emergency`; changes only.
    pub change_type: Option<String>,
    /// E.g. `network`.
    pub category: String,
    /// E.g. `vpn`; incidents only.
    pub subcategory: Option<String>,
    /// `email`, `phone`, `self-service`, `monitoring`.
    pub contact_type: String,
    /// A person's name.
    pub opened_by: String,
    /// A person's name, once somebody has it.
    pub assigned_to: Option<String>,
    /// A group's name.
    pub assignment_group: String,
    /// A person's name, once resolved.
    pub resolved_by: Option<String>,
    /// A person's name, once closed.
    pub closed_by: Option<String>,
    /// How it was closed.
    pub close_code: Option<String>,
    /// Display name of the configuration item.
    pub ci: Option<String>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Planned start and end; changes only.
    pub planned: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Actual start; changes only.
    pub work_start: Option<DateTime<Utc>>,
    /// Actual end; changes only.
    pub work_end: Option<DateTime<Utc>>,
    /// When it was last modified: whole seconds.
    pub modified: DateTime<Utc>,
    /// Updates so far.
    pub revision: i64,
}
