//! `EntityDefinitions`: just enough of the metadata to find tables, columns, and the labels of choices. A choice's options
//! are those that its table's rows have.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::cell::Cell;
use super::refusal::Refusal;
use super::table::{Definition, Table};

/// Answers `EntityDefinitions…`; `path` is what follows `/api/data/v9.2/`, decoded.
pub(super) fn answer<'a>(
    path: &str,
    options: &[(String, String)],
    tables: impl Iterator<Item = &'a Table>,
) -> Result<Value, Refusal> {
    if let Some((name, _)) = options.iter().find(|(name, _)| name != "$select" && name != "$expand") {
        return Err(Refusal::bad(
            "0x80060888",
            &format!("The simulated metadata knows $select and $expand, not {name}."),
        ));
    }
    let option = |wanted: &str| {
        options
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, of)| of.as_str())
    };
    let (select, expand) = (option("$select"), option("$expand"));
    let mut tables = tables;
    let rest = path.trim_start_matches("EntityDefinitions");
    if rest.is_empty() {
        let all: Vec<Value> = tables.map(|table| keep(entity(&table.definition), select)).collect();
        return Ok(json!({"@odata.context": "$metadata#EntityDefinitions", "value": all}));
    }
    let named = rest
        .strip_prefix("(LogicalName='")
        .and_then(|rest| rest.split_once("')"));
    let Some((name, rest)) = named else {
        return Err(not_found(path));
    };
    let table = tables
        .find(|table| table.definition.logical_name == name)
        .ok_or_else(|| not_found(name))?;
    match rest {
        "" => Ok(keep(entity(&table.definition), select)),
        "/Attributes" => {
            let all = attributes(&table.definition).chain(derived(&table.definition));
            let all: Vec<Value> = all.map(|attribute| keep(attribute, select)).collect();
            Ok(json!({"@odata.context": "$metadata#EntityDefinitions/Attributes", "value": all}))
        }
        cast => {
            let kind = cast
                .strip_prefix("/Attributes/Microsoft.Dynamics.CRM.")
                .and_then(|cast| cast.strip_suffix("AttributeMetadata"))
                .ok_or_else(|| not_found(path))?;
            let of_kind = attributes(&table.definition).filter(|attribute| attribute["AttributeType"] == kind);
            let all: Vec<Value> = of_kind
                .map(|attribute| expanded(attribute, select, expand, table))
                .collect();
            Ok(json!({"@odata.context": "$metadata#EntityDefinitions/Attributes", "value": all}))
        }
    }
}

/// An attribute with its options, as far as they are asked for.
fn expanded(attribute: Value, select: Option<&str>, expand: Option<&str>, table: &Table) -> Value {
    let options: BTreeMap<i64, &str> = table
        .rows
        .values()
        .filter_map(|row| match row.get(attribute["LogicalName"].as_str()?)? {
            Cell::Choice(code, label) => Some((*code, label.as_str())),
            _ => None,
        })
        .collect();
    let options = options.into_iter();
    let options: Vec<Value> = options
        .map(|(code, text)| json!({"Value": code, "Label": label(text)}))
        .collect();
    let mut kept = keep(attribute, select);
    for name in expand.unwrap_or_default().split(',') {
        match name {
            "OptionSet" => kept[name] = json!({"Options": options}),
            "GlobalOptionSet" => kept[name] = Value::Null,
            _ => {}
        }
    }
    kept
}

/// The columns that repeat others as text: they cannot be selected.
fn derived(table: &Definition) -> impl Iterator<Item = Value> {
    attributes(table).filter_map(|attribute| {
        let of = attribute["LogicalName"].as_str()?;
        let kind = match attribute["AttributeType"].as_str()? {
            "Picklist" | "State" | "Status" => "Virtual",
            "Lookup" | "Owner" => "String",
            _ => return None,
        };
        Some(json!({
            "LogicalName": format!("{of}name"),
            "AttributeType": kind,
            "AttributeOf": of,
            "IsValidForRead": true,
            "DisplayName": label(""),
            "MetadataId": uuid::Uuid::new_v4().to_string(),
        }))
    })
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
        "IsCustomEntity": table.logical_name.contains('_'),
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
            "AttributeOf": null,
            "IsValidForRead": true,
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
