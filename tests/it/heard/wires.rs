//! Answers in the words of those who give them.

use itsmd::cli::explain::{By, HEARD};

/// Who is asked, and how one signs in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    ServiceNow,
    OAuthPassword,
    OAuthClient,
    Entra,
    Dataverse,
    Azure,
}

/// An answer to everything.
#[derive(Debug, Clone)]
pub struct Wire {
    pub words: &'static str,
    pub asked: Asked,
    pub status: u16,
    pub header: Option<(&'static str, &'static str)>,
    pub body: String,
}

fn wire(words: &'static str, asked: Asked, status: u16, body: &str) -> Wire {
    Wire {
        words,
        asked,
        status,
        header: None,
        body: body.to_owned(),
    }
}

fn failure(message: &str, detail: &str) -> String {
    serde_json::json!({"error": {"message": message, "detail": detail}, "status": "failure"}).to_string()
}

fn coded(code: &str, message: &str) -> String {
    serde_json::json!({"error": {"code": code, "message": message}}).to_string()
}

/// What is seen of ServiceNow, in its own spelling.
pub fn servicenow() -> Vec<Wire> {
    use Asked::{OAuthClient, OAuthPassword, ServiceNow};
    let cancelled = "Transaction cancelled: maximum execution time exceeded";
    let denied = r#"{"error_description":"access_denied","error":"server_error"}"#;
    let html = "<html><body>Instance hibernating, please wait</body></html>";
    let missing = "Record doesn't exist or ACL restricts the record retrieval";
    let unreadable = "Field(s) present in the query do not have permission to be read";
    let mut wires = vec![
        wire(
            "User Not Authenticated",
            ServiceNow,
            401,
            &failure("User Not Authenticated", "Required to provide Auth information"),
        ),
        wire(
            "Required to provide Auth information",
            ServiceNow,
            401,
            &failure("User Not Authenticated", "Required to provide Auth information"),
        ),
        wire(
            "User is not authenticated",
            ServiceNow,
            401,
            &failure("User is not authenticated", ""),
        ),
        wire(
            "Insufficient rights to query records",
            ServiceNow,
            403,
            &failure("Insufficient rights to query records", ""),
        ),
        wire(
            unreadable,
            ServiceNow,
            403,
            &failure("Insufficient rights to query records", unreadable),
        ),
        wire("Invalid table", ServiceNow, 400, &failure("Invalid table incidnet", "")),
        wire(
            "Table does not exist",
            ServiceNow,
            400,
            &failure("Invalid table incidnet", "Table incidnet does not exist"),
        ),
        wire(
            "Requested URI does not represent any resource",
            ServiceNow,
            400,
            &failure("Requested URI does not represent any resource", ""),
        ),
        wire("No Record found", ServiceNow, 404, &failure("No Record found", missing)),
        wire(missing, ServiceNow, 404, &failure("No Record found", missing)),
        wire("429 without X-RateLimit headers", ServiceNow, 429, ""),
        wire(
            "Exception while executing request: null Check logs for error trace",
            ServiceNow,
            500,
            &failure(
                "…",
                "Exception while executing request: null Check logs for error trace or enable glide.rest.debug property",
            ),
        ),
        wire(cancelled, ServiceNow, 200, &failure(cancelled, cancelled)),
        wire(
            "502, 503 or 504 with a page of HTML",
            ServiceNow,
            502,
            "<html><body><h1>Bad gateway</h1></body></html>",
        ),
        wire("Instance hibernating, please wait", ServiceNow, 200, html),
        wire("data from ServiceNow is not synced", ServiceNow, 200, html),
        wire("202 Accepted to a GET", ServiceNow, 202, ""),
        wire(
            "server_error: access_denied (password grant)",
            OAuthPassword,
            401,
            denied,
        ),
        wire("Error in saving connection", OAuthPassword, 401, denied),
        wire(
            "server_error: access_denied (client credentials)",
            OAuthClient,
            401,
            denied,
        ),
        wire(
            "Target record not found",
            ServiceNow,
            200,
            &failure("Target record not found", ""),
        ),
        wire(
            "Invalid staging table",
            ServiceNow,
            200,
            &failure("Invalid staging table", ""),
        ),
        wire(
            "ACL Exception Update Failed due to security constraints",
            ServiceNow,
            403,
            &failure(
                "Operation Failed",
                "ACL Exception Update Failed due to security constraints",
            ),
        ),
        wire(
            "Failed to add ITSM Connection due to Bad Request… Status Code Forbidden",
            ServiceNow,
            403,
            "<html><title>Forbidden</title></html>",
        ),
        wire("Couldn't access the ITSM system", ServiceNow, 403, ""),
        wire(
            "ServiceNow endpoint returned an Unexpected response (500)",
            ServiceNow,
            500,
            "oops",
        ),
        wire("ServiceNow returned Service Unavailable (503)", ServiceNow, 503, ""),
        wire("timeout (408)", ServiceNow, 408, ""),
    ];
    wires.push(Wire {
        header: Some(("x-mfa_token", "invalid")),
        ..wire(
            "X-MFA_TOKEN: invalid",
            ServiceNow,
            401,
            &failure("User Not Authenticated", ""),
        )
    });
    for words in [
        "Rate limit exceeded",
        "ServiceDeskHttpBadRequestException: StatusCode=429",
        "too many requests (429)",
    ] {
        wires.push(Wire {
            header: Some(("retry-after", "3000")),
            ..wire(
                words,
                ServiceNow,
                429,
                &failure(
                    "Rate limit exceeded",
                    "Rate limit of 100 requests per hour for Table API exceeded",
                ),
            )
        });
    }
    wires
}

