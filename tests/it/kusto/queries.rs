//! Every query is one that Microsoft's parser takes, over the columns that there are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use itsmd::schema::{self, Target};
use serde_json::{Value, json};

use super::checker::{ask, parsed, workspace};

/// Everything that is asked of a workspace anywhere, by where it stands.
pub type Queries = BTreeMap<String, String>;

/// A text as the workbook makes it before it asks.
pub fn filled_in(query: &str) -> String {
    let choices = [
        ("{TimeRange}", "between (datetime(2026-11-01) .. datetime(2026-11-21))"),
        ("{Connection}", "'contoso','fabrikam'"),
        ("{WorkItemType}", "'Incident'"),
    ];
    let mut text = query.to_owned();
    for (choice, value) in choices {
        text = text.replace(choice, value);
    }
    while let Some(start) = text.find("{Picked") {
        let end = text[start..].find('}').unwrap() + start;
        text.replace_range(start..=end, "CORP\\web01");
    }
    text
}

fn of_functions(queries: &mut Queries) {
    for (name, parameters, body) in schema::saved_functions(&Target::default()) {
        // With parameters its body is one only as a function.
        let query = if parameters.is_empty() {
            body
        } else {
            format!("let It = ({parameters}) {{\n{body}\n}};\nIt()")
        };
        queries.insert(format!("function {name}"), query);
    }
}

fn of_alerts(queries: &mut Queries) {
    let alerts = parsed(&schema::alerts(&Target::default()));
    for rule in alerts["resources"].as_array().unwrap() {
        let query = rule["properties"]["criteria"]["allOf"][0]["query"].as_str().unwrap();
        queries.insert(format!("alert {}", rule["name"].as_str().unwrap()), query.to_owned());
    }
}

fn items(workbook: &Value) -> impl Iterator<Item = (String, &Value)> {
    let items = workbook["items"].as_array().unwrap().iter();
    items.map(|item| (format!("workbook {}", item["name"].as_str().unwrap()), item))
}

fn of_workbook(queries: &mut Queries) {
    let workbook = parsed(&schema::workbook(&Target::default()));
    for (name, item) in items(&workbook) {
        if let Some(query) = item["content"]["query"].as_str() {
            queries.insert(name, filled_in(query));
        }
        for parameter in item["content"]["parameters"].as_array().into_iter().flatten() {
            if let Some(query) = parameter["query"].as_str() {
                queries.insert(format!("workbook parameter {}", parameter["name"]), filled_in(query));
            }
        }
    }
}

/// Its blocks of KQL.
pub fn of_readme(queries: &mut Queries) {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut lines = readme.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_start() == "```kql" {
            let block = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim_start() != "```");
            queries.insert(
                format!("README, line {}", number + 1),
                block.collect::<Vec<_>>().join("\n"),
            );
        }
    }
}

fn everything() -> Queries {
    let mut queries = Queries::new();
    of_functions(&mut queries);
    of_alerts(&mut queries);
    of_workbook(&mut queries);
    of_readme(&mut queries);
    queries
}

fn looked_at(queries: &Queries) -> Value {
    ask(
        "node",
        "check.cjs",
        &json!({"workspace": workspace(&Target::default()), "queries": queries}),
    )
}

