//! A template as Bicep.

use super::{Expr, Node, Parameter, Resource, Template};

pub(super) fn template(of: &Template) -> String {
    let mut file: String = of.about.lines().map(|line| format!("// {line}\n")).collect();
    file.extend(of.parameters.iter().map(declared));
    for (name, of_it) in &of.variables {
        file.push_str(&format!("\nvar {name} = {}\n", literal(of_it)));
    }
    file.extend(of.resources.iter().map(written));
    for (name, of_it) in &of.outputs {
        file.push_str(&format!("\noutput {name} string = {}\n", expression(of_it)));
    }
    file
}

fn declared(parameter: &Parameter) -> String {
    let range = parameter
        .range
        .map(|(least, most)| format!("@minValue({least})\n@maxValue({most})\n"));
    let default = parameter
        .default
        .as_ref()
        .map(|default| format!(" = {}", expression(default)));
    format!(
        "\n@description({})\n{}param {} {}{}\n",
        literal(parameter.description),
        range.unwrap_or_default(),
        parameter.name,
        parameter.kind,
        default.unwrap_or_default()
    )
}

fn written(resource: &Resource) -> String {
    let mut lines = Vec::new();
    if let Some(parent) = resource.parent {
        lines.push(format!("parent: {parent}"));
    }
    lines.push(format!("name: {}", expression(&resource.name)));
    if let Some(scope) = resource.scope {
        lines.push(format!("scope: {scope}"));
    }
    if !resource.depends_on.is_empty() {
        lines.push(format!("dependsOn: [ {} ]", resource.depends_on.join(", ")));
    }
    for (key, of_it) in &resource.body {
        lines.push(format!("{key}: {}", node(of_it, 1)));
    }
    let body: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    let existing = if resource.existing { "existing " } else { "" };
    let (open, close) = match resource.only_if {
        Some(parameter) => (format!("if ({parameter}) {{"), "}"),
        None => ("{".to_owned(), "}"),
    };
    format!(
        "\nresource {} '{}@{}' {existing}= {open}\n{body}{close}\n",
        resource.symbol, resource.kind, resource.api
    )
}

/// As it stands `depth` levels deep; what fits on a line stays on one.
fn node(of: &Node, depth: usize) -> String {
    let (open, close, items): (_, _, Vec<String>) = match of {
        Node::Bool(flag) => return flag.to_string(),
        Node::Int(number) => return number.to_string(),
        Node::Of(of_it) => return expression(of_it),
        Node::List(items) => ('[', ']', items.iter().map(|item| node(item, depth + 1)).collect()),
        Node::Map(members) => {
            let member = |(name, item): &(String, Node)| format!("{}: {}", key(name), node(item, depth + 1));
            ('{', '}', members.iter().map(member).collect())
        }
    };
    if items.is_empty() {
        return format!("{open}{close}");
    }
    let indent = "  ".repeat(depth + 1);
    let lines: String = items.iter().map(|item| format!("{indent}{item}\n")).collect();
    let one_line = format!("{open} {} {close}", items.join(", "));
    if one_line.contains('\n') || one_line.len() > 100 - 2 * depth {
        format!("{open}\n{lines}{}{close}", "  ".repeat(depth))
    } else {
        one_line
    }
}

/// A key that is no identifier is a text.
fn key(name: &str) -> String {
    if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        name.to_owned()
    } else {
        literal(name)
    }
}

fn expression(of: &Expr) -> String {
    match of {
        Expr::Text(text) => literal(text),
        Expr::Int(number) => number.to_string(),
        Expr::Bool(flag) => flag.to_string(),
        Expr::Parameter(name) | Expr::Variable(name) => (*name).to_owned(),
        Expr::IdOf(symbol) => format!("{symbol}.id"),
        Expr::Property(symbol, path) => format!("{symbol}.properties.{path}"),
        Expr::Call(function, arguments, member) => {
            let member = member.map(|member| format!(".{member}")).unwrap_or_default();
            format!("{function}({}){member}", list(arguments))
        }
        Expr::If(condition, yes, no) => {
            format!("{} ? {} : {}", expression(condition), expression(yes), expression(no))
        }
        Expr::List(items) if items.is_empty() => "[]".to_owned(),
        Expr::List(items) => format!("[ {} ]", list(items)),
    }
}

fn list(items: &[Expr]) -> String {
    let items: Vec<String> = items.iter().map(expression).collect();
    items.join(", ")
}

/// As Bicep writes a text. One of several lines, or with many quotes in it, stands between three quotes, where nothing is
/// escaped and nothing evaluated; a line end after the first three does not belong to it.
fn literal(text: &str) -> String {
    let long = text.contains('\n') || text.matches('\'').count() > 4;
    if long && !text.contains("'''") && !text.ends_with('\'') {
        return format!("'''\n{text}'''");
    }
    let escaped = text
        .replace('\\', "\\\\")
        .replace('\'', "\\'")
        .replace("${", "\\${")
        .replace('\n', "\\n");
    format!("'{escaped}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_early_or_be_evaluated() {
        assert_eq!(literal("it's ${x} \\"), r"'it\'s \${x} \\'");
        assert_eq!(literal("two\nlines ${x} '"), "'two\\nlines \\${x} \\''");
        assert_eq!(literal("a '''\nb"), r"'a \'\'\'\nb'");
        assert_eq!(literal("one\n'two' ${x}\n"), "'''\none\n'two' ${x}\n'''");
    }
}
