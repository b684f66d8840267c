//! The tables, the rule and the role, as resources of a deployment.

use super::Target;
use super::template::{Expr, Node, Parameter, Resource};
use crate::model::columns::{ColumnDef, ColumnType, SERVICE_DESK, SERVICE_DESK_LOG};

pub(super) const WORKSPACE_API: &str = "2025-07-01";
const RULE_API: &str = "2023-03-11";
const ROLE_API: &str = "2022-04-01";
/// Monitoring Metrics Publisher: it alone may send to a rule.
const ROLE: &str = "3913510d-42f4-4e42-8a64-420c390055eb";
/// The sync window and then some: what Azure forgets is never sent again.
const RETENTION_DAYS: i64 = 180;

pub(super) fn workspace_name() -> Parameter {
    Parameter {
        name: "workspaceName",
        kind: "string",
        description: "The Log Analytics workspace",
        default: None,
        range: None,
    }
}

pub(super) fn location() -> Parameter {
    Parameter {
        name: "location",
        kind: "string",
        description: "Must be the workspace's region",
        default: Some(Expr::Call("resourceGroup", Vec::new(), Some("location"))),
        range: None,
    }
}

pub(super) fn retention() -> Parameter {
    Parameter {
        name: "retentionInDays",
        kind: "int",
        description: "How long rows are kept; less than the sync window would lose records",
        default: Some(Expr::Int(RETENTION_DAYS)),
        range: Some((RETENTION_DAYS, 730)),
    }
}

/// Who may send, and what the rule is called.
pub(super) fn of_rule() -> [Parameter; 2] {
    let text = |name, description, default| Parameter {
        name,
        kind: "string",
        description,
        default,
        range: None,
    };
    [
        text(
            "principalId",
            "Object id of the service principal or managed identity that itsmd signs in as, not its client id",
            None,
        ),
        text(
            "ruleName",
            "What the data collection rule is called",
            Some(Expr::text("dcr-servicedesk")),
        ),
    ]
}

/// The workspace, which is there already.
pub(super) fn workspace() -> Resource {
    Resource {
        existing: true,
        ..Resource::new(
            "workspace",
            "Microsoft.OperationalInsights/workspaces",
            WORKSPACE_API,
            Expr::Parameter("workspaceName"),
        )
    }
}

/// `workItems` and `log`.
pub(super) fn tables(of: &Target) -> [Resource; 2] {
    [
        table("workItems", &of.work_items, work_items(of)),
        table("log", &of.log, columns(SERVICE_DESK_LOG).collect()),
    ]
}

/// Name, type, and what it says, if that is known.
type Column<'a> = (&'a str, ColumnType, Option<&'static str>);

fn columns<'a>(of: &'static [ColumnDef]) -> impl Iterator<Item = Column<'a>> {
    of.iter().map(|column| (column.name, column.kind, Some(column.meaning)))
}

fn work_items(of: &Target) -> Vec<Column<'_>> {
    let extra = of.extra.iter().map(|(name, kind)| (name.as_str(), *kind, None));
    columns(SERVICE_DESK).chain(extra).collect()
}

fn table(symbol: &'static str, name: &str, columns: Vec<Column<'_>>) -> Resource {
    let columns = columns.into_iter().map(|(name, kind, meaning)| {
        let mut members = vec![
            ("name".to_owned(), Node::text(name)),
            ("type".to_owned(), Node::text(in_table(kind))),
        ];
        members.extend(meaning.map(|meaning| ("description".to_owned(), Node::text(meaning))));
        Node::Map(members)
    });
    let schema = Node::map([("name", Node::text(name)), ("columns", Node::List(columns.collect()))]);
    let kept = || Node::Of(Expr::Parameter("retentionInDays"));
    let properties = Node::map([
        ("plan", Node::text("Analytics")),
        ("retentionInDays", kept()),
        ("totalRetentionInDays", kept()),
        ("schema", schema),
    ]);
    Resource {
        parent: Some("workspace"),
        body: vec![("properties", properties)],
        ..Resource::new(
            symbol,
            "Microsoft.OperationalInsights/workspaces/tables",
            WORKSPACE_API,
            Expr::text(name),
        )
    }
}

/// A type as the tables' API writes it: `dateTime` where a rule writes `datetime`.
fn in_table(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::DateTime => "dateTime",
        ColumnType::String | ColumnType::Bool | ColumnType::Real => kind.as_str(),
    }
}

/// The rule. It takes rows by its own address: kind `Direct`.
pub(super) fn rule(of: &Target, after: &[&'static str]) -> Resource {
    let streams = vec![
        (format!("Custom-{}", of.work_items), declared(work_items(of))),
        (
            format!("Custom-{}", of.log),
            declared(columns(SERVICE_DESK_LOG).collect()),
        ),
    ];
    let destination = Node::map([
        ("name", Node::text("workspace")),
        ("workspaceResourceId", Node::Of(Expr::IdOf("workspace"))),
    ]);
    let properties = Node::map([
        ("streamDeclarations", Node::Map(streams)),
        (
            "destinations",
            Node::map([("logAnalytics", Node::List(vec![destination]))]),
        ),
        ("dataFlows", Node::List(vec![flow(&of.work_items), flow(&of.log)])),
    ]);
    Resource {
        depends_on: after.to_vec(),
        body: vec![
            ("location", Node::Of(Expr::Parameter("location"))),
            ("kind", Node::text("Direct")),
            ("properties", properties),
        ],
        ..Resource::new(
            "rule",
            "Microsoft.Insights/dataCollectionRules",
            RULE_API,
            Expr::Parameter("ruleName"),
        )
    }
}

fn declared(columns: Vec<Column<'_>>) -> Node {
    let columns = columns
        .into_iter()
        .map(|(name, kind, _)| Node::map([("name", Node::text(name)), ("type", Node::text(kind.as_str()))]));
    Node::map([("columns", Node::List(columns.collect()))])
}

fn flow(table: &str) -> Node {
    let stream = format!("Custom-{table}");
    Node::map([
        ("streams", Node::texts(&[&stream])),
        ("destinations", Node::texts(&["workspace"])),
        ("transformKql", Node::text("source")),
        ("outputStream", Node::text(&stream)),
    ])
}

/// The right to send to the rule, and to nothing else.
pub(super) fn role() -> Resource {
    let principal = || Expr::Parameter("principalId");
    let role = Expr::call(
        "subscriptionResourceId",
        [Expr::text("Microsoft.Authorization/roleDefinitions"), Expr::text(ROLE)],
    );
    let properties = Node::map([
        ("principalId", Node::Of(principal())),
        ("principalType", Node::text("ServicePrincipal")),
        ("roleDefinitionId", Node::Of(role)),
    ]);
    Resource {
        scope: Some("rule"),
        body: vec![("properties", properties)],
        ..Resource::new(
            "mayPublish",
            "Microsoft.Authorization/roleAssignments",
            ROLE_API,
            Expr::call("guid", [Expr::IdOf("rule"), principal(), Expr::text(ROLE)]),
        )
    }
}

/// What `[workspace]` in the configuration needs.
pub(super) fn outputs() -> Vec<(&'static str, Expr)> {
    vec![
        ("endpoint", Expr::Property("rule", "endpoints.logsIngestion")),
        ("immutableId", Expr::Property("rule", "immutableId")),
    ]
}
