//! The `auth` sections: one variant a method, with the defaults that depend on the other end.

use super::cloud;
use super::keys::CONNECTION_AUTH;
use super::section::Section;
use super::values;
use crate::auth::Settings;
use crate::model::Partner;

/// `[connection.auth]`.
pub(super) fn connection(section: &Section<'_>, partner: Partner, server_url: &str) -> Option<Settings> {
    let method = section.text("method")?;
    let fitting = fitting(partner);
    if known(method) && !fitting.contains(&method) {
        let text = format!(
            "{method} does not sign in to {}; it takes {}",
            partner.as_str(),
            fitting.join(", ")
        );
        section.mistake("method", &text);
    }
    match method {
        "basic" => basic(section),
        "oauth-password" => oauth_password(section),
        "oauth-client-credentials" => oauth_client_credentials(section),
        "oauth-refresh" => oauth_refresh(section),
        "oauth-jwt-bearer" => oauth_jwt_bearer(section),
        "api-key" => Some(Settings::ApiKey {
            api_key: section.secret("api_key")?,
        }),
        "mtls" => Some(Settings::Mtls),
        "entra" => entra(section, partner, server_url),
        "entra-password" => entra_password(section, server_url),
        _ => None,
    }
}

fn fitting(partner: Partner) -> &'static [&'static str] {
    match partner {
        Partner::ServiceNow => &[
            "basic",
            "oauth-password",
            "oauth-client-credentials",
            "oauth-refresh",
            "oauth-jwt-bearer",
            "entra",
            "api-key",
            "mtls",
        ],
        Partner::Provance => &["entra", "entra-password"],
    }
}

/// Whether there is such a method for a connection at all, and this version has it.
fn known(method: &str) -> bool {
    let variants = CONNECTION_AUTH.choice.iter().flat_map(|choice| choice.of);
    variants
        .filter(|variant| variant.available)
        .any(|variant| variant.name == method)
}

/// `[workspace.auth]`.
pub(super) fn workspace(section: &Section<'_>, endpoint: &str) -> Option<Settings> {
    let scope = cloud::monitor_scope(section, endpoint);
    match section.text("method")? {
        "client-secret" => entra_secret(section, endpoint, Some(scope)),
        "client-certificate" => entra_certificate(section, endpoint, Some(scope)),
        "workload-identity" => workload_identity(section, endpoint, scope),
        "managed-identity" => Some(Settings::ManagedIdentity {
            client_id: section.text("client_id").map(str::to_owned),
            scope,
        }),
        _ => None,
    }
}

fn basic(section: &Section<'_>) -> Option<Settings> {
    let password = section.secret("password");
    let username = section.text("username")?.to_owned();
    if username.contains(':') {
        section.mistake("username", "username: basic cannot carry a user name with a colon");
    }
    Some(Settings::Basic {
        username,
        password: password?,
    })
}

fn oauth_password(section: &Section<'_>) -> Option<Settings> {
    let (password, client_secret) = (section.secret("password"), section.secret("client_secret"));
    Some(Settings::OauthPassword {
        username: section.text("username")?.to_owned(),
        password: password?,
        client_id: section.text("client_id")?.to_owned(),
        client_secret: client_secret?,
    })
}

fn oauth_client_credentials(section: &Section<'_>) -> Option<Settings> {
    let client_secret = section.secret("client_secret");
    Some(Settings::OauthClientCredentials {
        client_id: section.text("client_id")?.to_owned(),
        client_secret: client_secret?,
    })
}

fn oauth_refresh(section: &Section<'_>) -> Option<Settings> {
    let (client_secret, refresh_token) = (section.secret("client_secret"), section.secret("refresh_token"));
    Some(Settings::OauthRefresh {
        client_id: section.text("client_id")?.to_owned(),
        client_secret: client_secret?,
        refresh_token: refresh_token?,
    })
}

fn oauth_jwt_bearer(section: &Section<'_>) -> Option<Settings> {
    let (client_secret, private_key) = (section.secret("client_secret"), section.secret("private_key"));
    Some(Settings::OauthJwtBearer {
        client_id: section.text("client_id")?.to_owned(),
        client_secret: client_secret?,
        subject: section.text("subject")?.to_owned(),
        key_id: section.text("key_id")?.to_owned(),
        private_key: private_key?,
    })
}

