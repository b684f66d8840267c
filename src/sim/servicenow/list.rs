//! Lists, single records and counts: what a request asks of a table, and the answer.

use std::collections::HashSet;

use super::answer::{Answer, TOO_LONG};
use super::desk::{Desk, State};
use super::faulty;
use super::link;
use super::packed::{Packed, View};
use super::query::{Condition, Context, Operator, Query, Refused};
use super::render::{self, Mode, Shape};
use super::select::{Selection, Window, select};
use super::table::Table;
use crate::sim::fault::Fault;

/// What is asked of a table, beside its name.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub table: &'a str,
    /// The parameters, decoded, in order.
    pub parameters: &'a [(String, String)],
    /// `http://host`.
    pub base: &'a str,
    /// The path, for links.
    pub path: &'a str,
    /// Version 1 answers 404 when nothing matches.
    pub empty_is_missing: bool,
    /// Who asks, by name.
    pub user: &'a str,
    /// What goes wrong with it.
    pub fault: Option<&'a Fault>,
}

impl Ask<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    fn flag(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.value(name).and_then(|value| value.trim().parse().ok())
    }
}

/// `GET …/table/{table}`.
pub(super) fn rows(desk: &Desk, ask: &Ask<'_>) -> Answer {
    let state = &mut *desk.lock();
    let mut query = match prepare(state, ask) {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    if ask.fault == Some(&Fault::FilterIgnored) {
        query.arms = vec![Vec::new()];
        query.nothing = false;
    }
    let window = Window {
        offset: ask.number("sysparm_offset").unwrap_or(0),
        limit: ask.number("sysparm_limit").unwrap_or(10_000),
        count: !ask.flag("sysparm_no_count"),
    };
    let mut dice = state.dice.fork();
    let Some(table) = state.tables.0.get(ask.table) else {
        return invalid_table(ask.table);
    };
    let Selection { mut rows, total } = select(&state.tables, table, &query, window, &mut dice);
    disturb(&mut rows, ask.fault, &mut dice);
    let body = page(state, ask, table, &rows);
    if ask.empty_is_missing && body == "{\"result\":[]}" {
        return Answer::no_record();
    }
    let mut answer = Answer::ok(body);
    (answer.rows, answer.skipped) = (rows.len(), window.offset);
    let Some(total) = total else { return answer };
    answer.headers.push(("x-total-count", total.to_string()));
    if !ask.flag("sysparm_suppress_pagination_header") {
        let base = format!("{}{}", ask.base, ask.path);
        let link = link::header(&base, ask.parameters, window.offset, window.limit, total);
        answer.headers.extend(link.map(|link| ("link", link)));
    }
    answer
}

/// The rows that may be seen; or, if they take too long, the error that comes behind a 200: rows are streamed,
/// and the status is out before time runs out.
fn page(state: &State, ask: &Ask<'_>, table: &Table, rows: &[&Packed]) -> String {
    let nothing = HashSet::new();
    let shape = shape(state, ask, &nothing);
    let few = shape.fields.as_ref().is_some_and(|fields| fields.len() <= 4);
    let mut cancelled = state.too_slow.is_some_and(|most| rows.len() > most);
    let mut body = String::with_capacity(64 + rows.len() * 1024);
    body.push_str("{\"result\":[");
    for row in rows.iter().filter(|row| state.visible(ask.table, View(row))) {
        cancelled |= !few && state.poisoned(ask.table, View(row));
        if !body.ends_with('[') {
            body.push(',');
        }
        render::write(&mut body, &state.tables, table, row, &shape);
    }
    if !cancelled {
        body.push_str("]}");
        return body;
    }
    body.push_str("]}");
    faulty::spoil(&body, state.spelling)
}

/// What a fault makes of a page's rows.
fn disturb(rows: &mut Vec<&Packed>, fault: Option<&Fault>, dice: &mut fastrand::Rng) {
    match fault {
        Some(Fault::Disorder) if rows.len() > 1 => {
            let at = dice.usize(1..rows.len());
            rows.swap(at - 1, at);
        }
        Some(Fault::RowTwice) => rows.extend(rows.first().copied()),
        Some(_) | None => {}
    }
}

/// `GET …/table/{table}/{sys_id}`.
pub(super) fn record(desk: &Desk, ask: &Ask<'_>, id: &str) -> Answer {
    let state = &*desk.lock();
    if state.forbidden(ask.table) {
        return forbidden(None);
    }
    let Some(table) = state.tables.0.get(ask.table) else {
        return invalid_table(ask.table);
    };
    let Some(row) = table.get(id).filter(|row| state.visible(ask.table, View(row))) else {
        return Answer::no_record();
    };
    let nothing = HashSet::new();
    let shape = shape(state, ask, &nothing);
    let few = shape.fields.as_ref().is_some_and(|fields| fields.len() <= 4);
    if !few && state.poisoned(ask.table, View(row)) {
        return Answer::error(500, TOO_LONG, Some(TOO_LONG));
    }
    let mut body = String::from("{\"result\":");
    render::write(&mut body, &state.tables, table, row, &shape);
    body.push('}');
    Answer::ok(body)
}

/// `GET …/stats/{table}?sysparm_count=true`: counted before access rules of single rows.
pub(super) fn count(desk: &Desk, ask: &Ask<'_>) -> Answer {
    let state = &mut *desk.lock();
    let mut query = match prepare(state, ask) {
        Ok(query) => query,
        Err(answer) => return answer,
    };
    let order = ["sys_updated_on", "sys_id"];
    query.order = order
        .map(|field| super::query::Order {
            field: field.to_owned(),
            descending: false,
        })
        .into();
    let Some(table) = state.tables.0.get(ask.table) else {
        return invalid_table(ask.table);
    };
    let window = Window {
        offset: 0,
        limit: 0,
        count: true,
    };
    let total = select(&state.tables, table, &query, window, &mut fastrand::Rng::with_seed(0))
        .total
        .unwrap_or(0);
    if !ask.flag("sysparm_count") {
        return Answer::ok("{\"result\":{\"stats\":{}}}".to_owned());
    }
    Answer::ok(format!("{{\"result\":{{\"stats\":{{\"count\":\"{total}\"}}}}}}"))
}

/// Sorts the table and reads the query; bare `name=value` pairs stand in for a query that is not there.
fn prepare(state: &mut State, ask: &Ask<'_>) -> Result<Query, Answer> {
    if state.forbidden(ask.table) {
        return Err(forbidden(None));
    }
    let Some(table) = state.tables.0.get_mut(ask.table) else {
        return Err(invalid_table(ask.table));
    };
    table.sort();
    let state = &*state;
    let known = |field: &str| state.knows(ask.table, field);
    let me = state.id_of_user(ask.user);
    let context = Context {
        now: state.now(),
        zone: state.zone,
        literals: state.literals,
        invalid: state.invalid,
        me: &me,
        known: &known,
    };
    let detail = "Field(s) present in the query do not have permission to be read";
    let text = ask.value("sysparm_query");
    let mut query = Query::parse(text.unwrap_or_default(), &context).map_err(|Refused| forbidden(Some(detail)))?;
    if text.is_none() {
        let pairs = ask
            .parameters
            .iter()
            .filter(|(name, _)| !name.starts_with("sysparm_") && known(name));
        let groups = pairs.map(|(name, value)| {
            vec![Condition {
                field: name.clone(),
                operator: Operator::Is,
                values: vec![value.clone()],
            }]
        });
        query.arms = vec![groups.collect()];
    }
    Ok(query)
}

fn shape<'a>(state: &'a State, ask: &'a Ask<'_>, nothing: &'a HashSet<String>) -> Shape<'a> {
    let fields = ask
        .value("sysparm_fields")
        .filter(|fields| !fields.is_empty() && !state.all_fields);
    let mode = match ask
        .value("sysparm_display_value")
        .map(str::to_ascii_lowercase)
        .as_deref()
    {
        Some("all") => Mode::Both,
        Some("true") => Mode::Labels,
        Some(_) | None => Mode::Raw,
    };
    Shape {
        fields: fields.map(|fields| fields.split(',').map(|name| name.trim().to_owned()).collect()),
        mode,
        links: !ask.flag("sysparm_exclude_reference_link"),
        base: ask.base,
        zone: state.zone,
        hidden: state.hidden_fields(ask.table).unwrap_or(nothing),
    }
}

fn forbidden(detail: Option<&str>) -> Answer {
    Answer::error(403, "Insufficient rights to query records", detail)
}

fn invalid_table(table: &str) -> Answer {
    Answer::error(400, &format!("Invalid table {table}"), None)
}
