//! The whole file out of its sections, and what only shows across them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret;
use toml::de::DeTable;

use super::document::Document;
use super::keys::ROOT;
use super::section::Section;
use super::{About, Config, Connection, Secrets, connection, shared_token, workspace};
use crate::model::doubt_of_control_token;
use crate::net::SecretRef;

/// The configuration, as far as its values could be read at all.
pub(super) fn config(document: &Document<'_>, table: &DeTable<'_>) -> Option<Config> {
    let root = Section::root(document, &ROOT, table);
    let state = state(document, root.section("state").as_ref());
    let http = listener(root.section("http").as_ref());
    let control_token = root
        .section("http")
        .and_then(|section| control_token(&section, http.flatten()));
    let workspace = root
        .section("workspace")
        .and_then(|section| workspace::workspace(&section));
    let sections = root.sections("connection");
    let connections: Vec<Option<Connection>> = sections.iter().map(connection::connection).collect();
    refuse_twins(&sections);
    shared_token::refuse_twins(&sections, &connections, document.secrets);
    let connections: Vec<Connection> = connections.into_iter().collect::<Option<_>>()?;
    if connections.iter().all(|connection| !connection.enabled) {
        document.warning(1, "", "every connection is disabled: nothing will be read");
    }
    Some(Config {
        path: document.file.to_owned(),
        state,
        http: http?,
        control_token,
        workspace: workspace?,
        connections,
    })
}

fn state(document: &Document<'_>, section: Option<&Section<'_>>) -> PathBuf {
    if let Some(path) = section.and_then(|section| section.text("path")) {
        return document.path(path);
    }
    // systemd separates several directories by colons; ours is the first.
    let directory = std::env::var("STATE_DIRECTORY").unwrap_or_default();
    match directory.split(':').next() {
        Some(first) if !first.is_empty() => Path::new(first).join("itsmd.db"),
        Some(_) | None => "/var/lib/itsmd/itsmd.db".into(),
    }
}

fn listener(section: Option<&Section<'_>>) -> Option<Option<SocketAddr>> {
    let Some(section) = section else {
        return Some(Some(SocketAddr::from(([127, 0, 0, 1], 9477))));
    };
    let address = section.checked("listen", |text| {
        if text == "off" {
            return Ok(None);
        }
        let text = text.replacen("localhost:", "127.0.0.1:", 1);
        let expected = "expected an address and a port like \"127.0.0.1:9477\", or \"off\"";
        text.parse::<SocketAddr>().map(Some).map_err(|_| expected.to_owned())
    })?;
    if address.is_some_and(|address| !address.ip().is_loopback()) {
        let text = "listen: beyond this machine anybody who reaches it may read names and counts of your service desk";
        section.warning("listen", text);
    }
    Some(address)
}

/// What is wrong with it is doubtful and no mistake: without its buttons the page still shows, and the records still go.
fn control_token(section: &Section<'_>, listening: Option<SocketAddr>) -> Option<SecretRef> {
    const KEY: &str = "control_token";
    let secret = section.secret_reference(KEY)?;
    let doubt = |text: &str| section.warning(KEY, &format!("{KEY}: {text}"));
    match listening {
        None => doubt("nothing listens (listen = \"off\"), so that nobody can use it"),
        Some(address) if !address.ip().is_loopback() => {
            doubt(
                "listen is beyond this machine, where the token goes over the network as plain text: put a proxy with https before it",
            );
        }
        Some(_) => {}
    }
    if section.document.secrets == Secrets::Check {
        match secret.read() {
            Err(error) => {
                let text = format!("{KEY}: {error}; until it is there the buttons of the page are refused");
                section.warning_about(About::NoToken, KEY, &text);
            }
            Ok(token) => {
                if let Some(why) = doubt_of_control_token(token.expose_secret()) {
                    let text = format!("{KEY}: {why}; until then the buttons of the page are refused");
                    section.warning_about(About::WeakToken, KEY, &text);
                }
            }
        }
        section.warn_of_readers(KEY, &secret);
    }
    Some(secret)
}

fn refuse_twins(sections: &[Section<'_>]) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for section in sections {
        let Some(name) = section.text("name") else { continue };
        let line = section.line_of("name");
        match seen.get(name) {
            Some(first) => {
                let text = format!("name: \"{name}\" is already the connection of line {first}");
                section.mistake("name", &text);
            }
            None => {
                seen.insert(name, line);
            }
        }
    }
}
