//! The files under `schema/` are what the code generates. `ITSMD_BLESS=1 cargo test schema` rewrites them.

use std::path::Path;

use super::*;

fn is_golden(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    if std::env::var_os("ITSMD_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, generated).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == generated,
        "schema/{name} is not what is generated now: run with ITSMD_BLESS=1 and look at the difference"
    );
}

#[test]
fn the_files_are_what_is_generated() {
    let of = Target::default();
    is_golden("config.schema.json", &config());
    is_golden("table.json", &table(&of));
    is_golden("dcr.json", &dcr(&of));
    is_golden("main.bicep", &bicep(&of));
    is_golden("main.json", &arm(&of));
    is_golden("functions.json", &functions(&of));
    is_golden("alerts.json", &alerts(&of));
    is_golden("workbook.json", &workbook(&of));
    for (name, _, text) in saved_functions(&of) {
        is_golden(&format!("kql/{name}.kql"), &text);
    }
    let kept = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/kql")).unwrap();
    assert_eq!(kept.count(), saved_functions(&of).len(), "a file of no function");
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn with_a_column_of_ones_own() -> Target {
    Target {
        extra: ExtraColumns::from([("Score_d".to_owned(), ColumnType::Real)]),
        ..Target::default()
    }
}

fn names(columns: &Value) -> Vec<String> {
    let columns = columns.as_array().unwrap().iter();
    columns
        .map(|column| column["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn table_and_rule_have_the_same_columns_extra_ones_included() {
    let of = with_a_column_of_ones_own();
    let table = parsed(&table(&of));
    let rule = parsed(&dcr(&of));
    let streams = &rule["resources"][0]["properties"]["streamDeclarations"];
    for (index, name) in ["ServiceDesk_CL", "ServiceDeskLog_CL"].into_iter().enumerate() {
        let schema = &table["resources"][index]["properties"]["schema"];
        assert_eq!(schema["name"], name);
        assert_eq!(
            names(&schema["columns"]),
            names(&streams[format!("Custom-{name}")]["columns"])
        );
        assert_eq!(names(&schema["columns"])[0], "TimeGenerated");
    }
    let first = &table["resources"][0]["properties"]["schema"]["columns"];
    assert!(names(first).contains(&"Score_d".to_owned()));
}

/// Name and type of every column that a part of the Bicep file has.
fn in_bicep(part: &str) -> Vec<(String, String)> {
    let columns = part.split("name: '").skip(1);
    columns
        .filter_map(|rest| {
            let (name, rest) = rest.split_once('\'')?;
            let kind = rest.trim_start_matches([',', ' ', '\n']).strip_prefix("type: '")?;
            Some((name.to_owned(), kind.split('\'').next()?.to_owned()))
        })
        .collect()
}

fn in_json(columns: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = columns.as_array().unwrap().iter();
    columns
        .map(|column| (text(&column["name"]), text(&column["type"])))
        .collect()
}

#[test]
fn the_bicep_file_deploys_what_the_templates_do() {
    let of = with_a_column_of_ones_own();
    let bicep = bicep(&of);
    let table = parsed(&table(&of));
    let rule = parsed(&dcr(&of));
    // Head, workspace, two tables, rule, role, in that order; then functions, workbook and alert rules.
    let parts: Vec<&str> = bicep.split("\nresource ").collect();
    let [_, _, work_items, log, declared, role, ..] = parts.as_slice() else {
        panic!("{} parts", parts.len());
    };
    for (index, part) in [work_items, log].into_iter().enumerate() {
        let resource = &table["resources"][index];
        assert_eq!(in_bicep(part), in_json(&resource["properties"]["schema"]["columns"]));
        assert!(part.contains(&format!("tables@{}'", resource["apiVersion"].as_str().unwrap())));
    }
    let streams = &rule["resources"][0]["properties"]["streamDeclarations"];
    let both = ["Custom-ServiceDesk_CL", "Custom-ServiceDeskLog_CL"].map(|name| in_json(&streams[name]["columns"]));
    assert_eq!(in_bicep(declared), both.concat());
    assert!(declared.contains("kind: 'Direct'") && declared.contains("dependsOn: [ workItems, log ]"));
    assert_eq!(rule["resources"][0]["kind"], "Direct");
    assert!(role.contains("scope: rule") && bicep.contains("'3913510d-42f4-4e42-8a64-420c390055eb'"));
    assert!(bicep.contains("@minValue(180)") && table["parameters"]["retentionInDays"]["minValue"] == 180);
    // The same resources as the whole ARM template, beside the workspace, which is there already.
    let whole = parsed(&arm(&of));
    let made: Vec<String> = whole["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(kind_and_api)
        .collect();
    let in_bicep = parts
        .iter()
        .skip(2)
        .map(|part| part.split('\'').nth(1).unwrap().to_owned());
    assert_eq!(in_bicep.collect::<Vec<_>>(), made);
    assert_eq!(made.len(), 2 + 2 + 4 + 1 + 3);
    // Every bracket has its other.
    for (open, close) in [('{', '}'), ('[', ']'), ('(', ')')] {
        assert_eq!(bicep.matches(open).count(), bicep.matches(close).count(), "{open}");
    }
}

fn kind_and_api(resource: &Value) -> String {
    let text = |key: &str| resource[key].as_str().unwrap();
    format!("{}@{}", text("type"), text("apiVersion"))
}

/// https://learn.microsoft.com/azure/azure-monitor/logs/create-custom-table
#[test]
fn every_column_has_a_name_that_azure_takes() {
    let reserved = [
        "id",
        "BilledSize",
        "IsBillable",
        "InvalidTimeGenerated",
        "TenantId",
        "Title",
        "Type",
        "UniqueId",
        "MG",
        "ManagementGroupName",
        "SourceSystem",
    ];
    let table = parsed(&table(&Target::default()));
    for index in 0..2 {
        for name in names(&table["resources"][index]["properties"]["schema"]["columns"]) {
            let legal = name.len() <= 45 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            assert!(legal && name.starts_with(|c: char| c.is_ascii_alphabetic()), "{name}");
            assert!(!reserved.contains(&name.as_str()), "{name}");
        }
    }
}

#[test]
fn every_artefact_can_be_made_over_another_table() {
    let of = Target::of_table("ServiceDeskNew_CL").unwrap();
    assert_eq!(of.log, "ServiceDeskNewLog_CL");
    for made in [
        table(&of),
        dcr(&of),
        bicep(&of),
        arm(&of),
        kql(&of),
        functions(&of),
        workbook(&of),
        alerts(&of),
    ] {
        let old = made.matches("ServiceDesk_CL").count() + made.matches("ServiceDeskLog_CL").count();
        assert_eq!(old, 0, "{made}");
    }
    assert!(kql(&of).contains("ServiceDeskNew_CL") && kql(&of).contains("ServiceDeskNewLog_CL"));
    for name in [
        "ServiceDesk",
        "_CL",
        "1Desk_CL",
        "Service-Desk_CL",
        "'_CL",
        &format!("S{}_CL", "x".repeat(39)),
    ] {
        assert!(Target::of_table(name).is_none(), "{name}");
    }
}

/// What happens to a stream, and what the rule of the stale alert makes of it: an hour between two heartbeats at the most, and
/// five minutes of a schedule; fifteen minutes until the rule is looked at again, and some until a row shows.
#[test]
fn eight_quiet_hours_raise_no_alert_and_two_hours_of_silence_raise_one() {
    let alerts = parsed(&alerts(&Target::default()));
    let stale = &alerts["resources"][0];
    assert_eq!(stale["name"], "itsmd-sync-stale");
    assert_eq!(stale["properties"]["evaluationFrequency"], "PT15M");
    let criterion = &stale["properties"]["criteria"]["allOf"][0];
    assert_eq!(criterion["threshold"], "[parameters('staleAfterMinutes')]");
    assert_eq!(criterion["operator"], "GreaterThanOrEqual");
    let after = alerts["parameters"]["staleAfterMinutes"]["defaultValue"]
        .as_u64()
        .unwrap();
    let (heartbeat, schedule, shown, looked) = (60, 5, 5, 15);
    assert!(heartbeat + schedule + shown < after, "a quiet stream is no stale one");
    assert!(after + looked <= 120, "silent for two hours is stale");
    // A rule of Azure's sees no more, and an answer without a row raises nothing: the query has one always.
    assert_eq!(stale["properties"]["windowSize"], "P2D");
}

/// Without these words nobody finds out why the gravest of the rules fires for ever, or what to do about a removed connection.
#[test]
fn the_stale_alert_says_what_it_needs_and_what_a_removed_connection_does_to_it() {
    let alerts = parsed(&alerts(&Target::default()));
    let said = alerts["resources"][0]["properties"]["description"].as_str().unwrap();
    for words in ["log_stream", "[workspace]", "removed or disabled", "within two days"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn an_alert_that_names_nobody_tells_nobody() {
    let whole = parsed(&arm(&Target::default()));
    let rules = whole["resources"].as_array().unwrap().iter();
    let rules: Vec<&Value> = rules
        .filter(|one| one["type"] == "Microsoft.Insights/scheduledQueryRules")
        .collect();
    assert_eq!(rules.len(), 3);
    for rule in rules {
        let told = "[if(empty(parameters('actionGroupId')), createArray(), createArray(parameters('actionGroupId')))]";
        assert_eq!(rule["properties"]["actions"]["actionGroups"], told);
        assert_eq!(rule["condition"], "[parameters('alerts')]");
        assert!(rule["properties"]["description"].as_str().unwrap().len() > 100);
        assert_eq!(rule["properties"]["autoMitigate"], true);
    }
}

#[test]
fn the_workbook_that_is_deployed_is_the_one_of_the_file_and_opens_on_its_workspace() {
    let of = Target::default();
    let whole = parsed(&arm(&of));
    let mut deployed = parsed(whole["variables"]["workbookContent"].as_str().unwrap());
    let opens_on = deployed.as_object_mut().unwrap().remove("fallbackResourceIds").unwrap();
    assert_eq!(deployed, parsed(&workbook(&of)));
    let made = whole["resources"].as_array().unwrap().iter();
    let made: Vec<&Value> = made
        .filter(|one| one["type"] == "Microsoft.Insights/workbooks")
        .collect();
    let content = made[0]["properties"]["serializedData"].as_str().unwrap();
    assert!(content.contains(opens_on[0].as_str().unwrap()), "{content}");
    // Its place is taken everywhere: nothing but the id looks like it.
    let mark = opens_on[0].as_str().unwrap();
    assert_eq!(
        whole["variables"]["workbookContent"]
            .as_str()
            .unwrap()
            .matches(mark)
            .count(),
        1
    );
}

#[test]
fn the_workbook_has_what_itsmc_showed_and_every_choice_it_uses() {
    let workbook = workbook(&Target::default());
    for part in [
        "Connector status",
        "Work items created",
        "Impacted computers",
        "Alert rules",
        "Time to resolve",
        "Backlog",
        "Change calendar",
    ] {
        assert!(workbook.contains(&format!("## {part}")), "{part}");
    }
    let made = parsed(&workbook);
    let items = made["items"].as_array().unwrap();
    let mut choices: Vec<String> = names(&items[1]["content"]["parameters"]);
    for item in items {
        let picked = item["content"]["exportedParameters"].as_array().into_iter().flatten();
        choices.extend(picked.map(|one| one["parameterName"].as_str().unwrap().to_owned()));
    }
    for item in items {
        let query = item["content"]["query"].as_str().unwrap_or_default();
        let used = query.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        for (name, _) in used {
            let name = name.split(':').next().unwrap();
            assert!(choices.iter().any(|choice| choice == name), "{name} in {query}");
        }
        let needed = &item["conditionalVisibility"]["parameterName"];
        assert!(
            needed.is_null() || choices.iter().any(|choice| needed == choice),
            "{needed}"
        );
    }
    let mut all: Vec<&str> = items.iter().map(|item| item["name"].as_str().unwrap()).collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), items.len(), "two items of one name");
}

#[test]
fn the_schema_knows_what_each_method_takes() {
    let schema: Value = serde_json::from_str(&config()).unwrap();
    let auth = &schema["properties"]["connection"]["items"]["properties"]["auth"];
    let conditions = auth["allOf"].as_array().unwrap();
    let basic = conditions
        .iter()
        .find(|one| one["if"]["properties"]["method"]["const"] == "basic")
        .unwrap();
    assert_eq!(basic["then"]["required"], serde_json::json!(["username", "password"]));
    assert_eq!(basic["then"]["properties"]["client_secret"], false);
    let methods = auth["properties"]["method"]["enum"].as_array().unwrap();
    let unavailable = crate::config::keys::CONNECTION_AUTH.choice.unwrap().of;
    let unavailable = unavailable.iter().filter(|variant| !variant.available);
    assert!(
        unavailable
            .clone()
            .all(|variant| methods.iter().all(|method| method != variant.name))
    );
    assert_eq!(methods.len() + unavailable.count(), 9);
    let days = &schema["properties"]["connection"]["items"]["properties"]["sync_days"];
    assert_eq!(
        (&days["maximum"], &days["default"]),
        (&Value::from(120), &Value::from(120))
    );
}
