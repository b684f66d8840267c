//! A work item as the incident and change request tables spell it: codes with labels, references with names.

use super::row::{Display, Row, Text, stamp};
use crate::model::WorkItemKind;
use crate::sim::item::{Item, State};

/// Whether the table of a kind has this field, for as long as it has no rows.
pub(super) fn has(table: &str, field: &str) -> bool {
    const BOTH: [&str; 20] = [
        "number",
        "state",
        "short_description",
        "description",
        "urgency",
        "impact",
        "priority",
        "category",
        "escalation",
        "contact_type",
        "opened_by",
        "assigned_to",
        "assignment_group",
        "closed_by",
        "close_code",
        "opened_at",
        "closed_at",
        "cmdb_ci",
        "active",
        "work_notes",
    ];
    const INCIDENT: [&str; 4] = ["subcategory", "resolved_by", "resolved_at", "incident_state"];
    const CHANGE: [&str; 9] = [
        "risk",
        "type",
        "requested_by",
        "requested_by_date",
        "start_date",
        "end_date",
        "work_start",
        "work_end",
        "conflict_status",
    ];
    match WorkItemKind::parse(table) {
        Some(WorkItemKind::Incident) => BOTH.contains(&field) || INCIDENT.contains(&field),
        Some(WorkItemKind::ChangeRequest) => BOTH.contains(&field) || CHANGE.contains(&field),
        None => false,
    }
}

/// The row of an item.
pub fn row(item: &Item) -> Row {
    let row = common(item);
    match item.kind {
        WorkItemKind::Incident => incident(row, item),
        WorkItemKind::ChangeRequest => change(row, item),
    }
}

fn common(item: &Item) -> Row {
    let over = item.state >= State::Closed;
    let (state, label) = state(item);
    let (escalation, escalated) = if item.priority == 1 {
        ("2", "High")
    } else {
        ("0", "Normal")
    };
    let row = Row::new(item.id.clone())
        .with("number", item.number.clone())
        .labelled("state", state, label)
        .with("active", if over { "false" } else { "true" })
        .with("short_description", item.title.clone())
        .with("description", item.description.clone())
        .labelled("urgency", item.urgency.to_string(), three(item.urgency))
        .labelled("impact", item.impact.to_string(), three(item.impact))
        .labelled("priority", item.priority.to_string(), five(item.priority))
        .labelled("escalation", escalation, escalated)
        .labelled("category", item.category.clone(), capital(&item.category))
        .labelled("contact_type", item.contact_type.clone(), capital(&item.contact_type));
    let row = person(row, "opened_by", Some(&item.opened_by));
    let row = person(row, "assigned_to", item.assigned_to.as_deref());
    let row = person(row, "closed_by", item.closed_by.as_deref());
    let row = named(row, "assignment_group", "sys_user_group", Some(&item.assignment_group));
    let row = named(row, "cmdb_ci", "cmdb_ci", item.ci.as_deref());
    let updated_by = item.assigned_to.as_deref().unwrap_or(&item.opened_by);
    row.with("close_code", item.close_code.clone().unwrap_or_default())
        .time("opened_at", Some(item.opened_at))
        .time("closed_at", item.closed_at)
        .time("sys_created_on", Some(item.opened_at))
        .with("sys_created_by", login(&item.opened_by))
        .time("sys_updated_on", Some(item.modified))
        .with("sys_updated_by", login(updated_by))
        .with("sys_mod_count", item.revision.to_string())
        .labelled("sys_class_name", item.kind.as_str(), class(item.kind))
        .with("correlation_id", "")
        .labelled("sys_domain", "global", "global")
        .cell("comments", Text::default(), Display::Text(Text::default()), None)
        .cell("work_notes", Text::default(), Display::Text(journal(item).into()), None)
}

fn incident(row: Row, item: &Item) -> Row {
    let (state, label) = state(item);
    let subcategory = item.subcategory.clone().unwrap_or_default();
    let shown = capital(&subcategory);
    person(row, "resolved_by", item.resolved_by.as_deref())
        .labelled("incident_state", state, label)
        .labelled("subcategory", subcategory, shown)
        .time("resolved_at", item.resolved_at)
        .labelled("severity", "3", "3 - Low")
}