/// What is said of everything, asked once.
fn everything_looked_at() -> &'static Value {
    static TOLD: OnceLock<Value> = OnceLock::new();
    TOLD.get_or_init(|| looked_at(&everything()))
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn every_query_is_one_that_microsofts_parser_takes() {
    let queries = everything();
    let told = everything_looked_at();
    let of = |place: &str| queries.keys().filter(|name| name.starts_with(place)).count();
    println!(
        "{} functions, {} alerts, {} of the workbook, {} of the README",
        of("function"),
        of("alert"),
        of("workbook"),
        of("README")
    );
    assert!(of("function") == 4 && of("alert") == 3 && of("workbook") >= 17 && of("README") >= 5);
    let wrong: Vec<String> = queries
        .iter()
        .filter(|(name, _)| told[name.as_str()]["findings"] != json!([]))
        .map(|(name, query)| format!("{name}: {:#}\n{query}", told[name.as_str()]["findings"]))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn a_query_with_a_slip_in_it_is_refused_wherever_the_slip_is() {
    let slips = [
        ("a column of a table", "ServiceDesk_CL | where Computr == 'web01'"),
        ("a column of a function's answer", "ServiceDeskCurrent | where IsOpn"),
        ("case", "ServiceDeskLog_CL | where logtype_s == 'ERROR'"),
        ("a function", "ServiceDeskCurent | count"),
        ("a table", "ServiceDeskk_CL | count"),
        ("syntax", "ServiceDesk_CL | summarize count( by Computer"),
        ("a type", "ServiceDesk_CL | where CreatedDate_t > 'yesterday' + 1d"),
        ("an argument too many", "ServiceDeskActiveChanges('web01', 1)"),
    ];
    let queries: Queries = slips.map(|(what, query)| (what.to_owned(), query.to_owned())).into();
    let told = looked_at(&queries);
    for (what, _) in slips {
        assert_ne!(told[what]["findings"], json!([]), "the parser is blind to {what}");
    }
    // Nor is it blind inside what is generated.
    let slip = |query: &String| query.replacen("ServiceDeskConnectionName_s", "ServiceDeskConnectionname_s", 1);
    let mut queries = everything();
    queries.retain(|_, query| slip(query) != *query);
    queries.values_mut().for_each(|query| *query = slip(query));
    let told = looked_at(&queries);
    assert!(queries.len() > 15, "{}", queries.len());
    for name in queries.keys() {
        assert_ne!(told[name]["findings"], json!([]), "{name}");
    }
}

fn columns(told: &Value, name: &str) -> Vec<String> {
    let columns = told[name]["columns"].as_array();
    let columns = columns.unwrap_or_else(|| panic!("{name} answers with no table")).iter();
    columns.map(|column| column[0].as_str().unwrap().to_owned()).collect()
}

#[test]
#[ignore = "needs Node and Microsoft's parser: run by .ci/stages/kusto"]
fn what_alerts_measure_and_a_click_picks_are_columns_of_the_answer() {
    let told = everything_looked_at();
    let mut looked = 0;
    let alerts = parsed(&schema::alerts(&Target::default()));
    for rule in alerts["resources"].as_array().unwrap() {
        let criterion = &rule["properties"]["criteria"]["allOf"][0];
        let has = columns(told, &format!("alert {}", rule["name"].as_str().unwrap()));
        let dimensions = criterion["dimensions"].as_array().unwrap().iter();
        for needed in dimensions
            .map(|one| &one["name"])
            .chain([&criterion["metricMeasureColumn"]])
        {
            let Some(needed) = needed.as_str() else { continue };
            assert!(has.iter().any(|column| column == needed), "{}: {needed}", rule["name"]);
            looked += 1;
        }
    }
    let workbook = parsed(&schema::workbook(&Target::default()));
    for (name, item) in items(&workbook) {
        let picks = item["content"]["exportedParameters"].as_array().into_iter().flatten();
        let shown = item["content"]["gridSettings"]["formatters"]
            .as_array()
            .into_iter()
            .flatten();
        let needed = picks.map(|one| &one["fieldName"]);
        // A grid of counts has no link; one that has the column has to be right about its name.
        let shown = shown
            .map(|one| &one["columnMatch"])
            .filter(|column| *column != "RecordUrl_s");
        for needed in needed.chain(shown) {
            let has = columns(told, &name);
            assert!(has.iter().any(|column| needed == column), "{name}: {needed}");
            looked += 1;
        }
        if name.ends_with("-records") {
            assert!(columns(told, &name).contains(&"RecordUrl_s".to_owned()), "{name}");
            looked += 1;
        }
    }
    assert!(looked > 20, "{looked}");
}
