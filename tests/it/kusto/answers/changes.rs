//! `ServiceDeskActiveChanges`.

use serde_json::{Value, json};

use super::{Asked, ago, now, row, told};

fn change(number: &str, columns: Value) -> Value {
    let change = json!({
        "ServiceDeskConnectionName_s": "contoso", "ServiceDeskWorkItemType_s": "ChangeRequest", "PartnerType_s": "ServiceNow",
        "ServiceDeskId_s": number, "RecordId_s": number, "CRState_s": "Implement", "Computer": "web01",
        "TimeGenerated": ago(500), "IsDeleted_b": false, "PlannedStartDate_t": ago(60), "PlannedEndDate_t": ago(-60),
    });
    row(&change, columns)
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn a_change_is_active_in_its_window_or_while_it_is_worked_on_and_on_the_computer_that_was_asked_for() {
    let none = Value::Null;
    let rows = vec![
        change("planned", json!({})),
        change("fqdn", json!({"Computer": "WEB01.contoso.com", "CRState_s": "-1"})),
        change("other", json!({"Computer": "web010"})),
        change("address", json!({"Computer": "10.0.0.1"})),
        change("neighbour", json!({"Computer": "10.0.0.2"})),
        change(
            "overdue",
            json!({"PlannedEndDate_t": ago(10), "WorkStartDate_t": ago(50)}),
        ),
        change(
            "early",
            json!({"PlannedStartDate_t": ago(-10), "WorkStartDate_t": ago(5)}),
        ),
        // Not these: done before its time, cancelled, closed though its window lasts, past, still to come.
        change("done", json!({"WorkStartDate_t": ago(50), "WorkEndDate_t": ago(20)})),
        change("cancelled", json!({"CRState_s": "Canceled"})),
        change("closed", json!({"CRState_s": "3"})),
        change("past", json!({"PlannedEndDate_t": ago(10)})),
        change("to-come", json!({"PlannedStartDate_t": ago(-10)})),
        change(
            "no-dates",
            json!({"PlannedStartDate_t": none, "PlannedEndDate_t": none}),
        ),
        change("incident", json!({"ServiceDeskWorkItemType_s": "Incident"})),
    ]
    .into_iter()
    // An empty field is absent.
    .map(|row| {
        Value::Object(
            row.as_object()
                .unwrap()
                .clone()
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect(),
        )
    })
    .collect();
    let mut asked = Asked::over("ServiceDesk_CL", rows);
    let all = ["address", "early", "fqdn", "neighbour", "other", "overdue", "planned"];
    let web01 = ["early", "fqdn", "overdue", "planned"];
    let calls: [(&str, &[&str]); 6] = [
        ("ServiceDeskActiveChanges()", &all),
        ("ServiceDeskActiveChanges(\"web01\")", &web01),
        ("ServiceDeskActiveChanges(\"Web01.CORP.example\")", &web01),
        ("ServiceDeskActiveChanges(\" WEB01 \")", &web01),
        ("ServiceDeskActiveChanges(\"10.0.0.1\")", &["address"]),
        ("ServiceDeskActiveChanges(\"db01\")", &[]),
    ];
    for (call, _) in calls {
        asked.ask(call, call, now(), None);
    }
    let answers = asked.answers();
    for (call, expected) in calls {
        let rows = answers[call].as_array().unwrap();
        assert_eq!(told(rows, &["ServiceDeskId_s"]), expected, "{call}");
    }
}
