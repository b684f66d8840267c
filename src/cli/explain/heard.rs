//! What other programs say, and the code it is here: one for each.
//!
//! The retired connector's symptoms and messages are those of its documentation; the others' are what they answer.

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Microsoft's IT Service Management Connector, its dashboard or its documentation.
    Itsmc,
    /// ServiceNow.
    ServiceNow,
    /// Microsoft Entra.
    Entra,
    /// Dataverse.
    Dataverse,
    /// Azure's ingestion API.
    Azure,
}

impl By {
    /// As people call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Itsmc => "ITSMC",
            Self::ServiceNow => "ServiceNow",
            Self::Entra => "Entra",
            Self::Dataverse => "Dataverse",
            Self::Azure => "Azure",
        }
    }
}

/// A symptom or message.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// The words, without what differs from case to case.
    pub words: &'static str,
    /// Whose.
    pub by: By,
    /// The code that explains it.
    pub code: &'static str,
}

const fn heard(by: By, words: &'static str, code: &'static str) -> Heard {
    Heard { words, by, code }
}

use By::{Azure, Dataverse, Entra, Itsmc, ServiceNow};

/// All that is known.
#[rustfmt::skip]
pub const HEARD: &[Heard] = &[
    heard(Itsmc, "Error in saving connection", "ITSMD-AUTH-006"),
    heard(Itsmc, "data from ServiceNow is not synced", "ITSMD-SN-001"),
    heard(Itsmc, "Unexpected response from ServiceNow along with success status code", "ITSMD-SN-003"),
    heard(Itsmc, "Target record not found", "ITSMD-SN-003"),
    heard(Itsmc, "Invalid staging table", "ITSMD-SN-003"),
    heard(Itsmc, "ACL Exception Update Failed due to security constraints", "ITSMD-SN-011"),
    heard(Itsmc, "An error occurred while sending the request.", "ITSMD-NET-002"),
    heard(Itsmc, "ServiceDeskHttpBadRequestException: StatusCode=429", "ITSMD-NET-007"),
    heard(Itsmc, "AccessToken and RefreshToken invalid. User needs to authenticate again.", "ITSMD-AUTH-006"),
    heard(Itsmc, "Could not sync templates configuration for Event,Alert,Incident", "ITSMD-AUTH-006"),
    heard(Itsmc, "ITSM Connector does not exist or was deleted", "ITSMD-MC-001"),
    heard(Itsmc, "Could not create/update work item for alert", "ITSMD-MC-001"),
    heard(Itsmc, "Something went wrong. Could not get connection details.", "ITSMD-CK-001"),
    heard(Itsmc, "Failed to add ITSM Connection due to Bad Request… Status Code Forbidden", "ITSMD-SN-016"),
    heard(Itsmc, "Failed to update ITSM Connection credentials", "ITSMD-SN-016"),
    heard(Itsmc, "Can't retrieve the template configuration, see the connector logs", "ITSMD-MC-001"),
    heard(Itsmc, "No values found for the following fields", "ITSMD-MC-001"),
    heard(Itsmc, "duplicate work items are created", "ITSMD-MC-001"),
    heard(Itsmc, "work items are not created", "ITSMD-MC-001"),
    heard(Itsmc, "the configuration item is blank", "ITSMD-MC-001"),
    heard(Itsmc, "Could not contact ITSM Partner. See Exception Message for more details.", "ITSMD-NET-002"),
    heard(Itsmc, "Object reference not set to an instance of an object (SCSM script)", "ITSMD-MC-002"),
    heard(Itsmc, "ServiceNow returned error: No such host is known", "ITSMD-NET-001"),
    heard(Itsmc, "Couldn't access the ITSM system", "ITSMD-SN-016"),
    heard(Itsmc, "The access token needs to be refreshed.", "ITSMD-AUTH-004"),
    heard(Itsmc, "check that the connector is active (404)", "ITSMD-MC-001"),
    heard(Itsmc, "timeout (408)", "ITSMD-NET-008"),
    heard(Itsmc, "too many requests (429)", "ITSMD-NET-007"),
    heard(Itsmc, "ServiceNow endpoint returned an Unexpected response (500)", "ITSMD-NET-008"),
    heard(Itsmc, "ServiceNow returned Service Unavailable (503)", "ITSMD-NET-008"),
    heard(Itsmc, "the action is blocked for some minutes after retries", "ITSMD-MC-001"),
    heard(ServiceNow, "User Not Authenticated", "ITSMD-AUTH-002"),
    heard(ServiceNow, "Required to provide Auth information", "ITSMD-AUTH-002"),
    heard(ServiceNow, "User is not authenticated", "ITSMD-AUTH-002"),
    heard(ServiceNow, "X-MFA_TOKEN: invalid", "ITSMD-AUTH-003"),
    heard(ServiceNow, "Insufficient rights to query records", "ITSMD-SN-011"),
    heard(ServiceNow, "Field(s) present in the query do not have permission to be read", "ITSMD-SN-011"),
    heard(ServiceNow, "Invalid table", "ITSMD-SN-010"),
    heard(ServiceNow, "Table does not exist", "ITSMD-SN-010"),
    heard(ServiceNow, "Requested URI does not represent any resource", "ITSMD-SN-017"),
    heard(ServiceNow, "No Record found", "ITSMD-SN-010"),
    heard(ServiceNow, "Record doesn't exist or ACL restricts the record retrieval", "ITSMD-SN-010"),
    heard(ServiceNow, "Rate limit exceeded", "ITSMD-NET-007"),
    heard(ServiceNow, "429 without X-RateLimit headers", "ITSMD-NET-007"),
    heard(ServiceNow, "Exception while executing request: null Check logs for error trace", "ITSMD-NET-008"),
    heard(ServiceNow, "Transaction cancelled: maximum execution time exceeded", "ITSMD-SN-004"),
    heard(ServiceNow, "502, 503 or 504 with a page of HTML", "ITSMD-NET-008"),
    heard(ServiceNow, "Instance hibernating, please wait", "ITSMD-SN-001"),
    heard(ServiceNow, "202 Accepted to a GET", "ITSMD-NET-009"),
    heard(ServiceNow, "server_error: access_denied (password grant)", "ITSMD-AUTH-006"),
    heard(ServiceNow, "server_error: access_denied (client credentials)", "ITSMD-AUTH-007"),
    heard(Entra, "AADSTS7000215", "ITSMD-AUTH-037"),
    heard(Entra, "AADSTS7000222", "ITSMD-AUTH-038"),
    heard(Entra, "AADSTS700016", "ITSMD-AUTH-040"),
    heard(Entra, "AADSTS7000112", "ITSMD-AUTH-040"),
    heard(Entra, "AADSTS90002", "ITSMD-AUTH-041"),
    heard(Entra, "AADSTS500011", "ITSMD-AUTH-042"),
    heard(Entra, "AADSTS70011", "ITSMD-AUTH-042"),
    heard(Entra, "AADSTS50012", "ITSMD-AUTH-043"),
    heard(Entra, "AADSTS700027", "ITSMD-AUTH-043"),
    heard(Entra, "AADSTS900384", "ITSMD-AUTH-043"),
    heard(Entra, "AADSTS7000218", "ITSMD-AUTH-039"),
    heard(Entra, "AADSTS700025", "ITSMD-AUTH-047"),
    heard(Entra, "AADSTS70021", "ITSMD-AUTH-045"),
    heard(Entra, "AADSTS50126", "ITSMD-AUTH-031"),
    heard(Entra, "AADSTS50034", "ITSMD-AUTH-032"),
    heard(Entra, "AADSTS50053", "ITSMD-AUTH-033"),
    heard(Entra, "AADSTS50055", "ITSMD-AUTH-034"),
    heard(Entra, "AADSTS50057", "ITSMD-AUTH-035"),
    heard(Entra, "AADSTS50076", "ITSMD-AUTH-030"),
    heard(Entra, "AADSTS50079", "ITSMD-AUTH-030"),
    heard(Entra, "AADSTS50158", "ITSMD-AUTH-030"),
    heard(Entra, "AADSTS53003", "ITSMD-AUTH-046"),
    heard(Entra, "AADSTS65001", "ITSMD-AUTH-036"),
    heard(Entra, "AADSTS90055", "ITSMD-AUTH-044"),
    heard(Entra, "AADSTS50056", "ITSMD-AUTH-031"),
    heard(Entra, "AADSTS50105", "ITSMD-AUTH-050"),
    heard(Entra, "AADSTS700024", "ITSMD-AUTH-049"),
    heard(Entra, "AADSTS1000502", "ITSMD-AUTH-048"),
    heard(Entra, "AADSTS50107", "ITSMD-AUTH-031"),
    heard(Entra, "AADSTS51004", "ITSMD-AUTH-031"),
    heard(Entra, "AADSTS50020", "ITSMD-AUTH-031"),
    heard(Entra, "AADSTS50144", "ITSMD-AUTH-034"),
    heard(Entra, "AADSTS50194", "ITSMD-AUTH-041"),
    heard(Entra, "AADSTS50128", "ITSMD-AUTH-041"),
    heard(Entra, "AADSTS90019", "ITSMD-AUTH-041"),
    heard(Entra, "AADSTS700211", "ITSMD-AUTH-045"),
    heard(Entra, "AADSTS700212", "ITSMD-AUTH-045"),
    heard(Entra, "AADSTS700213", "ITSMD-AUTH-045"),
    heard(Entra, "AADSTS53000", "ITSMD-AUTH-046"),
    heard(Entra, "AADSTS53001", "ITSMD-AUTH-046"),
    heard(Entra, "AADSTS53002", "ITSMD-AUTH-046"),
    heard(Entra, "AADSTS530034", "ITSMD-AUTH-046"),
    heard(Entra, "AADSTS700030", "ITSMD-AUTH-048"),
    heard(Entra, "AADSTS90006", "ITSMD-AUTH-051"),
    heard(Entra, "AADSTS90012", "ITSMD-AUTH-051"),
    heard(Entra, "AADSTS90024", "ITSMD-AUTH-051"),
    heard(Entra, "AADSTS90033", "ITSMD-AUTH-051"),
    heard(Entra, "AADSTS90090", "ITSMD-AUTH-051"),
    heard(Dataverse, "Resource not found for the segment", "ITSMD-DV-010"),
    heard(Dataverse, "Could not find a property named", "ITSMD-DV-013"),
    heard(Dataverse, "is missing prvRead… privilege", "ITSMD-DV-011"),
    heard(Dataverse, "The user is not a member of the organization.", "ITSMD-DV-016"),
    heard(Dataverse, "Number of requests exceeded the limit of 6000 over time window of 300 seconds.", "ITSMD-NET-007"),
    heard(Dataverse, "SQL timeout expired", "ITSMD-DV-004"),
    heard(Azure, "The stream was not configured in the data collection rule with immutable Id", "ITSMD-WS-003"),
    heard(Azure, "The authentication token provided does not have access to ingest data", "ITSMD-WS-004"),
    heard(Azure, "Data collection rule with immutable Id not found", "ITSMD-WS-005"),
    heard(Azure, "Maximum allowed content length: 1048576 bytes (1 MB)", "ITSMD-WS-001"),
    heard(Azure, "TokenExpired", "ITSMD-AUTH-004"),
];
