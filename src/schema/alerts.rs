//! The alert rules as resources of a deployment.
//!
//! A rule of this kind sees two days of rows at the most, whatever its query asks for. Its query is checked when it first runs
//! and not when it is saved, for a table or a function made in the same deployment takes minutes to be known.

use super::Target;
use super::kql::over;
use super::template::{Expr, Node, Parameter, Resource};

const API: &str = "2023-12-01";

struct Alert {
    symbol: &'static str,
    name: &'static str,
    title: &'static str,
    /// What happened and what to do: it stands in the mail.
    description: &'static str,
    query: &'static str,
    /// 0 critical to 4 verbose.
    severity: i64,
    every: &'static str,
    /// The column that is measured; without one rows are counted.
    measure: Option<&'static str>,
    /// Fires at this and above.
    threshold: Expr,
    dimensions: &'static [&'static str],
}

fn alerts() -> [Alert; 3] {
    [
        Alert {
            symbol: "stale",
            name: "itsmd-sync-stale",
            title: "Service desk: sync stale",
            description: "The stream was not read to its end for longer than staleAfterMinutes, so what the dashboards show is old. Run \
                ServiceDeskHealth in the workspace: Silent means that itsmd does not run or cannot reach Azure (systemctl status itsmd, \
                journalctl -u itsmd, on its machine), or that the connection was removed or disabled: then there is nothing to do, \
                and the alert ends within two days; Failing means that LastErrorMessage says why (itsmd check); Behind means that a server \
                asks for patience (itsmd status). Nothing is lost: it catches up by itself. (none) means that no stream was heard at all: \
                itsmd is not started, or log_stream is not set in [workspace] of its configuration. Without log_stream this fires for ever.",
            query: include_str!("kql/alerts/stale.kql"),
            severity: 1,
            every: "PT15M",
            measure: Some("MinutesSinceSuccess"),
            threshold: Expr::Parameter("staleAfterMinutes"),
            dimensions: &["ServiceDeskConnectionName_s", "ServiceDeskWorkItemType_s"],
        },
        Alert {
            symbol: "errors",
            name: "itsmd-sync-errors",
            title: "Service desk: sync errors",
            description: "The last run of the stream failed. LastErrorMessage says why and LastErrorDetail what the other side said; on the \
                machine of itsmd, itsmd check names the remedy. It tries again by itself, and the alert ends with the next run that \
                succeeds.",
            query: include_str!("kql/alerts/errors.kql"),
            severity: 2,
            every: "PT15M",
            measure: None,
            threshold: Expr::Int(1),
            dimensions: &["ServiceDeskConnectionName_s", "ServiceDeskWorkItemType_s"],
        },
        Alert {
            symbol: "backlog",
            name: "itsmd-backlog",
            title: "Service desk: backlog grows",
            description: "In the last two days at least backlogGrowth more incidents were opened than finished. ServiceDeskOpenIncidents lists \
                what is open; the workbook shows it by group and age. This is about the work of the service desk, not about itsmd.",
            query: include_str!("kql/alerts/backlog.kql"),
            severity: 3,
            every: "PT1H",
            measure: Some("Grew"),
            threshold: Expr::Parameter("backlogGrowth"),
            dimensions: &["ServiceDeskConnectionName_s"],
        },
    ]
}

/// Whether the rules are made.
pub(super) fn wanted() -> Parameter {
    Parameter {
        name: "alerts",
        kind: "bool",
        description: "Whether the alert rules are made; each costs a little every month",
        default: Some(Expr::Bool(true)),
        range: None,
    }
}

/// What whoever deploys may say of the rules.
pub(super) fn parameters() -> [Parameter; 3] {
    let number = |name, description, default, most| Parameter {
        name,
        kind: "int",
        description,
        default: Some(Expr::Int(default)),
        range: Some((1, most)),
    };
    [
        Parameter {
            name: "actionGroupId",
            kind: "string",
            description: "Resource id of the action group that is told; without one the alerts only show in the portal",
            default: Some(Expr::text("")),
            range: None,
        },
        number(
            "staleAfterMinutes",
            "A stream that was not read to its end for this long is stale: an hour, the interval of its schedule, and 15 minutes for the row to show, or more",
            90,
            2880,
        ),
        number(
            "backlogGrowth",
            "So many more incidents opened than finished in two days are worth an alert",
            50,
            1_000_000,
        ),
    ]
}

/// All rules; `only_if` is the parameter that leaves them out.
pub(super) fn rules(of: &Target, after: &[&'static str], only_if: Option<&'static str>) -> Vec<Resource> {
    let alerts = alerts();
    let rules = alerts.iter().map(|alert| Resource {
        depends_on: after.to_vec(),
        only_if,
        ..rule(of, alert)
    });
    rules.collect()
}

fn rule(of: &Target, alert: &Alert) -> Resource {
    let told = Expr::If(
        Box::new(Expr::call("empty", [Expr::Parameter("actionGroupId")])),
        Box::new(Expr::List(Vec::new())),
        Box::new(Expr::List(vec![Expr::Parameter("actionGroupId")])),
    );
    let properties = Node::map([
        ("displayName", Node::text(alert.title)),
        ("description", Node::text(alert.description)),
        ("severity", Node::Int(alert.severity)),
        ("enabled", Node::Bool(true)),
        ("scopes", Node::List(vec![Node::Of(Expr::IdOf("workspace"))])),
        ("evaluationFrequency", Node::text(alert.every)),
        ("windowSize", Node::text("P2D")),
        ("autoMitigate", Node::Bool(true)),
        ("skipQueryValidation", Node::Bool(true)),
        (
            "criteria",
            Node::map([("allOf", Node::List(vec![criterion(of, alert)]))]),
        ),
        ("actions", Node::map([("actionGroups", Node::Of(told))])),
    ]);
    Resource {
        body: vec![
            ("location", Node::Of(Expr::Parameter("location"))),
            ("kind", Node::text("LogAlert")),
            ("properties", properties),
        ],
        ..Resource::new(
            alert.symbol,
            "Microsoft.Insights/scheduledQueryRules",
            API,
            Expr::text(alert.name),
        )
    }
}

fn criterion(of: &Target, alert: &Alert) -> Node {
    let dimensions = alert.dimensions.iter().map(|name| {
        Node::map([
            ("name", Node::text(*name)),
            ("operator", Node::text("Include")),
            ("values", Node::texts(&["*"])),
        ])
    });
    let once = Node::map([
        ("numberOfEvaluationPeriods", Node::Int(1)),
        ("minFailingPeriodsToAlert", Node::Int(1)),
    ]);
    let mut members = vec![
        ("query".to_owned(), Node::text(over(of, alert.query))),
        (
            "timeAggregation".to_owned(),
            Node::text(if alert.measure.is_some() { "Maximum" } else { "Count" }),
        ),
        ("operator".to_owned(), Node::text("GreaterThanOrEqual")),
        ("threshold".to_owned(), Node::Of(alert.threshold.clone())),
        ("dimensions".to_owned(), Node::List(dimensions.collect())),
        ("failingPeriods".to_owned(), once),
    ];
    members.extend(
        alert
            .measure
            .map(|column| ("metricMeasureColumn".to_owned(), Node::text(column))),
    );
    Node::Map(members)
}