fn entra(section: &Section<'_>, partner: Partner, server_url: &str) -> Option<Settings> {
    let scope = match (section.text("scope"), partner) {
        (Some(scope), _) => Some(scope.to_owned()),
        (None, Partner::Provance) => Some(format!("{server_url}/.default")),
        (None, Partner::ServiceNow) => {
            let text = "entra needs the key \"scope\" for servicenow: \
                        the application that the instance's OIDC provider names, e.g. \"api://…/.default\"";
            section.mistake("scope", text);
            None
        }
    };
    let (secret, certificate, key) = (
        section.value("client_secret").is_some(),
        section.value("certificate").is_some(),
        section.value("private_key").is_some(),
    );
    match (secret, certificate, key) {
        (true, false, false) => entra_secret(section, server_url, scope),
        (false, true, true) => entra_certificate(section, server_url, scope),
        (true, _, _) => {
            let text = "entra takes client_secret, or certificate and private_key, not both";
            section.mistake("client_secret", text);
            None
        }
        (false, _, _) => {
            let text = "entra needs the key \"client_secret\", or the keys \"certificate\" and \"private_key\"";
            section.mistake("client_secret", text);
            None
        }
    }
}

fn entra_certificate(section: &Section<'_>, other_end: &str, scope: Option<String>) -> Option<Settings> {
    let (certificate, private_key) = (section.readable("certificate"), section.secret("private_key"));
    let authority = cloud::authority(section, other_end);
    Some(Settings::EntraCertificate {
        tenant_id: section.text("tenant_id")?.to_owned(),
        client_id: section.text("client_id")?.to_owned(),
        certificate: certificate?,
        private_key: private_key?,
        authority: authority?,
        scope: scope?,
    })
}

/// What the file leaves out the environment has where Azure's webhook or a pipeline set it.
fn workload_identity(section: &Section<'_>, endpoint: &str, scope: String) -> Option<Settings> {
    let tenant_id = given_or_set(section, "tenant_id", "AZURE_TENANT_ID");
    let client_id = given_or_set(section, "client_id", "AZURE_CLIENT_ID");
    let token_file = given_or_set(section, "token_file", "AZURE_FEDERATED_TOKEN_FILE");
    let authority = match environment("AZURE_AUTHORITY_HOST") {
        Some(host) if section.value("authority").is_none() => match values::address(&host) {
            Ok(address) => Some(address),
            Err(why) => {
                section.mistake("authority", &format!("authority: $AZURE_AUTHORITY_HOST: {why}"));
                None
            }
        },
        Some(_) | None => cloud::authority(section, endpoint),
    };
    let token_file = section.found("token_file", &token_file?);
    Some(Settings::WorkloadIdentity {
        tenant_id: tenant_id?,
        client_id: client_id?,
        token_file,
        authority: authority?,
        scope,
    })
}

fn given_or_set(section: &Section<'_>, key: &str, variable: &str) -> Option<String> {
    let given = section.text(key).map(str::to_owned);
    if given.is_none() && section.value(key).is_some() {
        return None;
    }
    let value = given.or_else(|| environment(variable));
    if value.is_none() {
        let text = format!("workload-identity needs the key \"{key}\", or {variable} in the environment");
        section.mistake(key, &text);
    }
    value
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn entra_secret(section: &Section<'_>, other_end: &str, scope: Option<String>) -> Option<Settings> {
    let client_secret = section.secret("client_secret");
    let authority = cloud::authority(section, other_end);
    Some(Settings::EntraSecret {
        tenant_id: section.text("tenant_id")?.to_owned(),
        client_id: section.text("client_id")?.to_owned(),
        client_secret: client_secret?,
        authority: authority?,
        scope: scope?,
    })
}

fn entra_password(section: &Section<'_>, server_url: &str) -> Option<Settings> {
    let password = section.secret("password");
    let authority = cloud::authority(section, server_url);
    let tenant_id = section.text("tenant_id")?.to_owned();
    if ["common", "consumers"].contains(&tenant_id.as_str()) {
        let text = format!("tenant_id: the password grant does not work with {tenant_id}; name the tenant");
        section.mistake("tenant_id", &text);
    }
    Some(Settings::EntraPassword {
        tenant_id,
        client_id: section.text("client_id")?.to_owned(),
        username: section.text("username")?.to_owned(),
        password: password?,
        authority: authority?,
        scope: format!("{server_url}/user_impersonation"),
    })
}
