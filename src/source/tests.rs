//! What the property tests of the sources share.

use proptest::prelude::*;
use serde_json::Value;

use crate::model::Mapped;

/// Texts that desks write, and some that they should not.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "\\PC{0,12}",
        1 => any::<String>(),
        2 => "[0-9a-f]{32}",
        2 => "20[0-9]{2}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,8})?Z?",
        1 => "-?[0-9]{1,20}(\\.[0-9]{1,4})?",
        1 => prop_oneof![Just("true"), Just("0"), Just("NaN"), Just("inf"), Just("")].prop_map(str::to_owned),
    ]
}

/// Any JSON, with the names that fields consist of among its members.
pub fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        4 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
    ];
    let name = prop_oneof![
        Just("value".to_owned()),
        Just("display_value".to_owned()),
        Just("link".to_owned()),
        text()
    ];
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            3 => prop::collection::hash_map(name.clone(), inner, 0..3)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

/// Rows of these fields, some of them missing in each.
pub fn rows(fields: &[String]) -> impl Strategy<Value = Vec<Value>> + use<> {
    let members: Vec<_> = fields
        .iter()
        .map(|field| (Just(field.clone()), prop::option::weighted(0.7, json())))
        .collect();
    let row = members.prop_map(|members| {
        let given = members.into_iter().filter_map(|(field, value)| Some((field, value?)));
        Value::Object(given.collect())
    });
    prop::collection::vec(row, 1..4)
}

/// Each row became a record whose line can be delivered, or is set aside with a reason.
pub fn check(mapped: &[Mapped]) -> Result<(), TestCaseError> {
    for mapped in mapped {
        match mapped {
            Mapped::SetAside(aside) => prop_assert!(!aside.reason.is_empty()),
            Mapped::Record(record) => {
                prop_assert!(!record.id.as_str().is_empty());
                let row: Result<serde_json::Map<String, Value>, _> = serde_json::from_slice(&record.row);
                prop_assert!(row.is_ok_and(|row| row.contains_key("RecordId_s")));
            }
        }
    }
    Ok(())
}

/// Two records have one version exactly if their lines say the same; what is known only at delivery is in neither.
pub fn check_versions(mapped: &[Mapped]) -> Result<(), TestCaseError> {
    let records: Vec<_> = mapped
        .iter()
        .filter_map(|mapped| match mapped {
            Mapped::Record(record) => Some(record),
            Mapped::SetAside(_) => None,
        })
        .collect();
    for record in &records {
        let row: serde_json::Map<String, Value> = serde_json::from_slice(&record.row).unwrap();
        for later in ["TimeGenerated", "SyncRunId_s", "RecordVersion_s"] {
            prop_assert!(!row.contains_key(later));
        }
        for other in &records {
            let same: serde_json::Map<String, Value> = serde_json::from_slice(&other.row).unwrap();
            prop_assert_eq!(
                record.version == other.version,
                row == same,
                "{:?} and {:?}",
                &row,
                &same
            );
        }
    }
    Ok(())
}
