//! The files under `schema/` are what the code generates. `ITSMD_BLESS=1 cargo test schema` rewrites them.

use std::path::Path;

use super::*;

fn is_golden(name: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    if std::env::var_os("ITSMD_BLESS").is_some() {
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
    is_golden("config.schema.json", &config());
    is_golden("table.json", &table(&ExtraColumns::new()));
    is_golden("dcr.json", &dcr(&ExtraColumns::new()));
    is_golden("main.bicep", &bicep(&ExtraColumns::new()));
}

fn names(columns: &Value) -> Vec<String> {
    let columns = columns.as_array().unwrap().iter();
    columns
        .map(|column| column["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn table_and_rule_have_the_same_columns_extra_ones_included() {
    let extra = ExtraColumns::from([("Score_d".to_owned(), ColumnType::Real)]);
    let table: Value = serde_json::from_str(&table(&extra)).unwrap();
    let rule: Value = serde_json::from_str(&dcr(&extra)).unwrap();
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
    let columns = part.lines().filter_map(|line| line.trim().strip_prefix("{ name: '"));
    columns
        .filter_map(|rest| {
            let (name, rest) = rest.split_once("', type: '")?;
            Some((name.to_owned(), rest.split('\'').next()?.to_owned()))
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
    let extra = ExtraColumns::from([("Score_d".to_owned(), ColumnType::Real)]);
    let bicep = bicep(&extra);
    let table: Value = serde_json::from_str(&table(&extra)).unwrap();
    let rule: Value = serde_json::from_str(&dcr(&extra)).unwrap();
    // Head, two tables, rule, role, in that order.
    let parts: Vec<&str> = bicep.split("\nresource ").collect();
    let [_, _, work_items, log, declared, role] = parts.as_slice() else {
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
    // Every bracket has its other.
    for (open, close) in [('{', '}'), ('[', ']'), ('(', ')')] {
        assert_eq!(bicep.matches(open).count(), bicep.matches(close).count(), "{open}");
    }
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
    let table: Value = serde_json::from_str(&table(&ExtraColumns::new())).unwrap();
    for index in 0..2 {
        for name in names(&table["resources"][index]["properties"]["schema"]["columns"]) {
            let legal = name.len() <= 45 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            assert!(legal && name.starts_with(|c: char| c.is_ascii_alphabetic()), "{name}");
            assert!(!reserved.contains(&name.as_str()), "{name}");
        }
    }
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
