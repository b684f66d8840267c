// Runs a query over rows, as far as ours go: it walks the tree that Microsoft's parser made, so that nothing of the grammar is guessed,
// and refuses whatever it does not know. Where KQL may take any row (arg_max among equals) the caller says which, and where an answer
// would depend on how null compares with something (== and !=) it refuses too: a query of ours has to be right without that.
'use strict';
const { KustoCode, list } = require('./parser.cjs');

class Span { constructor(ms) { this.ms = ms; } }
const SPANS = { d: 86400000, h: 3600000, m: 60000, s: 1000, ms: 1 };

const kind = (node) => node.constructor.$$name.replace('Kusto.Language.Syntax.', '').replace(/\$.*/, '');
const elements = (sequence) => list(sequence).map((one) => one.Element$1 || one.Element || one);
const number = (value) => (typeof value === 'number' ? value : Number(value.toString()));
const key = (value) => (value instanceof Date ? `d${value.getTime()}` : JSON.stringify(value));
const order = (value) => (value instanceof Date ? value.getTime() : value instanceof Span ? value.ms : value);
const nothing = (type) => (type === 'string' ? '' : null);

function refuse(node, why) {
    throw new Error(`${why}: ${kind(node)} ${node.toString().trim().slice(0, 80)}`);
}

// The same texts are asked at many hours.
const codes = new Map();

class Engine {
    /** Rows by table; `known` is the parser's; `ties` says which of equal rows arg_max takes: 0 the first, -1 the last. */
    constructor(known, functions, rows, now, ties) {
        Object.assign(this, { known, functions, rows, now: new Date(now), ties });
    }

    run(text) {
        if (!codes.has(text)) codes.set(text, KustoCode.ParseAndAnalyze(text, this.known));
        return this.block(elements(codes.get(text).Syntax.Statements), new Map());
    }

    block(statements, scope) {
        let last = null;
        for (const statement of statements) {
            if (kind(statement) === 'LetStatement') scope.set(statement.Name.SimpleName, this.declared(statement.Expression, scope));
            else last = this.expression(statement.Expression, scope, null);
        }
        return last;
    }

    declared(node, scope) {
        if (kind(node) !== 'FunctionDeclaration') return this.expression(node, scope, null);
        const names = elements(node.Parameters.Parameters).map((one) => one.NameAndType.Name.SimpleName);
        return (values) => this.expression(node.Body.Expression, new Map([...scope, ...names.map((name, i) => [name, values[i]])]), null);
    }

    /** A table is a list of rows; anything else a value. */
    expression(node, scope, row) {
        const at = (inner) => this.expression(inner, scope, row);
        switch (kind(node)) {
            case 'PipeExpression': return this.settled(node, this.operator(node.Operator, at(node.Expression), scope));
            case 'UnionOperator': case 'PrintOperator': return this.settled(node, this.operator(node, [], scope));
            case 'ParenthesizedExpression': return at(node.Expression);
            case 'MaterializeExpression': return at(node.Expression);
            case 'ToScalarExpression': { const [first] = at(node.Expression); return first ? Object.values(first)[0] : null; }
            case 'NameReference': return this.named(node, scope, row);
            case 'LiteralExpression': case 'CompoundStringLiteralExpression': return this.literal(node);
            case 'PrefixUnaryExpression': return -at(node.Expression);
            case 'ElementExpression': return at(node.Expression)[at(node.Selector.Expression)] ?? '';
            case 'BetweenExpression': {
                const [value, low, high] = [at(node.Left), at(node.Right.First), at(node.Right.Second)];
                const end = high instanceof Span ? new Date(low.getTime() + high.ms) : high;
                return value === null ? null : order(value) >= order(low) && order(value) <= order(end);
            }
            case 'InExpression': return elements(node.Right.Expressions).some((one) => at(one) === at(node.Left));
            case 'BinaryExpression': return this.binary(node, at(node.Left), () => at(node.Right));
            case 'FunctionCallExpression': return this.call(node, scope, row);
            default: return refuse(node, 'not known');
        }
    }

    named(node, scope, row) {
        const name = node.SimpleName;
        if (row && name in row) return row[name];
        if (scope.has(name)) return scope.get(name);
        if (this.rows[name]) return this.rows[name];
        return this.function(name, []) ?? refuse(node, 'no such name');
    }

