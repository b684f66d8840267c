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
