//! The templates are of the shapes that Azure's own libraries declare, and the Bicep file is Bicep.

use itsmd::schema::{self, Target};
use serde_json::{Value, json};

use super::checker::{ask, node_folder, parsed};

/// What the TypeScript compiler says of the resources of each template, each as the type of its kind.
fn compiled(templates: &[Value]) -> Vec<Value> {
    let folder = tempfile::tempdir_in(node_folder()).unwrap();
    let question = json!({"templates": templates, "folder": folder.path()});
    ask("node", "shapes.cjs", &question).as_array().unwrap().clone()
}

#[test]
#[ignore = "needs Node and Azure's libraries: run by .ci/stages/kusto"]
fn every_resource_has_the_shape_that_azures_libraries_declare() {
    let of = Target::default();
    let made = [
        schema::arm(&of),
        schema::alerts(&of),
        schema::functions(&of),
        schema::table(&of),
        schema::dcr(&of),
    ];
    assert_eq!(
        compiled(&made.map(|text| parsed(&text))),
        [json!([]), json!([]), json!([]), json!([]), json!([])]
    );
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
    let slipped = slips.each_ref().map(|(kind, place, slip)| {
        let mut slipped = whole.clone();
        let resources = slipped["resources"].as_array_mut().unwrap();
        let one = resources.iter_mut().find(|one| one["type"] == *kind).unwrap();
        *one.pointer_mut(place).unwrap() = slip.clone();
        slipped
    });
    for (said, (kind, place, _)) in compiled(&slipped).iter().zip(&slips) {
        assert_eq!(said.as_array().unwrap().len(), 1, "{kind}{place}: {said}");
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
