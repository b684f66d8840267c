//! What the workbook shows, from top to bottom.

use serde_json::{Value, json};

use super::super::Target;
use super::items::{Over, Query, choices, heading, verdict};

macro_rules! query {
    ($name:literal) => {
        include_str!(concat!("../kql/workbook/", $name, ".kql"))
    };
}

pub(super) fn all(of: &Target) -> Vec<Value> {
    let mut items = vec![
        heading(
            "about",
            "# Service desk\nWork items as itsmd keeps them in step with the service desk. Click a row of a table to see its work \
             items below it; **Open** shows a work item in the service desk. Times are in your time zone.",
        ),
        choices(of, query!("connections")),
    ];
    for (heading, queries) in [
        connector_status(),
        work_items_created(),
        impacted_computers(),
        alert_rules(),
        time_to_resolve(),
        backlog(),
        change_calendar(),
    ] {
        items.push(heading);
        items.extend(queries.iter().map(|query| query.item(of)));
    }
    items
}

type Part = (Value, Vec<Query>);

fn connector_status() -> Part {
    let head = heading(
        "status",
        "## Connector status\nIs what you see here up to date? If a row is not *InStep*, the column beside it says what to do.",
    );
    let health = Query {
        empty: "No answer: the function ServiceDeskHealth is missing.",
        formatters: vec![verdict()],
        ..Query::table("health", "Streams", query!("health"))
    };
    let messages = Query::table("messages", "Messages", query!("messages"));
    (head, vec![health, messages])
}

fn work_items_created() -> Part {
    let head = heading(
        "created-head",
        "## Work items created\nBy the day they were opened in the service desk, each counted once.",
    );
    let by_day = Query {
        width: 60,
        ..Query::chart("created", "A day", query!("created"), "barchart")
    };
    let by_type = Query {
        width: 40,
        picks: &[
            ("ServiceDeskWorkItemType_s", "PickedType"),
            ("ServiceDeskConnectionName_s", "PickedConnection"),
        ],
        ..Query::table("created-by-type", "By connection and type", query!("created_by_type"))
    };
    let records = Query {
        needs: Some("PickedType"),
        ..Query::table(
            "created-records",
            "{PickedConnection}: {PickedType}",
            query!("created_records"),
        )
    };
    (head, vec![by_day, by_type, records])
}

fn impacted_computers() -> Part {
    let head = heading(
        "computers-head",
        "## Impacted computers\nConfiguration items with something open, or with something opened in the time range.",
    );
    let computers = Query {
        picks: &[("Computer", "PickedComputer")],
        ..Query::table("computers", "Computers", query!("computers"))
    };
    let records = Query {
        needs: Some("PickedComputer"),
        ..Query::table("computer-records", "{PickedComputer}", query!("computer_records"))
    };
    (head, vec![computers, records])
}

fn alert_rules() -> Part {
    let head = heading(
        "alerts-head",
        "## Alert rules\nRules over these tables in the subscriptions you may see, and what they said in the time range.",
    );
    let link = |column: &str, label: &str| json!({"columnMatch": column, "formatter": 7, "formatOptions": {"linkTarget": "Resource", "linkLabel": label}});
    let rules = Query {
        over: Over::Resources,
        empty: "There is no alert rule over these tables.",
        formatters: vec![link("RuleId", "Show")],
        ..Query::table("rules", "Rules", query!("alert_rules"))
    };
    let fired = Query {
        over: Over::Resources,
        empty: "No rule fired in the time range.",
        formatters: vec![link("AlertId", "Show")],
        ..Query::table("fired", "Alerts", query!("alerts_fired"))
    };
    (head, vec![rules, fired])
}

fn time_to_resolve() -> Part {
    let head = heading(
        "resolve-head",
        "## Time to resolve\nHours from opened to resolved (or closed, where nothing is said of resolving), of incidents resolved in the \
         time range. Half of them took no longer than the median; nine of ten no longer than the second line.",
    );
    let trend = Query {
        width: 50,
        ..Query::chart(
            "resolve-trend",
            "Hours, by the day of resolving",
            query!("resolve_trend"),
            "linechart",
        )
    };
    let by_priority = Query {
        width: 50,
        picks: &[("Priority_s", "PickedPriority"), ("AssignmentGroup_s", "PickedGroup")],
        ..Query::table(
            "resolve-by-priority",
            "By priority and group",
            query!("resolve_by_priority"),
        )
    };
    let records = Query {
        needs: Some("PickedPriority"),
        ..Query::table(
            "resolve-records",
            "{PickedPriority}, {PickedGroup}",
            query!("resolve_records"),
        )
    };
    (head, vec![trend, by_priority, records])
}

fn backlog() -> Part {
    let head = heading(
        "backlog-head",
        "## Backlog\nOpen incidents. What was opened and not touched for longer than `sync_days` before itsmd began is not in the \
         workspace, and not counted.",
    );
    let trend = Query {
        width: 50,
        ..Query::chart(
            "backlog-trend",
            "Open at the end of the day",
            query!("backlog_trend"),
            "linechart",
        )
    };
    let by_group = Query {
        width: 50,
        empty: "No incident is open.",
        picks: &[
            ("Priority_s", "PickedBacklogPriority"),
            ("AssignmentGroup_s", "PickedBacklogGroup"),
        ],
        ..Query::table("backlog-by-group", "Open now", query!("backlog_by_group"))
    };
    let records = Query {
        needs: Some("PickedBacklogPriority"),
        ..Query::table(
            "backlog-records",
            "{PickedBacklogGroup}, {PickedBacklogPriority}",
            query!("backlog_records"),
        )
    };
    (head, vec![trend, by_group, records])
}

fn change_calendar() -> Part {
    let head = heading(
        "changes-head",
        "## Change calendar\nWhat is being changed now, what comes in the next two weeks, and how many changes were planned for each day.",
    );
    let now = Query {
        empty: "Nothing is being changed now.",
        ..Query::table("changes-now", "Now", query!("changes_now"))
    };
    let ahead = Query {
        empty: "No change is planned for the next two weeks.",
        ..Query::table("changes-ahead", "The next two weeks", query!("changes_ahead"))
    };
    let by_day = Query::chart(
        "changes-by-day",
        "Planned, by day and type",
        query!("changes_by_day"),
        "barchart",
    );
    (head, vec![now, ahead, by_day])
}
