use proptest::prelude::*;

use super::*;
use crate::model::{ChoiceValues, ConnectionName, Profile, Record, StreamId, Unmapped, WorkItemKind};

fn mapper(choice_values: ChoiceValues) -> Mapper {
    let profile = Profile::parse(include_str!("../../../../config/profiles/provance.toml")).unwrap();
    let stream = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    let mut item = profile.items[&WorkItemKind::Incident].clone();
    for (name, field) in [
        ("Escalated_b", "isescalated"),
        ("Effort_d", "effort"),
        ("Opened_s", "createdon"),
    ] {
        item.add_column(WorkItemKind::Incident, name, field, None).unwrap();
    }
    Mapper::new(
        crate::source::dataverse::DIALECT,
        stream,
        "https://contoso.crm.dynamics.com",
        item,
        choice_values,
    )
}

fn only(row: &str, choice_values: ChoiceValues) -> Mapped {
    let body = format!(r#"{{"@odata.context":"x","value":[{row}]}}"#);
    read(body.as_bytes(), &mapper(choice_values)).unwrap().mapped.remove(0)
}

fn record(row: &str, choice_values: ChoiceValues) -> Record {
    match only(row, choice_values) {
        Mapped::Record(record) => record,
        Mapped::SetAside(unmapped) => panic!("{unmapped:?}"),
    }
}

fn aside(row: &str) -> Unmapped {
    match only(row, ChoiceValues::Labels) {
        Mapped::SetAside(unmapped) => unmapped,
        Mapped::Record(record) => panic!("{record:?}"),
    }
}

fn columns(record: &Record) -> serde_json::Value {
    serde_json::from_slice(&record.row).unwrap()
}

const ROW: &str = r#"{
    "@odata.etag":"W/\"468026\"",
    "incidentid":"9D385017-C611-2287-01D2-2104CC95C371",
    "modifiedon@OData.Community.Display.V1.FormattedValue":"11/20/2026 3:00 AM",
    "modifiedon":"2026-11-20T10:00:00Z",
    "createdon@OData.Community.Display.V1.FormattedValue":"11/20/2026 2:00 AM",
    "createdon":"2026-11-20T09:00:00Z",
    "versionnumber@OData.Community.Display.V1.FormattedValue":"468,026",
    "versionnumber":468026,
    "ticketnumber":"CAS-01213-P8B3G0",
    "title":"Mail \"down\"",
    "description":null,
    "statuscode@OData.Community.Display.V1.FormattedValue":"In Progress",
    "statuscode":1,
    "prioritycode":2,
    "isescalated@OData.Community.Display.V1.FormattedValue":"No",
    "isescalated":false,
    "effort@OData.Community.Display.V1.FormattedValue":"1.250,50",
    "effort":1250.5,
    "_ownerid_value@OData.Community.Display.V1.FormattedValue":"Ada Lovelace",
    "_ownerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty":"ownerid",
    "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"systemuser",
    "_ownerid_value":"5137153c-c611-227c-000b-bd1bd8cd2007",
    "_transactioncurrencyid_value":null,
    "unmapped":{"deep":[1,{"x":null}]}
}"#;

#[test]
fn a_row_becomes_a_line_of_the_table() {
    let record = record(ROW, ChoiceValues::Labels);
    assert_eq!(record.id.as_str(), "9d385017-c611-2287-01d2-2104cc95c371");
    assert_eq!(
        (record.number.as_ref(), record.revision),
        ("CAS-01213-P8B3G0", Some(468_026))
    );
    assert_eq!(Some(record.modified), "2026-11-20T10:00:00Z".parse().ok());
    assert_eq!(
        columns(&record),
        serde_json::json!({
            "ServiceDeskConnectionName_s": "contoso",
            "ServiceDeskWorkItemType_s": "Incident",
            "PartnerType_s": "Provance",
            "RecordId_s": "9D385017-C611-2287-01D2-2104CC95C371",
            "RecordUrl_s": "https://contoso.crm.dynamics.com/main.aspx?etn=incident&pagetype=entityrecord&id=9D385017-C611-2287-01D2-2104CC95C371",
            "ServiceDeskId_s": "CAS-01213-P8B3G0",
            "IncidentState_s": "In Progress",
            "Title_s": "Mail \"down\"",
            // No annotation came: the value itself.
            "Priority_s": "2",
            "AssignedTo_s": "Ada Lovelace",
            "CreatedDate_t": "2026-11-20T09:00:00Z",
            "LastModifiedDate_t": "2026-11-20T10:00:00Z",
            "Escalated_b": false,
            "Effort_d": 1250.5,
            // A formatted time is in the user's zone: never that.
            "Opened_s": "2026-11-20T09:00:00Z",
            "IsDeleted_b": false,
            "IsTruncated_b": false,
        })
    );
}

#[test]
fn with_codes_look_ups_are_still_display_names() {
    let row = columns(&record(ROW, ChoiceValues::Codes));
    assert_eq!(
        (&row["IncidentState_s"], &row["AssignedTo_s"]),
        (&"1".into(), &"Ada Lovelace".into())
    );
    // The name alone tells a look-up where its table is not annotated, in either order.
    let bare = r#"{"incidentid":"a","modifiedon":"2026-11-20T10:00:00.1234567Z","_ownerid_value":"5137153c",
        "_ownerid_value@OData.Community.Display.V1.FormattedValue":"Ada"}"#;
    let record = record(bare, ChoiceValues::Codes);
    assert_eq!(columns(&record)["AssignedTo_s"], "Ada");
    assert_eq!(record.modified.timestamp_subsec_nanos(), 123_456_700);
}

