//! The two tables, one line a column: the source of the mapping's types and of every generated schema.
//!
//! Names, case and types are those of Microsoft's retired connector, so that queries written over its
//! tables go on working; ours stand beside them.

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// Text.
    String,
    /// UTC, ISO 8601.
    DateTime,
    /// True or false.
    Bool,
    /// A number.
    Real,
}

impl ColumnType {
    /// The type that a name's suffix announces, as the HTTP Data Collector API gave it: `_s`, `_t`, `_b`, `_d`.
    pub fn of_suffix(name: &str) -> Option<Self> {
        let (_, suffix) = name.rsplit_once('_')?;
        match suffix {
            "s" => Some(Self::String),
            "t" => Some(Self::DateTime),
            "b" => Some(Self::Bool),
            "d" => Some(Self::Real),
            _ => None,
        }
    }

    /// The name Azure's schemas use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::DateTime => "datetime",
            Self::Bool => "boolean",
            Self::Real => "real",
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnDef {
    /// Exact name, case included.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// What it says, for the generated table.
    pub meaning: &'static str,
    /// Who fills it.
    pub filled_by: FilledBy,
}

/// Who fills a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilledBy {
    /// A profile may map a field to it.
    Profile,
    /// itsmd itself; a profile may not.
    Itsmd,
}

const fn mapped(name: &'static str, kind: ColumnType, meaning: &'static str) -> ColumnDef {
    ColumnDef {
        name,
        kind,
        meaning,
        filled_by: FilledBy::Profile,
    }
}

const fn own(name: &'static str, kind: ColumnType, meaning: &'static str) -> ColumnDef {
    ColumnDef {
        name,
        kind,
        meaning,
        filled_by: FilledBy::Itsmd,
    }
}

use ColumnType::{Bool, DateTime, Real, String as Text};

/// `ServiceDesk_CL`, in the order in which a row is written.
pub const SERVICE_DESK: &[ColumnDef] = &[
    own("TimeGenerated", DateTime, "When this version was delivered"),
    own("SyncRunId_s", Text, "The run that delivered it"),
    own("RecordVersion_s", Text, "Hash of the row, 16 hexadecimal digits"),
    own(
        "ServiceDeskConnectionName_s",
        Text,
        "The connection's name in the configuration",
    ),
    own("ServiceDeskWorkItemType_s", Text, "Incident or ChangeRequest"),
    own("PartnerType_s", Text, "ServiceNow or Provance"),
    own("RecordId_s", Text, "The source's own id of the record"),
    own("RecordUrl_s", Text, "Opens the record in the service desk"),
    mapped("ServiceDeskId_s", Text, "The number people use, e.g. INC0012345"),
    mapped("IncidentState_s", Text, "State of an incident"),
    mapped("CRState_s", Text, "State of a change request"),
    mapped("Title_s", Text, "Short description"),
    mapped("Description_s", Text, "Description"),
    mapped("Urgency_s", Text, "Urgency"),
    mapped("Impact_s", Text, "Impact"),
    mapped("Priority_s", Text, "Priority"),
    mapped("Risk_s", Text, "Risk of a change request"),
    mapped("Type_s", Text, "Type of a change request"),
    mapped("Category_s", Text, "Category"),
    mapped("Subcategory_s", Text, "Subcategory"),
    mapped("Escalation_s", Text, "Escalation"),
    mapped("ConflictStatus_s", Text, "Conflict status of a change request"),
    mapped("Source_s", Text, "Contact type"),
    mapped("CreatedBy_s", Text, "Who opened an incident, who requested a change"),
    mapped("AssignedTo_s", Text, "Who it is assigned to"),
    mapped("AssignmentGroup_s", Text, "The group it is assigned to"),
    mapped("ResolvedBy_s", Text, "Who resolved it"),
    mapped("ClosedBy_s", Text, "Who closed it"),
    mapped("CloseCode_s", Text, "How it was closed"),
    mapped("CreatedDate_t", DateTime, "When it was opened"),
    mapped("ResolvedDate_t", DateTime, "When it was resolved"),
    mapped("ClosedDate_t", DateTime, "When it was closed"),
    mapped("LastModifiedDate_t", DateTime, "When the service desk last modified it"),
    mapped("RequestedDate_t", DateTime, "By when a change is wanted"),
    mapped("PlannedStartDate_t", DateTime, "Planned start of a change"),
    mapped("PlannedEndDate_t", DateTime, "Planned end of a change"),
    mapped("WorkStartDate_t", DateTime, "Actual start of a change"),
    mapped("WorkEndDate_t", DateTime, "Actual end of a change"),
    mapped("Computer", Text, "Display name of the configuration item"),
    own("IsDeleted_b", Bool, "The record is gone from the service desk"),
    own(
        "IsTruncated_b",
        Bool,
        "A field was longer than 65,536 bytes and was cut",
    ),
];

/// `ServiceDeskLog_CL`, the connector's own log.
pub const SERVICE_DESK_LOG: &[ColumnDef] = &[
    own("TimeGenerated", DateTime, "When it was written"),
    own("LogType_s", Text, "INFO, WARNING or ERROR"),
    own("Message", Text, "What happened"),
    own("Status_b", Bool, "Whether the run succeeded"),
    own("ActionStatus_d", Real, "0 success, 1 failure"),
    own(
        "ServiceDeskConnectionName_s",
        Text,
        "The connection's name in the configuration",
    ),
    own("StatusLogTime_t", DateTime, "When it happened"),
    own("ExceptionMessage_s", Text, "The other side's words, without secrets"),
    own("ServiceDeskWorkItemType_s", Text, "Incident or ChangeRequest"),
    own("SyncRunId_s", Text, "The run it belongs to"),
    own("RecordsRead_d", Real, "Records read"),
    own("RecordsSent_d", Real, "Records delivered"),
    own(
        "LagSeconds_d",
        Real,
        "Seconds since the stream was last read to its end",
    ),
];

/// The known column of that exact name in `ServiceDesk_CL`.
pub fn find(name: &str) -> Option<&'static ColumnDef> {
    SERVICE_DESK.iter().find(|column| column.name == name)
}

/// Where a column stands in a row: known ones in the table's order, others after them.
pub fn rank(name: &str) -> usize {
    SERVICE_DESK
        .iter()
        .position(|column| column.name == name)
        .unwrap_or(SERVICE_DESK.len())
}
