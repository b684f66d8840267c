// In: an ARM template and a folder below the packages. Out: what the TypeScript compiler has to say of each resource, as a literal
// of the type that Azure's own library sends for it.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
const ts = require(path.join(process.env.ITSMD_NODE_FOLDER, 'node_modules', 'typescript'));

const { parameters = {} } = asked.template;
const samples = { string: 'text', int: 1, bool: true };

// What an expression may become: a parameter is of its own type, anything else is a text, but for lists.
function sample(value) {
    if (Array.isArray(value)) return value.map(sample);
    if (value && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sample(inner)]));
    }
    if (typeof value !== 'string' || !value.startsWith('[') || value.startsWith('[[')) return value;
    const parameter = /^\[parameters\('(\w+)'\)\]$/.exec(value);
    if (parameter) return samples[parameters[parameter[1]].type];
    return value.startsWith('[if(empty(') ? ['text'] : 'text';
}

const kinds = {
    'Microsoft.OperationalInsights/workspaces/tables': 'Body<TableProperties>',
    'Microsoft.OperationalInsights/workspaces/savedSearches': "Body<SavedSearchProperties> & { etag?: SavedSearch['etag'] }",
    'Microsoft.Insights/dataCollectionRules': 'Located<DataCollectionRuleResourceProperties>',
    'Microsoft.Insights/scheduledQueryRules': 'Located<Alert>',
    'Microsoft.Insights/workbooks':
        "Located<Required<Pick<Workbook, 'displayName' | 'category' | 'version' | 'sourceId' | 'serializedData'>>>",
    'Microsoft.Authorization/roleAssignments': 'Body<RoleAssignmentCreateParameters>',
};

const lines = [
    "import type { TableProperties, SavedSearch, SavedSearchProperties } from '@azure/arm-operationalinsights';",
    "import type { DataCollectionRuleResourceProperties, ScheduledQueryRuleProperties, Condition, KnownTimeAggregation,",
    "    KnownConditionOperator, KnownDimensionOperator, Dimension } from '@azure/arm-monitor';",
    "import type { Workbook } from '@azure/arm-appinsights';",
    "import type { RoleAssignmentCreateParameters } from '@azure/arm-authorization';",
    'interface Body<P> { properties: P }',
    'interface Located<P> extends Body<P> { location: string; kind: string }',
    'type Dim = Omit<Dimension, "operator"> & { operator: `${KnownDimensionOperator}` };',
    'type Criterion = Omit<Condition, "timeAggregation" | "operator" | "dimensions"> & { timeAggregation: `${KnownTimeAggregation}`;',
    '    operator: `${KnownConditionOperator}`; dimensions: Dim[] };',
    'type Alert = Omit<ScheduledQueryRuleProperties, "criteria"> & { criteria: { allOf: Criterion[] } };',
];
asked.template.resources.forEach((resource, index) => {
    const type = kinds[resource.type];
    if (!type) throw new Error(`no type is known of ${resource.type}`);
    const body = { ...resource };
    for (const key of ['type', 'apiVersion', 'name', 'dependsOn', 'condition', 'scope']) delete body[key];
    lines.push(`export const resource${index}: ${type} = ${JSON.stringify(sample(body))};`);
});

const file = path.join(asked.folder, 'resources.ts');
fs.writeFileSync(file, lines.join('\n'));
const program = ts.createProgram([file], {
    noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
});
const said = ts.getPreEmitDiagnostics(program).map((one) => {
    const where = one.file ? one.file.getLineAndCharacterOfPosition(one.start).line + 1 : 0;
    return `${where}: ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}`;
});
process.stdout.write(JSON.stringify(said));
