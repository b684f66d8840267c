//! One `[[connection]]`, its values checked against each other.

use std::time::Duration;

use chrono_tz::Tz;

use super::section::Section;
use super::{Connection, Deletions, Splay, auth, profile, schedule, values, workspace};
use crate::auth::Settings;
use crate::model::{ChoiceValues, ConnectionName, Partner, Profile, WorkItemKind};

const LONGEST_NAME: usize = 100;
const DATAVERSE_PAGE: u32 = 5000;

/// Reads a connection. Everything is looked at before the first absence gives up.
pub(super) fn connection(section: &Section<'_>) -> Option<Connection> {
    let name = section.checked("name", name);
    let partner = partner(section);
    let server_url = section.checked("server_url", values::address);
    if let Some(doubt) = server_url.as_deref().and_then(values::doubt_of_server) {
        section.warning("server_url", &format!("server_url: {doubt}"));
    }
    let zone = section.checked("schedule_time_zone", zone);
    let schedule = schedule_of(section, zone);
    let reconcile = match section.text("reconcile") {
        Some("off") => Some(None),
        _ => reconcile_of(section, zone).map(Some),
    };
    let splay = section.checked("splay", splay);
    let proxy = section.checked("proxy", values::proxy);
    let tls = workspace::tls(section);
    let auth = section.section("auth").and_then(|auth| {
        let url = server_url.as_deref().unwrap_or_default();
        auth::connection(&auth, partner?, url)
    });
    let expires = section.section("auth").and_then(|auth| auth.date("expires"));
    if auth == Some(Settings::Mtls) && tls.client_certificate.is_none() {
        let text = "mtls signs in with a client certificate: it needs a section [connection.tls] with \
                    client_certificate and client_key";
        section.mistake("auth", text);
    }
    let profile = partner.and_then(|partner| profile::profile(section, partner));
    let work_items = profile.as_ref().and_then(|profile| work_items(section, profile));
    let page_size = partner.and_then(|partner| page_size(section, partner));
    let filter = filter(section, partner);
    Some(Connection {
        name: name?,
        enabled: section.flag("enabled")?,
        partner: partner?,
        server_url: server_url?,
        work_items: work_items?,
        sync_days: section.integer("sync_days")?,
        schedule: schedule?,
        schedule_time_zone: zone?,
        splay: splay?,
        reconcile: reconcile?,
        deletions: deletions(section)?,
        max_deletions: section.integer("max_deletions")?,
        overlap: overlap(section)?,
        requests_per_minute: section.integer("requests_per_minute")?,
        max_concurrent: section.integer("max_concurrent")?,
        page_size: page_size?,
        filter,
        choice_values: choice_values(section)?,
        request_timeout: section.duration("request_timeout")?,
        proxy,
        tls,
        auth: auth?,
        expires,
        profile: profile?,
    })
}

fn name(text: &str) -> Result<ConnectionName, String> {
    if text.trim() != text || text.chars().count() > LONGEST_NAME {
        return Err(format!("no spaces around it and at most {LONGEST_NAME} characters"));
    }
    if text.chars().any(|c| c.is_control() || "/\"\\".contains(c)) {
        return Err(
            "no /, quotes, backslashes or control characters: it names streams like contoso/incident".to_owned(),
        );
    }
    Ok(ConnectionName::new(text))
}

fn partner(section: &Section<'_>) -> Option<Partner> {
    let word = section.text("partner")?;
    let all = [Partner::ServiceNow, Partner::Provance];
    all.into_iter().find(|partner| partner.as_str() == word)
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse()
        .map_err(|_| format!("\"{text}\" is not a time zone; write one like \"Europe/Berlin\" or \"UTC\""))
}

fn schedule_of(section: &Section<'_>, zone: Option<Tz>) -> Option<String> {
    section.checked("schedule", |fields| schedule::check(fields, zone.unwrap_or(Tz::UTC)))
}

fn reconcile_of(section: &Section<'_>, zone: Option<Tz>) -> Option<String> {
    section.checked("reconcile", |fields| {
        schedule::check_reconcile(fields, zone.unwrap_or(Tz::UTC))
    })
}

