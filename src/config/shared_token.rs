//! A refresh token belongs to one connection: a server that rotates takes each once, and each connection keeps its own
//! successor.

use secrecy::ExposeSecret;

use super::section::Section;
use super::{Connection, Secrets};
use crate::auth::Settings;
use crate::net::SecretRef;

/// Refuses a second connection with the same token at the same server; disabled ones do not sign in.
pub(super) fn refuse_twins(sections: &[Section<'_>], connections: &[Option<Connection>], secrets: Secrets) {
    let mut seen: Vec<(&Connection, &SecretRef)> = Vec::new();
    for (section, connection) in sections.iter().zip(connections) {
        let Some(connection) = connection.as_ref().filter(|connection| connection.enabled) else {
            continue;
        };
        let Some(token) = refresh_token(&connection.auth) else {
            continue;
        };
        let twin = seen
            .iter()
            .find(|(other, known)| at_one_server(other, connection) && is_same(known, token, secrets));
        let Some((first, _)) = twin else {
            seen.push((connection, token));
            continue;
        };
        let text = format!(
            "refresh_token: \"{}\" and \"{}\" have the same one at {}: an instance that rotates takes it once, and then one of \
             them is locked out; make it one connection with the work items of both, or get each its own",
            first.name, connection.name, connection.server_url
        );
        if let Some(auth) = section.section("auth") {
            auth.mistake("refresh_token", &text);
        }
    }
}

fn refresh_token(auth: &Settings) -> Option<&SecretRef> {
    let Settings::OauthRefresh { refresh_token, .. } = auth else {
        return None;
    };
    Some(refresh_token)
}

fn at_one_server(one: &Connection, other: &Connection) -> bool {
    one.server_url.eq_ignore_ascii_case(&other.server_url)
}

/// By where they are, and by what they are where that may be looked at.
fn is_same(one: &SecretRef, other: &SecretRef, secrets: Secrets) -> bool {
    let same = || {
        let (Ok(one), Ok(other)) = (one.read(), other.read()) else {
            return false;
        };
        one.expose_secret().trim() == other.expose_secret().trim()
    };
    one == other || (secrets == Secrets::Check && same())
}