fn change(row: Row, item: &Item) -> Row {
    let risk = item.risk.unwrap_or(3);
    let kind = item.change_type.clone().unwrap_or_else(|| "normal".to_owned());
    let shown = capital(&kind);
    person(row, "requested_by", Some(&item.opened_by))
        .labelled(
            "risk",
            risk.to_string(),
            ["Very High", "High", "Moderate", "Low"][usize::from(risk.clamp(1, 4)) - 1],
        )
        .labelled("type", kind, shown)
        .with("conflict_status", "Not Run")
        .time("requested_by_date", item.planned.map(|(_, end)| end))
        .time("start_date", item.planned.map(|(start, _)| start))
        .time("end_date", item.planned.map(|(_, end)| end))
        .time("work_start", item.work_start)
        .time("work_end", item.work_end)
}

fn state(item: &Item) -> (&'static str, &'static str) {
    match (item.kind, item.state) {
        (WorkItemKind::Incident, State::New) => ("1", "New"),
        (WorkItemKind::Incident, State::InProgress) => ("2", "In Progress"),
        (WorkItemKind::Incident, State::OnHold) => ("3", "On Hold"),
        (WorkItemKind::Incident, State::Resolved) => ("6", "Resolved"),
        (WorkItemKind::Incident, State::Closed) => ("7", "Closed"),
        (WorkItemKind::Incident, State::Cancelled) => ("8", "Canceled"),
        (WorkItemKind::ChangeRequest, State::New) => ("-5", "New"),
        (WorkItemKind::ChangeRequest, State::OnHold) => ("-2", "Scheduled"),
        (WorkItemKind::ChangeRequest, State::InProgress) => ("-1", "Implement"),
        (WorkItemKind::ChangeRequest, State::Resolved) => ("0", "Review"),
        (WorkItemKind::ChangeRequest, State::Closed) => ("3", "Closed"),
        (WorkItemKind::ChangeRequest, State::Cancelled) => ("4", "Canceled"),
    }
}

fn three(level: u8) -> &'static str {
    ["1 - High", "2 - Medium", "3 - Low"][usize::from(level.clamp(1, 3)) - 1]
}

fn five(level: u8) -> &'static str {
    ["1 - Critical", "2 - High", "3 - Moderate", "4 - Low", "5 - Planning"][usize::from(level.clamp(1, 5)) - 1]
}

fn class(kind: WorkItemKind) -> &'static str {
    match kind {
        WorkItemKind::Incident => "Incident",
        WorkItemKind::ChangeRequest => "Change Request",
    }
}

fn person(row: Row, field: &'static str, name: Option<&str>) -> Row {
    named(row, field, "sys_user", name)
}

fn named(row: Row, field: &'static str, table: &'static str, name: Option<&str>) -> Row {
    let name = name.unwrap_or_default();
    row.reference(field, table, id_of(table, name), name.to_owned())
}

/// The `sys_id` of whoever or whatever has this name; empty for nobody.
pub fn id_of(table: &str, name: &str) -> String {
    if name.is_empty() {
        return String::new();
    }
    // FNV-1a, twice: an id needs only to be steady and apart from the others.
    let hash = |seed: u64| {
        let bytes = table.bytes().chain([b'/']).chain(name.bytes());
        bytes.fold(seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
    };
    format!(
        "{:016x}{:016x}",
        hash(0xcbf2_9ce4_8422_2325),
        hash(0x9e37_79b9_7f4a_7c15)
    )
}

fn login(name: &str) -> String {
    name.to_lowercase().replace(' ', ".")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn journal(item: &Item) -> String {
    let Some(who) = &item.assigned_to else {
        return String::new();
    };
    format!(
        "{} - {who} (Work notes)\nUpdated by {}.\n\n",
        stamp(item.modified),
        item.assignment_group
    )
}
