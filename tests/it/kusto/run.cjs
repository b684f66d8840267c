// In: what the workspace knows and holds, and queries. Out: the rows of each answer, for either way to settle a tie.
'use strict';
const { globals } = require('./parser.cjs');
const { Engine, nothing } = require('./engine.cjs');

const asked = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const { tables, functions } = asked.workspace;
const known = globals(tables, functions);

function held(table, row) {
    const whole = {};
    for (const [name, type] of tables[table]) {
        const value = row[name];
        whole[name] = value === undefined ? nothing(type) : type === 'datetime' ? new Date(value) : value;
    }
    // Not a column: only ingestion_time() sees it.
    Object.defineProperty(whole, '$received', { value: new Date(row.$received ?? row.TimeGenerated), enumerable: false });
    return whole;
}

const answers = {};
for (const [name, { query, now, since }] of Object.entries(asked.queries)) {
    // What had arrived by then, and what of it is looked at.
    const seen = (row) => row.TimeGenerated <= now && (!since || row.TimeGenerated >= since);
    answers[name] = [0, -1].map((ties) => {
        const rows = Object.keys(tables).map((table) => [table, (asked.rows[table] ?? []).filter(seen).map((row) => held(table, row))]);
        return new Engine(known, functions, Object.fromEntries(rows), now, ties).run(query);
    });
}
process.stdout.write(JSON.stringify(answers));