    function(name, values) {
        const found = this.functions.find((one) => one.name === name);
        if (!found) return undefined;
        const names = found.parameters ? found.parameters.split(',').map((one) => one.split(':')[0].trim()) : [];
        const given = names.map((one, i) => `let ${one} = ${JSON.stringify(values[i] ?? '')};\n`);
        return this.run(given.join('') + found.body);
    }

    literal(node) {
        const text = node.toString().trim();
        const span = /^(\d+(?:\.\d+)?)(d|h|m|s|ms)$/.exec(text);
        if (span) return new Span(span[1] * SPANS[span[2]]);
        if (/^(datetime|real|int|long|bool)\(null\)$/.test(text)) return null;
        if (text.startsWith('datetime(')) return new Date(`${text.slice(9, -1)}Z`.replace(/^(.{10})Z$/, '$1T00:00:00Z'));
        if (text === 'true' || text === 'false') return text === 'true';
        const value = node.LiteralValue;
        const found = typeof value === 'string' ? value : number(value);
        return Number.isNaN(found) ? refuse(node, 'not known') : found;
    }

    binary(node, left, right) {
        const sign = node.Operator.Text.trim();
        if (sign === 'and' || sign === 'or') {
            const other = right();
            const decides = sign === 'or';
            if (left === decides || other === decides) return decides;
            return left === null || other === null ? null : !decides;
        }
        const other = right();
        if (sign === '==' || sign === '!=') {
            if (left === null || other === null) refuse(node, 'depends on how null compares');
            return (key(left) === key(other)) === (sign === '==');
        }
        if (sign === 'contains') return left.toLowerCase().includes(other.toLowerCase());
        if (sign === 'startswith') return left.toLowerCase().startsWith(other.toLowerCase());
        if (sign === '!contains') return !left.toLowerCase().includes(other.toLowerCase());
        if (sign === '!startswith') return !left.toLowerCase().startsWith(other.toLowerCase());
        if (sign === 'matches regex') return new RegExp(other).test(left);
        if (left === null || other === null) return null;
        const [a, b] = [order(left), order(other)];
        switch (sign) {
            case '<': return a < b;
            case '>': return a > b;
            case '<=': return a <= b;
            case '>=': return a >= b;
            case '+': return left instanceof Date ? new Date(a + b) : a + b;
            case '-': return left instanceof Date ? (other instanceof Date ? new Span(a - b) : new Date(a - b)) : a - b;
            // Of two whole numbers a whole number.
            case '*': return other instanceof Span ? new Span(left * b) : a * b;
            case '/': return node.ResultType.Name === 'long' ? Math.trunc(a / b) : a / b;
            default: return refuse(node, 'not known');
        }
    }

    call(node, scope, row) {
        const name = node.Name.SimpleName;
        const given = elements(node.ArgumentList.Expressions);
        const at = (index) => this.expression(given[index], scope, row);
        switch (name) {
            case 'now': return this.now;
            case 'ago': return new Date(this.now.getTime() - at(0).ms);
            case 'ingestion_time': return row.$received ?? refuse(node, 'only of a table');
            case 'coalesce': return given.map((_, i) => at(i)).find((value) => value !== null && value !== '') ?? nothing(node.ResultType.Name);
            case 'iff': return at(0) === true ? at(1) : at(2);
            case 'case': {
                for (let i = 0; i + 1 < given.length; i += 2) if (at(i) === true) return at(i + 1);
                return at(given.length - 1);
            }
            case 'not': { const value = at(0); return value === null ? null : !value; }
            case 'isnull': return at(0) === null;
            case 'isnotnull': return at(0) !== null;
            case 'isempty': return at(0) === '' || at(0) === null;
            case 'isnotempty': return at(0) !== '' && at(0) !== null;
            case 'strcat': return given.map((_, i) => at(i)).join('');
            case 'tolower': return at(0).toLowerCase();
            case 'tostring': return String(at(0));
            case 'trim': return at(1).replace(new RegExp(`^(?:${at(0)})`), '').replace(new RegExp(`(?:${at(0)})$`), '');
            case 'format_datetime': return at(1) === 'yyyy-MM-dd' ? at(0).toISOString().slice(0, 10) : refuse(node, 'not known');
            case 'split': return at(0).split(at(1));
            case 'round': return Number(at(0).toFixed(at(1)));
            case 'bin': { const [value, step] = [at(0), at(1)]; return value && new Date(Math.floor(value.getTime() / step.ms) * step.ms); }
            case 'datetime_diff': {
                // Counts the borders between the two, not what has passed.
                const [unit, one, other] = [SPANS[at(0)[0]], at(1), at(2)];
                return one && other && Math.floor(one.getTime() / unit) - Math.floor(other.getTime() / unit);
            }
            default: {
                const values = given.map((_, i) => at(i));
                const local = scope.get(name);
                return local ? local(values) : this.function(name, values) ?? refuse(node, 'not known');
            }
        }
    }

