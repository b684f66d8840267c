//! The `auth` sections: one variant a method, with the defaults that depend on the other end.

use super::section::Section;
use super::values;
use crate::auth::Settings;
use crate::model::Partner;

/// `[connection.auth]`.
pub(super) fn connection(section: &Section<'_>, partner: Partner, server_url: &str) -> Option<Settings> {
    let method = section.text("method")?;
    let fitting = match partner {
        Partner::ServiceNow => ["basic", "oauth-password", "oauth-client-credentials", "entra"].as_slice(),
        Partner::Provance => ["entra", "entra-password"].as_slice(),
    };
    let known = [
        "basic",
        "oauth-password",
        "oauth-client-credentials",
        "entra",
        "entra-password",
    ];
    if known.contains(&method) && !fitting.contains(&method) {
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
        "entra" => entra(section, partner, server_url),
        "entra-password" => entra_password(section, server_url),
        _ => None,
    }
}

/// `[workspace.auth]`.
pub(super) fn workspace(section: &Section<'_>) -> Option<Settings> {
    match section.text("method")? {
        "client-secret" => {
            let scope = section.text("scope").map(str::to_owned);
            entra_secret(section, scope)
        }
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
    entra_secret(section, scope)
}

fn entra_secret(section: &Section<'_>, scope: Option<String>) -> Option<Settings> {
    let client_secret = section.secret("client_secret");
    let authority = section.checked("authority", values::address);
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
    let authority = section.checked("authority", values::address);
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
