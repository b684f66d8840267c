// In: what the workspace knows, and queries by name. Out, by name: what the parser finds wrong, and the columns of the answer.
'use strict';
const { globals, findings, answer } = require('./parser.cjs');

const asked = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const known = globals(asked.workspace.tables, asked.workspace.functions);
const told = {};
for (const [name, query] of Object.entries(asked.queries)) {
    told[name] = { findings: findings(query, known), columns: answer(query, known) };
}
process.stdout.write(JSON.stringify(told));
