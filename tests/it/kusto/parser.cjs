// Microsoft's own parser of KQL, with the tables and functions of a workspace as it knows them.
'use strict';
const path = require('node:path');

const modules = process.env.ITSMD_NODE_FOLDER;
const load = (name) => require(path.join(modules, 'node_modules', name));
load('@kusto/language-service-next/bridge.min.js');
load('@kusto/language-service-next/Kusto.Language.Bridge.min.js');
const { Kusto, Bridge } = globalThis;
const { KustoCode, GlobalState } = Kusto.Language;
const { TableSymbol, DatabaseSymbol, FunctionSymbol } = Kusto.Language.Symbols;

const list = (sequence) => Bridge.toArray(sequence);

/** Tables: name to columns, each a name and a type. Functions: name, parameters, body; a body may call those before it. */
function globals(tables, functions) {
    const symbols = Object.entries(tables).map(([name, columns]) => {
        const schema = columns.map(([column, type]) => `['${column}']: ${type === 'boolean' ? 'bool' : type}`);
        return new TableSymbol.$ctor7(name, `(${schema.join(', ')})`, null);
    });
    for (const { name, parameters, body } of functions) {
        symbols.push(new FunctionSymbol.$ctor16(name, `(${parameters})`, `{${body}\n}`, null));
    }
    return GlobalState.Default.WithDatabase(new DatabaseSymbol.ctor('workspace', symbols));
}

/** What the parser says of a query: severity, message and the text it is about. Nothing is hidden but suggestions. */
function findings(text, known) {
    const code = KustoCode.ParseAndAnalyze(text, known);
    return list(code.GetDiagnostics())
        .filter((one) => one.Severity !== 'Suggestion' && one.Severity !== 'Information')
        .map((one) => `${one.Severity}: ${one.Message} [${text.slice(one.Start, one.Start + one.Length).slice(0, 60)}]`);
}

/** Name and type of the columns of a query's answer. */
function answer(text, known) {
    const type = KustoCode.ParseAndAnalyze(text, known).ResultType;
    return type && type.Columns ? list(type.Columns).map((column) => [column.Name, column.Type.Name]) : null;
}

module.exports = { Kusto, KustoCode, globals, findings, answer, list };