pub fn microsoft() -> Vec<Wire> {
    use Asked::{Azure, Dataverse, Entra};
    let many = "Number of requests exceeded the limit of 6000 over time window of 300 seconds.";
    let nobody = "The user is not a member of the organization.";
    let mut wires = vec![
        wire(
            "Resource not found for the segment",
            Dataverse,
            404,
            &coded("0x8006088a", "Resource not found for the segment 'incident'."),
        ),
        wire(
            "Could not find a property named",
            Dataverse,
            400,
            &coded(
                "0x80060888",
                "Could not find a property named 'x' on type 'Microsoft.Dynamics.CRM.incident'.",
            ),
        ),
        wire(
            "is missing prvRead… privilege",
            Dataverse,
            403,
            &coded("0x80040220", "Principal user is missing prvReadIncident privilege."),
        ),
        wire(nobody, Dataverse, 403, &coded("0x80072560", nobody)),
        wire(
            "SQL timeout expired",
            Dataverse,
            500,
            &coded("0x80044151", "SQL timeout expired."),
        ),
        wire(
            "The stream was not configured in the data collection rule with immutable Id",
            Azure,
            400,
            &coded(
                "InvalidStream",
                "The stream Custom-X was not configured in the data collection rule with immutable Id dcr-1.",
            ),
        ),
        wire(
            "The authentication token provided does not have access to ingest data",
            Azure,
            403,
            &coded(
                "OperationFailed",
                "The authentication token provided does not have access to ingest data for the data collection rule",
            ),
        ),
        wire(
            "Data collection rule with immutable Id not found",
            Azure,
            404,
            &coded("NotFound", "Data collection rule with immutable Id 'dcr-1' not found."),
        ),
        wire(
            "Maximum allowed content length: 1048576 bytes (1 MB)",
            Azure,
            413,
            &coded(
                "ContentLengthLimitExceeded",
                "Maximum allowed content length: 1048576 bytes (1 MB).",
            ),
        ),
        wire("TokenExpired", Azure, 401, &coded("TokenExpired", "")),
        wire("The access token needs to be refreshed.", Azure, 401, ""),
        Wire {
            header: Some(("retry-after", "300")),
            ..wire(many, Dataverse, 429, &coded("0x80072322", many))
        },
    ];
    for heard in HEARD.iter().filter(|heard| heard.by == By::Entra) {
        let body = serde_json::json!({
            "error": "invalid_client",
            "error_description": format!("{}: what it says.\r\nTrace ID: 1\r\nTimestamp: 2", heard.words),
        });
        wires.push(wire(heard.words, Entra, 401, &body.to_string()));
    }
    wires
}
