//! ARM templates. `az deployment group create -g GROUP --template-file table.json -p workspaceName=NAME`, then
//! the same with `dcr.json` and `-p principalId=OBJECT-ID` of the application that itsmd signs in as.

use serde_json::{Value, json};

use super::ExtraColumns;
use crate::model::columns::{ColumnDef, ColumnType, SERVICE_DESK, SERVICE_DESK_LOG};

const TEMPLATE: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
pub(super) const WORKSPACE_API: &str = "2025-07-01";
pub(super) const RULE_API: &str = "2023-03-11";
pub(super) const ROLE_API: &str = "2022-04-01";
/// Monitoring Metrics Publisher: it alone may send to a rule.
pub(super) const ROLE: &str = "3913510d-42f4-4e42-8a64-420c390055eb";
/// The sync window and then some: what Azure forgets is never sent again.
pub(super) const RETENTION_DAYS: u32 = 180;

pub(super) const WORK_ITEMS: &str = "ServiceDesk_CL";
pub(super) const LOG: &str = "ServiceDeskLog_CL";

/// Both tables.
pub(super) fn table(extra: &ExtraColumns) -> Value {
    json!({
        "$schema": TEMPLATE,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "workspaceName": parameter("string", "The Log Analytics workspace"),
            "retentionInDays": {
                "type": "int",
                "defaultValue": RETENTION_DAYS,
                "minValue": RETENTION_DAYS,
                "maxValue": 730,
                "metadata": {"description": "How long rows are kept; less than the sync window would lose records"},
            },
        },
        "resources": [
            table_of(WORK_ITEMS, &described(SERVICE_DESK, extra)),
            table_of(LOG, &described(SERVICE_DESK_LOG, &ExtraColumns::new())),
        ],
    })
}

fn parameter(kind: &str, description: &str) -> Value {
    json!({"type": kind, "metadata": {"description": description}})
}

fn table_of(name: &str, columns: &[Value]) -> Value {
    json!({
        "type": "Microsoft.OperationalInsights/workspaces/tables",
        "apiVersion": WORKSPACE_API,
        "name": format!("[concat(parameters('workspaceName'), '/{name}')]"),
        "properties": {
            "plan": "Analytics",
            "retentionInDays": "[parameters('retentionInDays')]",
            "totalRetentionInDays": "[parameters('retentionInDays')]",
            "schema": {"name": name, "columns": columns},
        },
    })
}

/// A type as the tables' API writes it: `dateTime` where a rule writes `datetime`.
pub(super) fn in_table(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::DateTime => "dateTime",
        ColumnType::String | ColumnType::Bool | ColumnType::Real => kind.as_str(),
    }
}

/// A type as a rule writes it.
pub(super) fn in_rule(kind: ColumnType) -> &'static str {
    kind.as_str()
}

/// A table's columns.
fn described(columns: &[ColumnDef], extra: &ExtraColumns) -> Vec<Value> {
    let known = columns
        .iter()
        .map(|column| json!({"name": column.name, "type": in_table(column.kind), "description": column.meaning}));
    let extra = extra
        .iter()
        .map(|(name, of)| json!({"name": name, "type": in_table(*of)}));
    known.chain(extra).collect()
}

/// A rule's columns.
fn declared(columns: &[ColumnDef], extra: &ExtraColumns) -> Value {
    let known = columns
        .iter()
        .map(|column| json!({"name": column.name, "type": in_rule(column.kind)}));
    let extra = extra
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": in_rule(*kind)}));
    json!({"columns": known.chain(extra).collect::<Vec<_>>()})
}

/// The rule, the right to send to it, and what `[workspace]` needs of it.
pub(super) fn dcr(extra: &ExtraColumns) -> Value {
    let rule = "resourceId('Microsoft.Insights/dataCollectionRules', parameters('ruleName'))";
    let seen = format!("reference({rule}, '{RULE_API}')");
    json!({
        "$schema": TEMPLATE,
        "contentVersion": "1.0.0.0",
        "parameters": {
            "workspaceName": parameter("string", "The Log Analytics workspace that has the tables"),
            "principalId": parameter("string", "Object id of the service principal that itsmd signs in as, not its client id"),
            "ruleName": {"type": "string", "defaultValue": "dcr-servicedesk"},
            "location": {
                "type": "string",
                "defaultValue": "[resourceGroup().location]",
                "metadata": {"description": "Must be the workspace's region"},
            },
        },
        "resources": [rule_of(extra), role_assignment(rule)],
        "outputs": {
            "endpoint": {"type": "string", "value": format!("[{seen}.endpoints.logsIngestion]")},
            "immutableId": {"type": "string", "value": format!("[{seen}.immutableId]")},
        },
    })
}

fn rule_of(extra: &ExtraColumns) -> Value {
    let flow = |table: &str| {
        let stream = format!("Custom-{table}");
        json!({"streams": [stream], "destinations": ["workspace"], "transformKql": "source", "outputStream": stream})
    };
    json!({
        "type": "Microsoft.Insights/dataCollectionRules",
        "apiVersion": RULE_API,
        "name": "[parameters('ruleName')]",
        "location": "[parameters('location')]",
        "kind": "Direct",
        "properties": {
            "streamDeclarations": {
                format!("Custom-{WORK_ITEMS}"): declared(SERVICE_DESK, extra),
                format!("Custom-{LOG}"): declared(SERVICE_DESK_LOG, &ExtraColumns::new()),
            },
            "destinations": {"logAnalytics": [{
                "name": "workspace",
                "workspaceResourceId":
                    "[resourceId('Microsoft.OperationalInsights/workspaces', parameters('workspaceName'))]",
            }]},
            "dataFlows": [flow(WORK_ITEMS), flow(LOG)],
        },
    })
}

fn role_assignment(rule: &str) -> Value {
    json!({
        "type": "Microsoft.Authorization/roleAssignments",
        "apiVersion": ROLE_API,
        "name": format!("[guid({rule}, parameters('principalId'), '{ROLE}')]"),
        "scope": format!("[{rule}]"),
        "dependsOn": [format!("[{rule}]")],
        "properties": {
            "principalId": "[parameters('principalId')]",
            "principalType": "ServicePrincipal",
            "roleDefinitionId":
                format!("[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '{ROLE}')]"),
        },
    })
}