#[test]
fn rows_that_cannot_be_mapped_say_why() {
    assert_eq!(aside("{}").reason, "row without incidentid");
    assert_eq!(aside(r#"{"incidentid":"a"}"#).reason, "row without modifiedon");
    let formatted = aside(
        r#"{"incidentid":"a","modifiedon@OData.Community.Display.V1.FormattedValue":"x","modifiedon":"11/20/2026 3:00 AM"}"#,
    );
    assert_eq!(formatted.reason, "modifiedon is not a UTC time");
    let created = aside(r#"{"incidentid":"a","modifiedon":"2026-11-20T10:00:00Z","createdon":"soon"}"#);
    assert_eq!(created.reason, r#"createdon is not a UTC time: "soon""#);
    assert!(created.modified.is_some());
}

#[test]
fn link_and_count_stand_beside_the_rows_in_any_order() {
    let mapper = mapper(ChoiceValues::Labels);
    let link = "https://o/x?$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%22%20/%3E";
    let body = format!(r#"{{"@odata.count":7,"@odata.nextLink":"{link}","value":[]}}"#);
    let rows = read(body.as_bytes(), &mapper).unwrap();
    assert_eq!((rows.next.as_deref(), rows.count), (Some(link), Some(7)));
    let rows = read(br#"{"value":[],"@odata.count":-1}"#, &mapper).unwrap();
    assert_eq!((rows.next, rows.count), (None, None));
}

#[test]
fn what_is_not_whole_is_no_page() {
    let mapper = mapper(ChoiceValues::Labels);
    for body in [
        "",
        "{}",
        "[]",
        r#"{"value":{}}"#,
        r#"{"value":null}"#,
        r#"{"value":["x"]}"#,
        r#"{"value":[{"incidentid":"a""#,
        r#"{"value":[]} x"#,
        r#"{"value":[],"@odata.nextLink":5}"#,
        r#"{"incidentid":"a"}"#,
    ] {
        let read = read(body.as_bytes(), &mapper);
        assert!(matches!(read, Err(NotAPage::Shape(_))), "{body}: {read:?}");
    }
}

#[test]
fn an_error_with_200_is_told_without_its_trace() {
    let body = r#"{"value":[],"error":{"code":"0x80040216","message":"An unexpected error occurred.",
        "@Microsoft.PowerApps.CDS.TraceText":"secret"}}"#;
    assert_eq!(
        read(body.as_bytes(), &mapper(ChoiceValues::Labels)).unwrap_err(),
        NotAPage::Error("0x80040216: An unexpected error occurred.".to_owned())
    );
}

fn page(rows: &[serde_json::Value]) -> String {
    serde_json::json!({ "value": rows }).to_string()
}

fn any_rows() -> impl Strategy<Value = Vec<serde_json::Value>> {
    const LABELS: [&str; 3] = ["statuscode", "createdon", "_ownerid_value"];
    let mapper = mapper(ChoiceValues::Codes);
    let labels = LABELS
        .iter()
        .flat_map(|field| [format!("{field}@{LABEL}"), format!("{field}@{TABLE}")]);
    let fields: Vec<String> = labels.chain(mapper.fields().iter().cloned()).collect();
    crate::source::tests::rows(&fields)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_json_in_any_field_becomes_a_record_or_is_set_aside_with_a_reason(rows in any_rows()) {
        for choice_values in [ChoiceValues::Codes, ChoiceValues::Labels] {
            let read = read(page(&rows).as_bytes(), &mapper(choice_values)).unwrap();
            prop_assert_eq!(read.mapped.len(), rows.len());
            crate::source::tests::check(&read.mapped)?;
        }
    }

    #[test]
    fn any_bytes_in_place_of_any_part_of_a_page_are_a_page_or_none(
        rows in any_rows(),
        bytes in prop::collection::vec(any::<u8>(), 0..12),
        from in any::<prop::sample::Index>(),
        length in 0usize..40,
    ) {
        let mut body = page(&rows).into_bytes();
        let from = from.index(body.len());
        let to = (from + length).min(body.len());
        body.splice(from..to, bytes);
        if let Ok(read) = read(&body, &mapper(ChoiceValues::Codes)) {
            crate::source::tests::check(&read.mapped)?;
        }
        let _ = read(&body[from..], &mapper(ChoiceValues::Labels));
    }

    #[test]
    fn a_version_changes_exactly_when_the_row_does(
        rows in prop::collection::vec(("[ab]", 0u8..2, "[a-c]{0,1}", prop::option::of("[a\"]{0,2}"), 0u8..2), 1..8)
    ) {
        let rows: Vec<_> = rows
            .into_iter()
            .map(|(id, second, state, text, unmapped)| {
                let modified = "2026-11-20T10:00:00Z".replace(":00:0", &format!(":00:{second}"));
                serde_json::json!({
                    "incidentid": id, "modifiedon": modified, "statuscode": state, "title": text, "unmapped": unmapped,
                })
            })
            .collect();
        let read = read(page(&rows).as_bytes(), &mapper(ChoiceValues::Labels)).unwrap();
        prop_assert_eq!(read.mapped.len(), rows.len());
        crate::source::tests::check_versions(&read.mapped)?;
    }
}
