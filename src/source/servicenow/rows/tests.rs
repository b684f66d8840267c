use proptest::prelude::*;

use super::*;
use crate::model::{ChoiceValues, ConnectionName, Profile, Record, StreamId, Unmapped, WorkItemKind};

fn mapper(choice_values: ChoiceValues) -> Mapper {
    let profile = Profile::parse(include_str!("../../../../config/profiles/servicenow.toml")).unwrap();
    let stream = StreamId {
        connection: ConnectionName::new("contoso"),
        kind: WorkItemKind::Incident,
    };
    let item = profile.items[&WorkItemKind::Incident].clone();
    Mapper::new(
        super::super::DIALECT,
        stream,
        "https://contoso.service-now.com",
        item,
        choice_values,
    )
}

fn record(body: &str, choice_values: ChoiceValues) -> Record {
    let mut rows = read(body.as_bytes(), &mapper(choice_values)).unwrap();
    match rows.mapped.remove(0) {
        Mapped::Record(record) => record,
        Mapped::SetAside(unmapped) => panic!("{unmapped:?}"),
    }
}

fn aside(row: &str) -> Unmapped {
    let body = format!(r#"{{"result":[{row}]}}"#);
    match read(body.as_bytes(), &mapper(ChoiceValues::Labels))
        .unwrap()
        .mapped
        .remove(0)
    {
        Mapped::SetAside(unmapped) => unmapped,
        Mapped::Record(record) => panic!("{record:?}"),
    }
}

const ROW: &str = r#"{"result":[{
    "sys_id":{"display_value":"9D385017C611228701D22104CC95C371","value":"9D385017C611228701D22104CC95C371"},
    "sys_updated_on":{"display_value":"20/11/2026 11:00:00","value":"2026-11-20 10:00:00"},
    "sys_mod_count":{"display_value":"7","value":"7"},
    "number":{"display_value":"INC0012345","value":"INC0012345"},
    "state":{"display_value":"In Progress","value":"2"},
    "priority":{"display_value":"2 - High","value":"2"},
    "short_description":{"display_value":"Mail \"down\"","value":"Mail \"down\""},
    "assigned_to":{"display_value":"Ada Lovelace","link":"https://x/y","value":"5137153cc611227c000bbd1bd8cd2007"},
    "resolved_at":{"display_value":"","value":""},
    "opened_at":{"display_value":"20/11/2026 10:00:00","value":"2026-11-20 09:00:00"},
    "unmapped":{"deep":[1,{"x":null}]}
}]}"#;

#[test]
fn a_row_becomes_a_line_of_the_table() {
    let record = record(ROW, ChoiceValues::Labels);
    assert_eq!(record.created, "2026-11-20".parse().ok(), "the day of CreatedDate_t");
    assert_eq!(record.id.as_str(), "9d385017c611228701d22104cc95c371");
    assert_eq!((record.number.as_ref(), record.revision), ("INC0012345", Some(7)));
    assert_eq!(
        record.modified,
        "2026-11-20T10:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap()
    );
    let row: serde_json::Value = serde_json::from_slice(&record.row).unwrap();
    assert_eq!(
        row,
        serde_json::json!({
            "ServiceDeskConnectionName_s": "contoso",
            "ServiceDeskWorkItemType_s": "Incident",
            "PartnerType_s": "ServiceNow",
            "RecordId_s": "9D385017C611228701D22104CC95C371",
            "RecordUrl_s": "https://contoso.service-now.com/nav_to.do?uri=incident.do%3Fsys_id%3D9D385017C611228701D22104CC95C371",
            "ServiceDeskId_s": "INC0012345",
            "IncidentState_s": "In Progress",
            "Title_s": "Mail \"down\"",
            "Priority_s": "2 - High",
            "AssignedTo_s": "Ada Lovelace",
            "CreatedDate_t": "2026-11-20T09:00:00Z",
            "LastModifiedDate_t": "2026-11-20T10:00:00Z",
            "IsDeleted_b": false,
            "IsTruncated_b": false,
        })
    );
}

#[test]
fn the_version_of_a_row_is_pinned() {
    // A change here sends every window again: it must be meant.
    assert_eq!(
        record(ROW, ChoiceValues::Labels).version.to_string(),
        "e902cafb004018c4"
    );
}

#[test]
fn with_codes_references_are_still_display_names() {
    let row: serde_json::Value = serde_json::from_slice(&record(ROW, ChoiceValues::Codes).row).unwrap();
    assert_eq!(
        (&row["IncidentState_s"], &row["AssignedTo_s"]),
        (&"2".into(), &"Ada Lovelace".into())
    );
}

