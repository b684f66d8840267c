//! Work items in a Dataverse instance's spelling: incidents as rows of the documented Case table, changes
//! as rows of a custom table, for Provance's own names are not public.

use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_128;

use super::cell::Cell;
use super::table::{Definition, Row};
use crate::sim::item::{Item, State};

/// The Case table.
pub(super) fn cases() -> Definition {
    Definition::new("incidents", "title")
        .with("String", &["ticketnumber", "description"])
        .with(
            "Picklist",
            &["prioritycode", "severitycode", "caseorigincode", "casetypecode"],
        )
        .with("Lookup", &["_customerid_value", "_subjectid_value"])
}

/// A table of changes with the publisher's prefix `new_`.
pub(super) fn changes() -> Definition {
    Definition::new("new_changerequests", "new_title")
        .with(
            "String",
            &[
                "new_number",
                "new_description",
                "new_category",
                "new_closecode",
                "new_ci",
            ],
        )
        .with(
            "Picklist",
            &[
                "new_state",
                "new_risk",
                "new_type",
                "new_priority",
                "new_urgency",
                "new_impact",
            ],
        )
        .with(
            "DateTime",
            &[
                "new_plannedstart",
                "new_plannedend",
                "new_workstart",
                "new_workend",
                "new_closedon",
            ],
        )
        .with("Lookup", &["_new_closedby_value"])
}

/// An incident's row.
pub(super) fn case(item: &Item) -> Row {
    let (state, status) = match item.state {
        State::New | State::InProgress => (Cell::choice(0, "Active"), Cell::choice(1, "In Progress")),
        State::OnHold => (Cell::choice(0, "Active"), Cell::choice(2, "On Hold")),
        State::Resolved => (Cell::choice(1, "Resolved"), Cell::choice(5, "Problem Solved")),
        State::Closed => (Cell::choice(1, "Resolved"), Cell::choice(1000, "Information Provided")),
        State::Cancelled => (Cell::choice(2, "Canceled"), Cell::choice(6, "Canceled")),
    };
    let priority = match item.priority {
        0..=2 => Cell::choice(1, "High"),
        3 => Cell::choice(2, "Normal"),
        _ => Cell::choice(3, "Low"),
    };
    let origin = match item.contact_type.as_str() {
        "phone" => Cell::choice(1, "Phone"),
        "email" => Cell::choice(2, "Email"),
        _ => Cell::choice(3, "Web"),
    };
    row([
        ("incidentid", Cell::Guid(id_of(item))),
        ("ticketnumber", Cell::text(&item.number)),
        ("title", Cell::text(&item.title)),
        ("description", Cell::text(&item.description)),
        ("statecode", state),
        ("statuscode", status),
        ("prioritycode", priority),
        ("caseorigincode", origin),
        ("casetypecode", Cell::choice(2, "Problem")),
        ("createdon", Cell::Time(item.opened_at)),
        ("modifiedon", Cell::Time(item.modified)),
        ("_ownerid_value", owner(item)),
        ("_createdby_value", person(&item.opened_by, "systemuser")),
    ])
}

/// A change's row.
pub(super) fn change(item: &Item) -> Row {
    let state = match item.state {
        State::New => Cell::choice(100_000_000, "New"),
        State::InProgress => Cell::choice(100_000_001, "Implement"),
        State::OnHold => Cell::choice(100_000_002, "Scheduled"),
        State::Resolved => Cell::choice(100_000_003, "Review"),
        State::Closed => Cell::choice(100_000_004, "Closed"),
        State::Cancelled => Cell::choice(100_000_005, "Canceled"),
    };
    let time = |time: Option<_>| time.map_or(Cell::Null, Cell::Time);
    let text = |text: &Option<String>| text.as_ref().map_or(Cell::Null, Cell::text);
    let closer = item
        .closed_by
        .as_ref()
        .map_or(Cell::Null, |name| person(name, "systemuser"));
    row([
        ("new_changerequestid", Cell::Guid(id_of(item))),
        ("new_number", Cell::text(&item.number)),
        ("new_title", Cell::text(&item.title)),
        ("new_description", Cell::text(&item.description)),
        ("new_category", Cell::text(&item.category)),
        ("new_closecode", text(&item.close_code)),
        ("new_ci", text(&item.ci)),
        ("new_state", state),
        (
            "new_risk",
            item.risk.map_or(Cell::Null, |risk| {
                level(risk, ["", "Very High", "High", "Moderate", "Low"])
            }),
        ),
        ("new_type", item.change_type.as_deref().map_or(Cell::Null, change_type)),
        (
            "new_priority",
            level(item.priority, ["", "Critical", "High", "Moderate", "Low"]),
        ),
        ("new_urgency", level(item.urgency, ["", "High", "Medium", "Low", ""])),
        ("new_impact", level(item.impact, ["", "High", "Medium", "Low", ""])),
        ("new_plannedstart", time(item.planned.map(|(start, _)| start))),
        ("new_plannedend", time(item.planned.map(|(_, end)| end))),
        ("new_workstart", time(item.work_start)),
        ("new_workend", time(item.work_end)),
        ("new_closedon", time(item.closed_at)),
        ("createdon", Cell::Time(item.opened_at)),
        ("modifiedon", Cell::Time(item.modified)),
        ("_ownerid_value", owner(item)),
        ("_createdby_value", person(&item.opened_by, "systemuser")),
        ("_new_closedby_value", closer),
    ])
}

/// The item's id, as an id of a row.
pub(super) fn id_of(item: &Item) -> Uuid {
    // A world that numbers its items otherwise still gets one id an item.
    Uuid::parse_str(&item.id).unwrap_or_else(|_| Uuid::from_u128(xxh3_128(item.id.as_bytes())))
}

fn row<const N: usize>(cells: [(&str, Cell); N]) -> Row {
    cells.map(|(name, cell)| (name.to_owned(), cell)).into()
}

fn owner(item: &Item) -> Cell {
    match &item.assigned_to {
        Some(name) => person(name, "systemuser"),
        None => person(&item.assignment_group, "team"),
    }
}

fn person(name: &str, logical_name: &str) -> Cell {
    let id = Uuid::from_u128(xxh3_128(format!("{logical_name}/{name}").as_bytes()));
    Cell::Lookup {
        id,
        label: name.to_owned(),
        logical_name: logical_name.to_owned(),
    }
}

fn level(number: u8, labels: [&str; 5]) -> Cell {
    let label = labels.get(usize::from(number)).copied().unwrap_or("Planning");
    Cell::choice(i64::from(number), label)
}

fn change_type(name: &str) -> Cell {
    match name {
        "standard" => Cell::choice(100_000_001, "Standard"),
        "emergency" => Cell::choice(100_000_002, "Emergency"),
        _ => Cell::choice(100_000_000, "Normal"),
    }
}
