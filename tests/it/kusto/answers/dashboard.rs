//! The numbers of the workbook, and the README's comparison with ITSMC's table.

use itsmd::schema::{self, Target};
use serde_json::{Value, json};

use super::super::checker::parsed;
use super::super::queries::{Queries, filled_in, of_readme};
use super::{Asked, ago, now, row, told};

/// An incident of contoso, opened then; on web01, and the database group's.
fn incident(number: &str, state: &str, opened: &str, columns: Value) -> Value {
    let incident = json!({
        "ServiceDeskConnectionName_s": "contoso", "ServiceDeskWorkItemType_s": "Incident", "PartnerType_s": "ServiceNow",
        "ServiceDeskId_s": number, "RecordId_s": number, "IncidentState_s": state, "Priority_s": "1 - Critical",
        "AssignmentGroup_s": "Database", "Computer": "web01", "TimeGenerated": ago(60), "IsDeleted_b": false,
        "CreatedDate_t": opened, "LastModifiedDate_t": "2026-11-18T00:00:00Z", "RecordUrl_s": format!("https://desk/{number}"),
    });
    row(&incident, columns)
}

/// Of the workbook, filled in as its users would: 1 to 21 November, contoso and fabrikam, incidents.
fn of_workbook(name: &str) -> String {
    let workbook = parsed(&schema::workbook(&Target::default()));
    let items = workbook["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["name"] == name).unwrap();
    filled_in(item["content"]["query"].as_str().unwrap())
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn the_workbooks_numbers_are_those_of_the_records() {
    let resolved = |at: &str| json!({"ResolvedDate_t": at});
    let rows = vec![
        incident(
            "i1",
            "Resolved",
            "2026-11-10T08:00:00Z",
            resolved("2026-11-11T08:00:00Z"),
        ),
        incident("i2", "New", "2026-11-10T09:00:00Z", json!({})),
        incident("i3", "Closed", "2026-10-01T00:00:00Z", resolved("2026-11-12T00:00:00Z")),
        // Cancelled without a date: finished when it changed last.
        incident("i4", "Canceled", "2026-11-14T09:00:00Z", json!({"Computer": ""})),
        incident(
            "i5",
            "New",
            "2026-11-15T09:00:00Z",
            json!({"ServiceDeskConnectionName_s": "fabrikam", "Computer": "db01"}),
        ),
        incident(
            "elsewhere",
            "New",
            "2026-11-15T09:00:00Z",
            json!({"ServiceDeskConnectionName_s": "other"}),
        ),
        incident(
            "change",
            "",
            "2026-11-15T09:00:00Z",
            json!({"ServiceDeskWorkItemType_s": "ChangeRequest", "CRState_s": "New"}),
        ),
    ];
    let mut asked = Asked::over("ServiceDesk_CL", rows);
    let expected: [(&str, &[&str], &[&str]); 6] = [
        (
            "created",
            &["CreatedDate_t", "Created"],
            &[
                "2026-11-10T00:00:00.000Z 2",
                "2026-11-14T00:00:00.000Z 1",
                "2026-11-15T00:00:00.000Z 1",
            ],
        ),
        (
            "created-by-type",
            &["ServiceDeskConnectionName_s", "Created", "StillOpen"],
            &["contoso 3 1", "fabrikam 1 1"],
        ),
        (
            "computers",
            &["Computer", "OpenIncidents", "WorkItems"],
            &["db01 1 1", "web01 1 2"],
        ),
        (
            "resolve-trend",
            &["Resolved", "Median"],
            &["2026-11-11T00:00:00.000Z 24", "2026-11-12T00:00:00.000Z 1008"],
        ),
        (
            "backlog-trend",
            &["Day", "Open"],
            &[
                "2026-11-10T00:00:00.000Z 3",
                "2026-11-11T00:00:00.000Z 2",
                "2026-11-12T00:00:00.000Z 1",
                "2026-11-14T00:00:00.000Z 2",
                "2026-11-15T00:00:00.000Z 3",
                "2026-11-18T00:00:00.000Z 2",
            ],
        ),
        (
            "backlog-by-group",
            &["AssignmentGroup_s", "Priority_s", "Open", "OverAWeek", "OldestDays"],
            &["Database 1 - Critical 2 1 11"],
        ),
    ];
    for (name, ..) in expected {
        asked.ask(name, &of_workbook(name), now(), None);
    }
    let answers = asked.answers();
    for (name, columns, lines) in expected {
        assert_eq!(told(answers[name].as_array().unwrap(), columns), lines, "{name}");
    }
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn the_calendar_has_what_comes_and_not_what_is_over() {
    let change = |number: &str, columns: Value| {
        let kind = json!({
            "ServiceDeskWorkItemType_s": "ChangeRequest", "CRState_s": "Scheduled", "Type_s": "Normal",
            "PlannedStartDate_t": ago(-1440), "PlannedEndDate_t": ago(-1500),
        });
        row(&incident(number, "", "2026-11-10T08:00:00Z", kind), columns)
    };
    let rows = vec![
        change("tomorrow", json!({})),
        change("going-on", json!({"PlannedStartDate_t": ago(60)})),
        change("cancelled", json!({"CRState_s": "Canceled"})),
        change(
            "far",
            json!({"PlannedStartDate_t": ago(-20 * 1440), "PlannedEndDate_t": ago(-21 * 1440)}),
        ),
        change(
            "past",
            json!({"PlannedStartDate_t": ago(3000), "PlannedEndDate_t": ago(2900), "Type_s": ""}),
        ),
    ];
    let mut asked = Asked::over("ServiceDesk_CL", rows);
    for name in ["changes-ahead", "changes-now", "changes-by-day"] {
        asked.ask(name, &of_workbook(name), now(), None);
    }
    let answers = asked.answers();
    let told = |name: &str, columns: &[&str]| told(answers[name].as_array().unwrap(), columns);
    assert_eq!(
        told("changes-ahead", &["Day", "ServiceDeskId_s"]),
        ["2026-11-21 going-on", "2026-11-22 tomorrow"]
    );
    assert_eq!(told("changes-now", &["ServiceDeskId_s"]), ["going-on"]);
    assert_eq!(
        told("changes-by-day", &["PlannedStartDate_t", "Kind", "Changes"]),
        ["2026-11-19T00:00:00.000Z Change 1", "2026-11-22T00:00:00.000Z Normal 1"]
    );
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn the_comparison_with_itsmc_lists_what_differs_and_says_how() {
    let mut queries = Queries::new();
    of_readme(&mut queries);
    let compare = queries
        .values()
        .find(|query| query.contains("Difference = case("))
        .unwrap();
    let old = |number: &str, state: &str, minutes: i64| {
        json!({
            "ServiceDeskConnectionName_s": "contoso", "ServiceDeskWorkItemType_s": "Incident", "ServiceDeskId_s": number,
            "IncidentState_s": state, "Title_s": "Mail", "TimeGenerated": ago(minutes),
        })
    };
    let new = |number: &str, state: &str, modified: i64| {
        let columns = json!({"RecordId_s": number, "IsDeleted_b": false, "LastModifiedDate_t": ago(modified)});
        row(&old(number, state, 60), columns)
    };
    let mut asked = Asked {
        of: Target::of_table("ServiceDeskNew_CL").unwrap(),
        ..Asked::default()
    };
    let itsmc = json!([
        old("same", "New", 900),
        old("same", "Resolved", 500),
        old("gone", "New", 500),
        old("changed", "New", 500),
        old("coded", "New", 500),
        old("retitled", "New", 500),
    ]);
    let retitled = row(&new("retitled", "New", 600), json!({"Title_s": "E-mail"}));
    let ours = json!([
        new("same", "Resolved", 600),
        new("missed", "New", 600),
        new("fresh", "New", 5),
        new("changed", "Resolved", 100),
        new("coded", "1", 600),
        retitled,
        row(&new("gone", "Deleted", 600), json!({"IsDeleted_b": true})),
    ]);
    asked.rows.insert("ServiceDesk_CL".to_owned(), itsmc);
    asked.rows.insert("ServiceDeskNew_CL".to_owned(), ours);
    asked.ask("it", compare, now(), None);
    let answers = asked.answers();
    assert_eq!(
        told(
            answers["it"].as_array().unwrap(),
            &["Number", "Connection", "Difference"]
        ),
        [
            "changed contoso changed since ITSMC's last row",
            "coded contoso state",
            "fresh contoso not yet in ITSMC's table",
            "gone contoso only in ITSMC's table",
            "missed contoso only in itsmd's table",
            "retitled contoso title",
        ]
    );
}

/// The connector is off since weeks, the first sync was a week ago, and today the queries are switched.
#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn between_the_two_tables_of_the_readme_nothing_is_lost_and_nothing_is_there_twice() {
    let days = |days: i64| now() - chrono::TimeDelta::days(days);
    let delivered = |number: &str, at| json!({"ServiceDeskId_s": number, "TimeGenerated": super::stamp(at)});
    let mut queries = Queries::new();
    of_readme(&mut queries);
    let of = |words: &str| queries.values().find(|query| query.contains(words)).unwrap();
    let (start, both) = (
        of("Start = min(TimeGenerated)"),
        of("ServiceDesk_CL | where TimeGenerated < datetime("),
    );
    let mut asked = Asked::over(
        "ServiceDeskNew_CL",
        vec![
            row(
                &delivered("trial", days(9)),
                json!({"ServiceDeskConnectionName_s": "itsmd/check"}),
            ),
            delivered("changed-in-the-gap", days(7)),
            delivered("changed-yesterday", days(1)),
        ],
    );
    asked.rows.insert(
        "ServiceDesk_CL".to_owned(),
        json!([
            delivered("long-closed", days(100)),
            delivered("by-the-old-one-too", days(3))
        ]),
    );
    asked.ask("start", start, now(), None);
    let begun = asked.answers()["start"][0]["Start"].as_str().unwrap().to_owned();
    assert_eq!(begun[..19], super::stamp(days(7))[..19]);
    let (before, rest) = both.split_once("datetime(").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    let cut = format!("{before}datetime({}){after}", begun.trim_end_matches('Z'));
    asked.ask("both", &cut, now(), None);
    assert_eq!(
        told(asked.answers()["both"].as_array().unwrap(), &["ServiceDeskId_s"]),
        ["changed-in-the-gap", "changed-yesterday", "long-closed", "trial"]
    );
}
