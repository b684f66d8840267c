use super::*;
use crate::model::Profile;

fn column(field: &str, kind: &str, label: &str) -> ColumnInfo {
    ColumnInfo {
        field: field.to_owned(),
        kind: kind.to_owned(),
        label: label.to_owned(),
        choices: Vec::new(),
    }
}

fn table(name: &str, primary: &str) -> TableInfo {
    TableInfo {
        logical_name: name.to_owned(),
        entity_set: format!("{name}s"),
        id: format!("{name}id"),
        name: Some(primary.to_owned()),
        label: name.to_owned(),
        custom: true,
    }
}

fn common() -> Vec<ColumnInfo> {
    vec![
        column("createdon", "DateTime", "Created On"),
        column("modifiedon", "DateTime", "Modified On"),
        column("versionnumber", "BigInt", "Version Number"),
        column("statuscode", "Status", "Status Reason"),
        column("_ownerid_value", "Owner", "Owner"),
    ]
}

fn fields(item: &Item) -> Vec<(&str, &str)> {
    let mapped = item.mapped.iter();
    mapped.map(|(name, column)| (*name, column.field.as_str())).collect()
}

#[test]
fn prefixes_labels_and_types_decide_what_a_column_is() {
    let mut columns = common();
    columns.extend([
        column("abc_name", "String", "Change Number"),
        column("abc_summary", "String", "Summary"),
        column("abc_x17", "Picklist", "Risk Level"),
        // A time's name alone does not make a text a time.
        column("abc_plannedstart", "String", "Planned Start"),
        column("abc_scheduledstart", "DateTime", "Start"),
        column("_abc_requesterid_value", "Lookup", "Requester"),
        column("abc_colour", "Picklist", "Colour"),
    ]);
    let item = Item::draft(WorkItemKind::ChangeRequest, table("abc_change", "abc_name"), columns).unwrap();
    assert_eq!(
        fields(&item),
        [
            ("ServiceDeskId_s", "abc_name"),
            ("CRState_s", "statuscode"),
            ("Title_s", "abc_summary"),
            ("Risk_s", "abc_x17"),
            ("CreatedBy_s", "_abc_requesterid_value"),
            ("AssignedTo_s", "_ownerid_value"),
            ("CreatedDate_t", "createdon"),
            ("PlannedStartDate_t", "abc_scheduledstart"),
        ]
    );
    let left: Vec<&str> = item.left.iter().map(|column| column.field.as_str()).collect();
    assert_eq!(left, ["abc_plannedstart", "abc_colour"]);
}

#[test]
fn a_desks_own_state_goes_before_dataverses() {
    let mut columns = common();
    columns.push(column("statecode", "State", "Status"));
    let item = |columns: Vec<ColumnInfo>| {
        Item::draft(WorkItemKind::Incident, table("abc_incident", "abc_title"), columns).unwrap()
    };
    let state = |item: &Item| {
        fields(item)
            .iter()
            .find(|(name, _)| *name == "IncidentState_s")
            .unwrap()
            .1
            .to_owned()
    };
    assert_eq!(state(&item(columns.clone())), "statuscode");
    columns.push(column("zzz_state", "Picklist", "State"));
    assert_eq!(state(&item(columns)), "zzz_state");
}

#[test]
fn whatever_labels_hold_the_draft_is_a_profile() {
    let mut columns = common();
    let mut nasty = column("abc_title", "String", "Titel\n[incident]\ntable = \"x\" # \u{1b}[31m");
    nasty.choices = vec![(1, "a\r\nb = \"c\"".to_owned())];
    columns.push(nasty);
    columns.push(column("abc_quote\"", "String", "\"\"\""));
    let item = Item::draft(WorkItemKind::Incident, table("abc_incident", "abc_title"), columns).unwrap();
    let text = render(&[item], "https://fabrikam.crm4.dynamics.com");
    let profile = Profile::parse(&text).unwrap();
    let item = &profile.items[&WorkItemKind::Incident];
    assert_eq!(
        (item.table.as_str(), item.modified.as_str()),
        ("abc_incidents", "modifiedon")
    );
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_table_without_a_time_of_change_is_refused() {
    let columns = vec![column("abc_title", "String", "Title")];
    let refused = Item::draft(WorkItemKind::Incident, table("abc_incident", "abc_title"), columns).unwrap_err();
    assert!(refused.contains("modifiedon"), "{refused}");
}
