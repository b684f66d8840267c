//! A template as ARM's JSON.

use serde_json::{Map, Value, json};

use super::{Expr, Node, Parameter, Resource, Template};

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

pub(super) fn template(of: &Template) -> Value {
    let made = of.resources.iter().filter(|resource| !resource.existing);
    let parameters: Map<String, Value> = of
        .parameters
        .iter()
        .map(|parameter| (parameter.name.to_owned(), declared(of, parameter)))
        .collect();
    let mut template = json!({
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": made.map(|resource| written(of, resource)).collect::<Vec<_>>(),
    });
    if !of.variables.is_empty() {
        let variables = of.variables.iter();
        template["variables"] = variables
            .map(|(name, text)| ((*name).to_owned(), literal(text)))
            .collect();
    }
    if !of.outputs.is_empty() {
        let outputs = of.outputs.iter();
        template["outputs"] = outputs
            .map(|(name, of_it)| ((*name).to_owned(), json!({"type": "string", "value": value(of, of_it)})))
            .collect();
    }
    template
}

fn declared(of: &Template, parameter: &Parameter) -> Value {
    let mut declared = json!({"type": parameter.kind, "metadata": {"description": parameter.description}});
    if let Some(default) = &parameter.default {
        declared["defaultValue"] = value(of, default);
    }
    if let Some((least, most)) = parameter.range {
        declared["minValue"] = json!(least);
        declared["maxValue"] = json!(most);
    }
    declared
}

fn written(of: &Template, resource: &Resource) -> Value {
    let mut written = Map::new();
    written.insert("type".to_owned(), json!(resource.kind));
    written.insert("apiVersion".to_owned(), json!(resource.api));
    written.insert("name".to_owned(), name(of, resource));
    if let Some(parameter) = resource.only_if {
        written.insert("condition".to_owned(), json!(format!("[parameters('{parameter}')]")));
    }
    if let Some(scope) = resource.scope {
        written.insert("scope".to_owned(), json!(format!("[{}]", id(of, scope))));
    }
    let mut needed: Vec<&str> = resource.depends_on.clone();
    needed.extend(resource.scope);
    if !needed.is_empty() {
        let ids = needed.iter().map(|symbol| format!("[{}]", id(of, symbol)));
        written.insert("dependsOn".to_owned(), ids.collect());
    }
    for (key, of_it) in &resource.body {
        written.insert((*key).to_owned(), node(of, of_it));
    }
    Value::Object(written)
}

fn name(of: &Template, resource: &Resource) -> Value {
    let Some(parent) = resource.parent.and_then(|parent| of.resource(parent)) else {
        return value(of, &resource.name);
    };
    let both = [
        expression(of, &parent.name),
        "'/'".to_owned(),
        expression(of, &resource.name),
    ];
    json!(format!("[concat({})]", both.join(", ")))
}

fn node(of: &Template, node_of: &Node) -> Value {
    match node_of {
        Node::Bool(flag) => json!(flag),
        Node::Int(number) => json!(number),
        Node::Of(of_it) => value(of, of_it),
        Node::List(items) => items.iter().map(|item| node(of, item)).collect(),
        Node::Map(members) => members
            .iter()
            .map(|(key, item)| (key.clone(), node(of, item)))
            .collect(),
    }
}

/// A value that stands by itself: a text as it is, anything else in brackets.
fn value(of: &Template, of_it: &Expr) -> Value {
    match of_it {
        Expr::Text(text) => literal(text),
        Expr::Int(number) => json!(number),
        Expr::Bool(flag) => json!(flag),
        Expr::Parameter(_)
        | Expr::Variable(_)
        | Expr::IdOf(_)
        | Expr::Property(..)
        | Expr::Call(..)
        | Expr::If(..)
        | Expr::List(_) => json!(format!("[{}]", expression(of, of_it))),
    }
}

/// A text that begins with a bracket would be taken for an expression.
fn literal(text: &str) -> Value {
    if text.starts_with('[') {
        json!(format!("[{text}"))
    } else {
        json!(text)
    }
}

fn expression(of: &Template, of_it: &Expr) -> String {
    match of_it {
        Expr::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Expr::Int(number) => number.to_string(),
        Expr::Bool(flag) => format!("{flag}()"),
        Expr::Parameter(name) => format!("parameters('{name}')"),
        Expr::Variable(name) => format!("variables('{name}')"),
        Expr::IdOf(symbol) => id(of, symbol),
        Expr::Property(symbol, path) => {
            let api = of.resource(symbol).map_or("", |resource| resource.api);
            format!("reference({}, '{api}').{path}", id(of, symbol))
        }
        Expr::Call(function, arguments, member) => {
            let member = member.map(|member| format!(".{member}")).unwrap_or_default();
            format!("{function}({}){member}", list(of, arguments))
        }
        Expr::If(condition, yes, no) => format!(
            "if({}, {}, {})",
            expression(of, condition),
            expression(of, yes),
            expression(of, no)
        ),
        Expr::List(items) => format!("createArray({})", list(of, items)),
    }
}

fn list(of: &Template, items: &[Expr]) -> String {
    let items: Vec<String> = items.iter().map(|item| expression(of, item)).collect();
    items.join(", ")
}

fn id(of: &Template, symbol: &str) -> String {
    let Some(resource) = of.resource(symbol) else {
        return String::new();
    };
    let parent = resource.parent.and_then(|parent| of.resource(parent));
    let names = parent.into_iter().chain([resource]);
    let names: Vec<String> = names.map(|named| expression(of, &named.name)).collect();
    format!("resourceId('{}', {})", resource.kind, names.join(", "))
}
