//! `EntityDefinitions`: just enough of the metadata to find tables and columns.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use super::table::Definition;

/// Answers `EntityDefinitions…`; `path` is what follows `/api/data/v9.2/`, decoded.
pub(super) fn answer<'a>(
    path: &str,
    options: &[(String, String)],
    tables: impl Iterator<Item = &'a Definition>,
) -> Result<Value, Refusal> {
    if let Some((name, _)) = options.iter().find(|(name, _)| name != "$select") {
        return Err(Refusal::bad(
            "0x80060888",
            &format!("The simulated metadata knows $select, not {name}."),
        ));
    }
    let select = options.first().map(|(_, columns)| columns.as_str());
    let mut tables = tables;
    let rest = path.trim_start_matches("EntityDefinitions");
    if rest.is_empty() {
        let all: Vec<Value> = tables.map(|table| keep(entity(table), select)).collect();
        return Ok(json!({"@odata.context": "$metadata#EntityDefinitions", "value": all}));
    }
    let named = rest
        .strip_prefix("(LogicalName='")
        .and_then(|rest| rest.split_once("')"));
    let Some((name, rest)) = named else {
        return Err(not_found(path));
    };
    let table = tables
        .find(|table| table.logical_name == name)
        .ok_or_else(|| not_found(name))?;
    match rest {
        "" => Ok(keep(entity(table), select)),
        "/Attributes" => {
            let all: Vec<Value> = attributes(table).map(|attribute| keep(attribute, select)).collect();
            Ok(json!({"@odata.context": "$metadata#EntityDefinitions/Attributes", "value": all}))
        }
        _ => Err(not_found(path)),
    }
}

fn not_found(name: &str) -> Refusal {
    let message = format!("Could not find an entity with name {name} and id 00000000-0000-0000-0000-000000000000.");
    Refusal::new(axum::http::StatusCode::NOT_FOUND, "0x80060888", message)
}

fn entity(table: &Definition) -> Value {
    json!({
        "LogicalName": table.logical_name,
        "EntitySetName": table.set,
        "PrimaryIdAttribute": table.primary_id,
        "PrimaryNameAttribute": table.primary_name,
        "ChangeTrackingEnabled": false,
        "DisplayName": label(&table.logical_name),
        "MetadataId": uuid::Uuid::new_v4().to_string(),
    })
}

/// Columns by their logical names: a reference's lacks the wire name's `_…_value`.
fn attributes(table: &Definition) -> impl Iterator<Item = Value> {
    table.columns.iter().map(|(name, kind)| {
        let bare = name
            .strip_prefix('_')
            .and_then(|name| name.strip_suffix("_value"))
            .unwrap_or(name);
        let kind = match bare {
            "ownerid" => "Owner",
            "statecode" => "State",
            "statuscode" => "Status",
            _ => kind,
        };
        json!({
            "LogicalName": bare,
            "AttributeType": kind,
            "DisplayName": label(bare),
            "MetadataId": uuid::Uuid::new_v4().to_string(),
        })
    })
}

fn label(name: &str) -> Value {
    json!({"UserLocalizedLabel": {"Label": name, "LanguageCode": 1033}})
}

fn keep(whole: Value, select: Option<&str>) -> Value {
    let (Some(select), Value::Object(whole)) = (select, &whole) else {
        return whole;
    };
    let wanted = |name: &str| name == "MetadataId" || select.split(',').any(|one| one.trim() == name);
    Value::Object(
        whole
            .iter()
            .filter(|(name, _)| wanted(name))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect::<Map<_, _>>(),
    )
}
