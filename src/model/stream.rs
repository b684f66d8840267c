//! What is read: one kind of work item of one connection.

use std::fmt;
use std::sync::Arc;

/// The name of a `[[connection]]`, written to every row as `ServiceDeskConnectionName_s`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionName(Arc<str>);

impl ConnectionName {
    /// Wraps a name that the configuration has already checked.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as configured.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The product at the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Partner {
    /// `ServiceNow`, by its Table API.
    ServiceNow,
    /// Provance ITSM, which lives on Microsoft Dataverse.
    Provance,
}

impl Partner {
    /// The name in the configuration and in `status --json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ServiceNow => "servicenow",
            Self::Provance => "provance",
        }
    }

    /// The product of that name in the configuration.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ServiceNow, Self::Provance]
            .into_iter()
            .find(|partner| partner.as_str() == name)
    }

    /// The value of `PartnerType_s`.
    pub fn row_value(self) -> &'static str {
        match self {
            Self::ServiceNow => "ServiceNow",
            Self::Provance => "Provance",
        }
    }
}

/// A kind of work item.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum WorkItemKind {
    /// An incident.
    Incident,
    /// A change request.
    ChangeRequest,
}

impl WorkItemKind {
    /// Every kind there is.
    pub const ALL: [Self; 2] = [Self::Incident, Self::ChangeRequest];

    /// The name in the configuration, the store and the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::ChangeRequest => "change_request",
        }
    }

    /// The value of `ServiceDeskWorkItemType_s`.
    pub fn row_value(self) -> &'static str {
        match self {
            Self::Incident => "Incident",
            Self::ChangeRequest => "ChangeRequest",
        }
    }

    /// The column that carries the state of this kind.
    pub fn state_column(self) -> &'static str {
        match self {
            Self::Incident => "IncidentState_s",
            Self::ChangeRequest => "CRState_s",
        }
    }

    /// The kind of that name, as written by [`Self::as_str`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for WorkItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One kind of work item of one connection; prints as `contoso/incident`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId {
    /// The connection it is read from.
    pub connection: ConnectionName,
    /// What is read.
    pub kind: WorkItemKind,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.connection, self.kind)
    }
}
