//! The templates are of the shapes that Azure's own libraries declare, and the Bicep file is Bicep.

use itsmd::schema::{self, Target};
use serde_json::{Value, json};

use super::checker::{ask, node_folder, parsed};

/// What the TypeScript compiler says of the resources of a template, each as the type of its kind.
fn compiled(template: &Value) -> Vec<String> {
    let folder = tempfile::tempdir_in(node_folder()).unwrap();
    let question = json!({"template": template, "folder": folder.path()});
    let said = ask("node", "shapes.cjs", &question);
    said.as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

#[test]
#[ignore = "needs Node and Azure's libraries: run by .ci/stages/kusto"]
fn every_resource_has_the_shape_that_azures_libraries_declare() {
    let of = Target::default();
    for made in [
        schema::arm(&of),
        schema::alerts(&of),
        schema::functions(&of),
        schema::table(&of),
        schema::dcr(&of),
    ] {
        assert_eq!(compiled(&parsed(&made)), Vec::<String>::new());
    }
}

#[test]
#[ignore = "needs Node and Azure's libraries: run by .ci/stages/kusto"]
fn a_slip_in_any_kind_of_resource_is_seen() {
    let whole = parsed(&schema::arm(&Target::default()));
    let slips = [
        (
            "Microsoft.OperationalInsights/workspaces/tables",
            "/properties/schema/columns/0",
            json!({"nam": "x"}),
        ),
        (
            "Microsoft.Insights/dataCollectionRules",
            "/properties/dataFlows/0",
            json!({"stream": ["x"]}),
        ),
        (
            "Microsoft.Authorization/roleAssignments",
            "/properties",
            json!({"principalId": "x"}),
        ),
        (
            "Microsoft.OperationalInsights/workspaces/savedSearches",
            "/properties",
            json!({"query": "x"}),
        ),
        (
            "Microsoft.Insights/workbooks",
            "/properties",
            json!({"serialisedData": "x"}),
        ),
        (
            "Microsoft.Insights/scheduledQueryRules",
            "/properties/criteria/allOf/0/timeAggregation",
            json!("Most"),
        ),
        (
            "Microsoft.Insights/scheduledQueryRules",
            "/properties/severity",
            json!("grave"),
        ),
    ];
    for (kind, place, slip) in slips {
        let mut slipped = whole.clone();
        let resources = slipped["resources"].as_array_mut().unwrap();
        let one = resources.iter_mut().find(|one| one["type"] == kind).unwrap();
        *one.pointer_mut(place).unwrap() = slip;
        assert!(!compiled(&slipped).is_empty(), "{kind}{place}");
    }
}

#[test]
#[ignore = "needs Python and pycep-parser: run by .ci/stages/kusto"]
fn the_bicep_file_is_bicep_and_says_what_the_arm_template_says() {
    let of = Target::default();
    let python = std::env::var("ITSMD_PYTHON").expect("ITSMD_PYTHON names no Python: bash .ci/stages/kusto");
    let question = |bicep: &str| json!({"bicep": bicep, "arm": parsed(&schema::arm(&of))});
    let bicep = schema::bicep(&of);
    let said = ask(&python, "bicep.py", &question(&bicep));
    assert_eq!(said["differences"], json!([]));
    assert!(said["compared"].as_u64().unwrap() > 200, "{}", said["compared"]);
    // Neither the parser nor the comparison is blind.
    let said = ask(&python, "bicep.py", &question(&bicep.replace("'PT15M'", "'PT5M'")));
    assert_ne!(said["differences"], json!([]));
    let said = ask(
        &python,
        "bicep.py",
        &question(&bicep.replacen("properties: {", "properties {", 1)),
    );
    assert_ne!(said["differences"], json!([]));
}
