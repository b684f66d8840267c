// In: ARM templates and a folder below the packages. Out, for each: what the TypeScript compiler has to say of its resources, as
// literals of the types that Azure's own libraries send.
'use strict';
const fs = require('node:fs');
const path = require('node:path');

const asked = JSON.parse(fs.readFileSync(0, 'utf8'));
const ts = require(path.join(process.env.ITSMD_NODE_FOLDER, 'node_modules', 'typescript'));

const samples = { string: 'text', int: 1, bool: true };

// What an expression may become: a parameter is of its own type, anything else is a text, but for lists.
function sample(value, parameters) {
    if (Array.isArray(value)) return value.map((inner) => sample(inner, parameters));
    if (value && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sample(inner, parameters)]));
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

const types = [
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
function literals(template) {
    return template.resources.map((resource, index) => {
        const type = kinds[resource.type];
        if (!type) throw new Error(`no type is known of ${resource.type}`);
        const body = { ...resource };
        for (const key of ['type', 'apiVersion', 'name', 'dependsOn', 'condition', 'scope']) delete body[key];
        return `export const resource${index}: ${type} = ${JSON.stringify(sample(body, template.parameters))};`;
    });
}

const files = asked.templates.map((template, index) => {
    const file = path.join(asked.folder, `template${index}.ts`);
    fs.writeFileSync(file, [...types, ...literals(template)].join('\n'));
    return file;
});
const program = ts.createProgram(files, {
    noEmit: true, strict: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler,
});
const general = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
const said = files.map((file) => {
    const source = program.getSourceFile(file);
    const own = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source), ...general];
    return own.map((one) => {
        const where = one.file ? one.file.getLineAndCharacterOfPosition(one.start).line + 1 : 0;
        return `${where}: ${ts.flattenDiagnosticMessageText(one.messageText, ' ')}`;
    });
});
process.stdout.write(JSON.stringify(said));