    operator(node, rows, scope) {
        const parameter = (name) => list(node.Parameters).filter((one) => one.Name.SimpleName === name).map((one) => one.Expression.toString().trim())[0];
        switch (kind(node)) {
            case 'FilterOperator': return rows.filter((row) => this.expression(node.Condition, scope, row) === true);
            case 'ExtendOperator': return this.extended(elements(node.Expressions), rows, scope);
            case 'ProjectOperator': {
                const columns = elements(node.Expressions);
                return this.extended(columns, rows, scope).map((row) => Object.fromEntries(columns.map((one) => [this.title(one), row[this.title(one)]])));
            }
            case 'ProjectAwayOperator': {
                const gone = elements(node.Expressions).map((one) => one.SimpleName);
                return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !gone.includes(name))));
            }
            case 'DistinctOperator': {
                const names = elements(node.Expressions).map((one) => one.SimpleName);
                const seen = new Map(rows.map((row) => { const some = Object.fromEntries(names.map((name) => [name, row[name]])); return [key(some), some]; }));
                return [...seen.values()];
            }
            case 'SummarizeOperator': return this.summarized(node, rows, scope);
            case 'SortOperator': return this.sorted(elements(node.Expressions), rows, scope);
            case 'TakeOperator': return rows.slice(0, this.expression(node.Expression, scope, null));
            case 'CountOperator': return [{ Count: rows.length }];
            case 'UnionOperator': return rows.concat(...elements(node.Expressions).map((one) => this.expression(one, scope, null)));
            case 'PrintOperator': return this.extended(elements(node.Expressions), [{}], scope);
            case 'JoinOperator': return this.joined(node, parameter('kind'), rows, scope);
            case 'LookupOperator': return this.joined(node, parameter('kind') === 'leftouter' ? 'lookup' : refuse(node, 'not known'), rows, scope);
            default: return refuse(node, 'not known');
        }
    }

    title(node) {
        if (kind(node) === 'SimpleNamedExpression') return node.Name.SimpleName;
        if (kind(node) === 'NameReference') return node.SimpleName;
        if (kind(node) === 'FunctionCallExpression' && node.Name.SimpleName === 'bin') return this.title(elements(node.ArgumentList.Expressions)[0]);
        return refuse(node, 'has no name');
    }

    extended(columns, rows, scope) {
        const sums = new Map();
        return rows.map((row) => {
            const wider = { ...row };
            if (row.$received) Object.defineProperty(wider, '$received', { value: row.$received, enumerable: false });
            for (const column of columns) {
                const value = kind(column) === 'SimpleNamedExpression' ? column.Expression : column;
                if (kind(value) === 'FunctionCallExpression' && value.Name.SimpleName === 'row_cumsum') {
                    const step = this.expression(elements(value.ArgumentList.Expressions)[0], scope, row);
                    sums.set(column, (sums.get(column) ?? 0) + step);
                    wider[this.title(column)] = sums.get(column);
                } else wider[this.title(column)] = this.expression(value, scope, row);
            }
            return wider;
        });
    }

    sorted(columns, rows, scope) {
        const by = columns.map((one) => (kind(one) === 'OrderedExpression'
            ? [one.Expression, one.Ordering?.AscOrDescKeyword?.Text?.trim() === 'asc' ? 1 : -1] : [one, -1]));
        return [...rows].sort((a, b) => {
            for (const [node, way] of by) {
                const [x, y] = [order(this.expression(node, scope, a)), order(this.expression(node, scope, b))];
                if (x !== y) return (x === null || x < y ? -1 : 1) * way;
            }
            return 0;
        });
    }

    summarized(node, rows, scope) {
        const by = node.ByClause ? elements(node.ByClause.Expressions) : [];
        const groups = new Map();
        for (const row of rows) {
            const values = by.map((one) => this.expression(kind(one) === 'SimpleNamedExpression' ? one.Expression : one, scope, row));
            const group = values.map(key).join();
            if (!groups.has(group)) groups.set(group, { head: Object.fromEntries(by.map((one, i) => [this.title(one), values[i]])), rows: [] });
            groups.get(group).rows.push(row);
        }
        // Without keys there is an answer even to nothing.
        if (!by.length && !groups.size) groups.set('', { head: {}, rows: [] });
        return [...groups.values()].map(({ head, rows: own }) => {
            const answer = { ...head };
            for (const one of elements(node.Aggregates)) Object.assign(answer, this.aggregate(one, own, scope, Object.keys(head)), head);
            return answer;
        });
    }

    aggregate(node, rows, scope, keys) {
        const call = kind(node) === 'SimpleNamedExpression' ? node.Expression : node;
        const given = elements(call.ArgumentList.Expressions);
        const all = (index) => rows.map((row) => this.expression(given[index], scope, row));
        const known = (values) => values.filter((value) => value !== null);
        const sum = (values) => known(values).reduce((a, b) => a + b, 0);
        const best = (values) => known(values).reduce((a, b) => (a !== null && order(a) >= order(b) ? a : b), null);
        const named = (value) => ({ [kind(node) === 'SimpleNamedExpression' ? node.Name.SimpleName : `${call.Name.SimpleName}_`]: value });
        switch (call.Name.SimpleName) {
            case 'count': return named(rows.length);
            case 'countif': return named(all(0).filter((value) => value === true).length);
            case 'sum': return named(sum(all(0)));
            case 'sumif': { const wanted = all(1); return named(sum(all(0).filter((_, i) => wanted[i] === true))); }
            case 'min': return named(known(all(0)).reduce((a, b) => (a !== null && order(a) <= order(b) ? a : b), null));
            case 'max': return named(best(all(0)));
            case 'maxif': { const wanted = all(1); return named(best(all(0).filter((_, i) => wanted[i] === true))); }
            case 'percentile': {
                const values = known(all(0)).map(order).sort((a, b) => a - b);
                return named(values.length ? values[Math.max(0, Math.ceil((number(given[1].LiteralValue) / 100) * values.length) - 1)] : null);
            }
            case 'arg_max': {
                const values = all(0);
                const most = best(values);
                const taken = rows.filter((_, i) => key(values[i]) === key(most)).at(this.ties);
                const columns = given.slice(1).flatMap((one) => (kind(one) === 'StarExpression' ? Object.keys(taken) : [one.SimpleName]));
                const own = columns.filter((name) => !keys.includes(name)).map((name) => [name, taken[name]]);
                return { [kind(given[0]) === 'NameReference' ? given[0].SimpleName : refuse(given[0], 'a column is wanted')]: most, ...Object.fromEntries(own) };
            }
            default: return refuse(call, 'not known');
        }
    }

    joined(node, how, left, scope) {
        const right = this.expression(node.Expression, scope, null);
        const clause = node.ConditionClause ?? node.LookupClause;
        const names = elements(clause.Expressions).map((one) => one.SimpleName);
        const of = (row) => names.map((name) => key(row[name])).join();
        const index = new Map();
        for (const row of right) index.set(of(row), [...(index.get(of(row)) ?? []), row]);
        const taken = new Set(left.map(of));
        switch (how) {
            case 'leftanti': return left.filter((row) => !index.has(of(row)));
            case 'lookup': return left.flatMap((row) => (index.get(of(row)) ?? [{}]).map((other) => ({ ...other, ...row })));
            case 'fullouter': {
                const columns = list(node.ResultType.Columns).map((one) => one.Name);
                // What both sides have comes a second time with a 1 behind it.
                const second = (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [columns.includes(`${name}1`) ? `${name}1` : name, value]));
                const both = left.flatMap((row) => (index.get(of(row)) ?? [{}]).map((other) => ({ ...row, ...second(other) })));
                return both.concat(right.filter((row) => !taken.has(of(row))).map(second));
            }
            default: return refuse(node, 'not known');
        }
    }

    /** Every column that the parser says the answer has, with KQL's nothing where a row has none. */
    settled(node, rows) {
        const columns = list(node.ResultType.Columns).map((column) => [column.Name, column.Type.Name]);
        for (const row of rows) for (const [name, type] of columns) if (row[name] === undefined) row[name] = nothing(type);
        return rows;
    }
}

module.exports = { Engine, nothing };