fn splay(text: &str) -> Result<Splay, String> {
    if text == "off" {
        return Ok(Splay::Off);
    }
    let percent = text
        .strip_suffix('%')
        .and_then(|number| number.trim().parse::<u8>().ok());
    match percent {
        Some(0) => Ok(Splay::Off),
        Some(percent) if percent <= 100 => Ok(Splay::Percent(percent)),
        Some(_) | None => Err(format!(
            "expected a part of the interval like \"10%\", or \"off\", found \"{text}\""
        )),
    }
}

fn work_items(section: &Section<'_>, profile: &Profile) -> Option<Vec<WorkItemKind>> {
    let known: Vec<WorkItemKind> = profile.items.keys().copied().collect();
    let Some(value) = section.value("work_items") else {
        if known.is_empty() {
            section.mistake(
                "profile",
                "profile: it has neither an [incident] nor a [change_request] section",
            );
        }
        return Some(known);
    };
    let words = value.as_array()?.iter().filter_map(|item| item.get_ref().as_str());
    let kinds: Vec<WorkItemKind> = words.filter_map(WorkItemKind::parse).collect();
    for kind in &kinds {
        if !known.contains(kind) {
            let text = format!(
                "work_items: the profile has no [{kind}] section; leave \"{kind}\" out, or copy the shipped profile, \
                 add the section and name the copy: profile = \"my-profile.toml\""
            );
            section.mistake("work_items", &text);
        }
    }
    Some(kinds)
}

fn page_size(section: &Section<'_>, partner: Partner) -> Option<u32> {
    let size = section.integer("page_size")?;
    match partner {
        Partner::ServiceNow => {}
        Partner::Provance if size > DATAVERSE_PAGE => {
            let text = format!("page_size: Dataverse gives at most {DATAVERSE_PAGE} rows a page, found {size}");
            section.mistake("page_size", &text);
        }
        Partner::Provance => {}
    }
    Some(size)
}

fn deletions(section: &Section<'_>) -> Option<Deletions> {
    match section.text("deletions")? {
        "mark" => Some(Deletions::Mark),
        "off" => Some(Deletions::Off),
        _ => None,
    }
}

fn choice_values(section: &Section<'_>) -> Option<ChoiceValues> {
    match section.text("choice_values")? {
        "labels" => Some(ChoiceValues::Labels),
        "codes" => Some(ChoiceValues::Codes),
        _ => None,
    }
}

fn overlap(section: &Section<'_>) -> Option<Duration> {
    let overlap = section.duration("overlap")?;
    if overlap < Duration::from_secs(60) {
        let text = "overlap: below a minute, a record that becomes visible late may be missed until reconcile finds it";
        section.warning("overlap", text);
    }
    Some(overlap)
}

fn filter(section: &Section<'_>, partner: Option<Partner>) -> String {
    let filter = section.value("filter").and_then(|value| value.as_str());
    let filter = filter.unwrap_or_default().trim();
    let trouble = match partner {
        Some(Partner::ServiceNow) => encoded_query(filter),
        Some(Partner::Provance) => odata_filter(filter),
        None => None,
    };
    if let Some(trouble) = trouble {
        section.mistake("filter", &format!("filter: {trouble}"));
    }
    filter.to_owned()
}

/// What would break out of the conditions that itsmd puts around an encoded query.
fn encoded_query(filter: &str) -> Option<&'static str> {
    // `^^` is a caret inside a value, not the end of a condition.
    let plain = filter.replace("^^", "\u{1}");
    let mut conditions = plain.split('^').filter(|condition| !condition.is_empty());
    if conditions
        .clone()
        .next()
        .is_some_and(|first| first.starts_with("OR") && !first.starts_with("ORDERBY"))
    {
        return Some("it begins with ^OR, which would let every record in; begin with a condition");
    }
    conditions.find_map(|condition| match condition {
        new if new.starts_with("NQ") => Some("^NQ begins a new query that would escape the sync window; use ^OR"),
        order if order.starts_with("ORDERBY") => Some("no ORDERBY: itsmd orders by last-modified time itself"),
        group if group.starts_with("GROUPBY") => Some("no GROUPBY: itsmd reads single records"),
        "EQ" => Some("^EQ ends the query before the sync window is added; remove it"),
        _ => None,
    })
}

fn odata_filter(filter: &str) -> Option<&'static str> {
    let system_option = filter.contains("$filter") || filter.contains("$orderby") || filter.contains("$select");
    system_option.then_some("write the condition alone, without $filter= and other options")
}
