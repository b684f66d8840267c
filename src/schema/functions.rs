//! The saved functions as resources of a deployment.

use super::Target;
use super::azure::WORKSPACE_API;
use super::kql::{FUNCTIONS, Function};
use super::template::{Expr, Node, Resource};

/// What the resource of each function is called by the others, in their order.
pub(super) const SYMBOLS: [&str; 4] = ["current", "openIncidents", "activeChanges", "health"];

/// All of them. The tables they read have to be there when they are saved.
pub(super) fn saved(of: &Target, after: &[&'static str]) -> Vec<Resource> {
    let functions = SYMBOLS.into_iter().zip(FUNCTIONS);
    functions
        .map(|(symbol, function)| saved_search(of, symbol, function, after))
        .collect()
}

fn saved_search(of: &Target, symbol: &'static str, function: Function, after: &[&'static str]) -> Resource {
    let mut members = vec![
        ("category".to_owned(), Node::text("Service desk")),
        ("displayName".to_owned(), Node::text(function.name)),
        ("functionAlias".to_owned(), Node::text(function.name)),
        ("query".to_owned(), Node::text(function.text(of))),
        ("version".to_owned(), Node::Int(2)),
    ];
    if !function.parameters.is_empty() {
        members.push(("functionParameters".to_owned(), Node::text(function.parameters)));
    }
    Resource {
        parent: Some("workspace"),
        depends_on: after.to_vec(),
        body: vec![
            // Without it a second deployment is refused: it is there already.
            ("etag", Node::text("*")),
            ("properties", Node::Map(members)),
        ],
        ..Resource::new(
            symbol,
            "Microsoft.OperationalInsights/workspaces/savedSearches",
            WORKSPACE_API,
            Expr::text(function.name),
        )
    }
}