#[test]
fn rows_that_cannot_be_mapped_say_why() {
    assert_eq!(aside("{}").reason, "row without sys_id");
    assert_eq!(
        aside(r#"{"sys_id":"a","number":"INC1"}"#).reason,
        "row without sys_updated_on"
    );
    let late = aside(r#"{"sys_id":"a","number":"INC1","sys_updated_on":"20/11/2026 10:00"}"#);
    assert_eq!(late.reason, "sys_updated_on is not a UTC time");
    assert_eq!(late.modified, None);
    let opened = aside(r#"{"sys_id":"a","sys_updated_on":"2026-11-20 10:00:00","opened_at":"soon"}"#);
    assert_eq!(opened.reason, r#"opened_at is not a UTC time: "soon""#);
    assert!(opened.modified.is_some());
}

#[test]
fn a_nested_value_is_set_aside_however_deep_it_is_and_its_neighbours_are_not() {
    let deep = format!("{}{}", "{\"x\":".repeat(3000), "1") + &"}".repeat(3000);
    let key = r#""sys_id":"a","sys_updated_on":"2026-11-20 10:00:00""#;
    let body = format!(
        r#"{{"result":[{{{key},"description":{{"display_value":{deep},"value":{deep}}}}},{{{key},"state":["a"]}},{{{key}}}]}}"#
    );
    let rows = read(body.as_bytes(), &mapper(ChoiceValues::Labels)).unwrap().mapped;
    let reasons: Vec<_> = rows
        .iter()
        .map(|row| match row {
            Mapped::SetAside(aside) => aside.reason.as_str(),
            Mapped::Record(_) => "",
        })
        .collect();
    let wrong = [
        "description is a list or a nested object",
        "state is a list or a nested object",
        "",
    ];
    assert_eq!(reasons, wrong);
}

#[test]
fn fields_that_no_row_has_are_named() {
    let rows = read(ROW.as_bytes(), &mapper(ChoiceValues::Labels)).unwrap();
    assert!(rows.absent.contains(&"category".to_owned()) && !rows.absent.contains(&"state".to_owned()));
    assert!(
        read(br#"{"result":[]}"#, &mapper(ChoiceValues::Labels))
            .unwrap()
            .absent
            .is_empty()
    );
}

#[test]
fn a_cancelled_query_is_an_error_in_each_of_its_spellings() {
    let words = "Transaction cancelled: maximum execution time exceeded";
    let error = format!(r#""error":{{"message":"{words}","detail":"{words} Check logs"}},"status":"failure""#);
    let row = r#"{"sys_id":"a","sys_updated_on":"2026-11-20 10:00:00"}"#;
    for body in [
        format!(r#"{{"result":[{row}],{error}}}"#),
        format!(r#"{{"result":[{row},"{words}"]}}"#),
        format!(r#"{{"result":[{row},{error}}}"#),
        format!(r#"{{"result":[{row},{{"sys_id":"b","sys_upd{words}"#),
    ] {
        match read(body.as_bytes(), &mapper(ChoiceValues::Labels)) {
            Err(NotAPage::Error(message)) => assert!(message.contains("Transaction cancelled"), "{message}"),
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn what_is_not_whole_is_no_page() {
    for body in [
        "",
        "{}",
        "[]",
        r#"{"result":{}}"#,
        r#"{"result":[{"sys_id":"a""#,
        r#"{"result":["x"]}"#,
        r#"{"result":[]} x"#,
    ] {
        let read = read(body.as_bytes(), &mapper(ChoiceValues::Labels));
        assert!(matches!(read, Err(NotAPage::Shape(_))), "{body}: {read:?}");
    }
    let failure = read(br#"{"result":[],"status":"failure"}"#, &mapper(ChoiceValues::Labels));
    assert!(matches!(failure, Err(NotAPage::Error(_))));
}

fn page(rows: &[serde_json::Value]) -> String {
    serde_json::json!({ "result": rows }).to_string()
}

fn any_rows() -> impl Strategy<Value = Vec<serde_json::Value>> {
    crate::source::tests::rows(mapper(ChoiceValues::Codes).fields())
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
                let modified = "2026-11-20 10:00:00".replace(":00:0", &format!(":00:{second}"));
                serde_json::json!({
                    "sys_id": id, "sys_updated_on": modified, "state": state, "short_description": text, "unmapped": unmapped,
                })
            })
            .collect();
        let read = read(page(&rows).as_bytes(), &mapper(ChoiceValues::Labels)).unwrap();
        prop_assert_eq!(read.mapped.len(), rows.len());
        crate::source::tests::check_versions(&read.mapped)?;
    }
}
