//! Which column of a row a field's name makes likely: names in lower case, without prefix and punctuation, the likeliest
//! first. Provance's own are not public, so these are what service desks on Dataverse commonly call things.

use crate::model::WorkItemKind;

/// What a row's column can be filled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// Text, choices, look-ups.
    Any,
    /// Text alone.
    Text,
    /// Times.
    Time,
}

/// A column of a row, and the names of fields that may fill it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likely {
    name: &'static str,
    /// `None`: both.
    kind: Option<WorkItemKind>,
    pub takes: Takes,
    pub names: &'static [&'static str],
}

impl Likely {
    pub fn of(&self, kind: WorkItemKind) -> bool {
        self.kind.is_none_or(|only| only == kind)
    }

    /// The state's column is called after the kind.
    pub fn row_name(&self, kind: WorkItemKind) -> &'static str {
        match (self.name, kind) {
            ("State", WorkItemKind::Incident) => "IncidentState_s",
            ("State", WorkItemKind::ChangeRequest) => "CRState_s",
            (name, _) => name,
        }
    }
}

const fn any(name: &'static str, names: &'static [&'static str]) -> Likely {
    let (kind, takes) = (None, Takes::Any);
    Likely {
        name,
        kind,
        takes,
        names,
    }
}

const fn time(name: &'static str, names: &'static [&'static str]) -> Likely {
    let (kind, takes) = (None, Takes::Time);
    Likely {
        name,
        kind,
        takes,
        names,
    }
}

const fn of_change(likely: Likely) -> Likely {
    Likely {
        kind: Some(WorkItemKind::ChangeRequest),
        ..likely
    }
}

/// In the order in which fields are given away.
#[rustfmt::skip]
pub(super) const LIKELY: &[Likely] = &[
    Likely { takes: Takes::Text, ..any("ServiceDeskId_s", &["ticketnumber", "number", "casenumber", "incidentnumber", "changenumber",
        "requestnumber", "changerequestnumber", "autonumber", "reference", "ticket"]) },
    any("State", &["state", "workflowstate", "lifecyclestate", "incidentstate", "changestate", "status", "phase", "stage", "statuscode"]),
    any("Title_s", &["title", "subject", "shortdescription", "summary", "name"]),
    any("Description_s", &["description", "details", "longdescription", "notes"]),
    any("Urgency_s", &["urgency"]),
    any("Impact_s", &["impact", "severity"]),
    any("Priority_s", &["priority"]),
    of_change(any("Risk_s", &["risk", "risklevel", "riskrating"])),
    of_change(any("Type_s", &["changetype", "type"])),
    any("Category_s", &["category", "classification", "casetype"]),
    any("Subcategory_s", &["subcategory"]),
    any("Escalation_s", &["escalation", "escalationlevel", "escalated", "isescalated"]),
    of_change(any("ConflictStatus_s", &["conflictstatus"])),
    any("Source_s", &["source", "origin", "caseorigin", "contacttype", "channel"]),
    of_change(any("CreatedBy_s", &["requestedby", "requester", "createdby"])),
    Likely { kind: Some(WorkItemKind::Incident), ..any("CreatedBy_s", &["openedby", "createdby"]) },
    any("AssignedTo_s", &["assignedto", "assignee", "owner"]),
    any("AssignmentGroup_s", &["assignmentgroup", "assignedgroup", "supportgroup", "owningteam"]),
    any("ResolvedBy_s", &["resolvedby"]),
    any("ClosedBy_s", &["closedby"]),
    any("CloseCode_s", &["closecode", "closurecode", "resolutioncode", "close", "closure"]),
    time("CreatedDate_t", &["openedon", "opened", "openeddate", "createdon"]),
    time("ResolvedDate_t", &["resolvedon", "resolved", "resolveddate", "actualresolution"]),
    time("ClosedDate_t", &["closedon", "closed", "closeddate"]),
    of_change(time("RequestedDate_t", &["requesteddate", "requestedon", "requestedbydate", "requiredby", "neededby"])),
    of_change(time("PlannedStartDate_t", &["plannedstart", "plannedstartdate", "scheduledstart", "startdate"])),
    of_change(time("PlannedEndDate_t", &["plannedend", "plannedenddate", "scheduledend", "enddate"])),
    of_change(time("WorkStartDate_t", &["workstart", "actualstart", "actualstartdate"])),
    of_change(time("WorkEndDate_t", &["workend", "actualend", "actualenddate"])),
    any("Computer", &["configurationitem", "ci", "affectedci", "affecteditem", "computer", "asset", "device"]),
];
