//! The programs that were not written here.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use itsmd::schema::{self, Target};
use serde_json::{Map, Value, json};

/// The folder with the packages of npm.
pub fn node_folder() -> PathBuf {
    let folder = std::env::var_os("ITSMD_NODE_FOLDER");
    PathBuf::from(folder.expect("ITSMD_NODE_FOLDER names no folder: bash .ci/stages/kusto installs what this needs"))
}

pub fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/kusto").join(file)
}

/// Gives a script of ours a JSON text and takes one.
pub fn ask(program: &str, script: &str, question: &Value) -> Value {
    let mut child = Command::new(program)
        .arg(here(script))
        .env("ITSMD_NODE_FOLDER", node_folder())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}; bash .ci/stages/kusto installs what this needs"));
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(question.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{script}: {error}: {said}"))
}

pub fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// What the parser knows of a workspace: our tables with the generated columns, our functions, and of Resource Graph the two
/// tables that the workbook asks.
pub fn workspace(of: &Target) -> Value {
    let mut tables = Map::new();
    for table in parsed(&schema::table(of))["resources"].as_array().unwrap() {
        let schema = &table["properties"]["schema"];
        let columns = schema["columns"].as_array().unwrap().iter();
        let columns = columns.map(|column| {
            let kind = column["type"].as_str().unwrap().to_lowercase();
            json!([column["name"], kind])
        });
        tables.insert(schema["name"].as_str().unwrap().to_owned(), columns.collect());
    }
    let of_azure = json!([
        ["id", "string"],
        ["name", "string"],
        ["type", "string"],
        ["location", "string"],
        ["resourceGroup", "string"],
        ["subscriptionId", "string"],
        ["properties", "dynamic"],
    ]);
    for name in ["resources", "alertsmanagementresources"] {
        tables.insert(name.to_owned(), of_azure.clone());
    }
    // What the README speaks of beside them.
    let columns = tables[&of.work_items].clone();
    for name in ["ServiceDesk_CL", "ServiceDeskNew_CL"] {
        tables.insert(name.to_owned(), columns.clone());
    }
    tables.insert(
        "Heartbeat".to_owned(),
        json!([["TimeGenerated", "datetime"], ["Computer", "string"]]),
    );
    let functions = schema::saved_functions(of);
    let functions = functions
        .iter()
        .map(|(name, parameters, body)| json!({"name": name, "parameters": parameters, "body": body}));
    json!({"tables": tables, "functions": functions.collect::<Vec<_>>()})
}
