//! What people who come from ITSMC may look for here, and what itsmd does not do.

use crate::model::Code;

/// Work items out of alerts.
pub const ACTIONS: Code = Code {
    id: "ITSMD-MC-001",
    means: "this is about work items that ITSMC made out of Azure alerts; itsmd reads service desks and makes none",
    remedy: "take the ITSM actions out of the action groups and use a Secure Webhook in their place; see Coming from ITSMC in \
             the README",
};
/// Other partners.
pub const OTHER_PARTNER: Code = Code {
    id: "ITSMD-MC-002",
    means: "this is about a service desk that itsmd does not read",
    remedy: "itsmd reads ServiceNow and Provance; rows that ITSMC wrote stay in the workspace",
};

/// All of them.
pub const CODES: &[Code] = &[ACTIONS, OTHER_PARTNER];
