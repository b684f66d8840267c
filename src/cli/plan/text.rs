//! The plan in words: a line a stream, then what the service desk will see and what goes to the workspace.

use super::{ConnectionPlan, Plan, StreamPlan};
use crate::cli::cost::{Cost, size};
use crate::cli::table::{Align, table};
use crate::status::words::{count, span};

pub(super) fn render(plan: &Plan) -> String {
    let headings = [
        ("CONNECTION", Align::Left),
        ("WORK ITEM", Align::Left),
        ("RECORDS", Align::Right),
        ("REQUESTS", Align::Right),
        ("TIME", Align::Right),
        ("TO AZURE", Align::Right),
    ];
    let streams = || {
        plan.connections
            .iter()
            .flat_map(|connection| connection.streams.iter().map(move |stream| (connection, stream)))
    };
    let rows: Vec<[String; 6]> = streams()
        .map(|(connection, stream)| cells(connection, stream))
        .collect();
    let mut text = table(headings, &rows);
    for (connection, stream) in streams() {
        if let Some(error) = &stream.error {
            text.push_str(&format!("\n{}/{}: {error}\n", connection.name, stream.work_item));
        }
    }
    text.push('\n');
    for connection in &plan.connections {
        text.push_str(&in_words(connection));
    }
    text.push_str(&at_the_workspace(
        &streams().map(|(_, stream)| stream).collect::<Vec<_>>(),
    ));
    text
}

fn cells(connection: &ConnectionPlan, stream: &StreamPlan) -> [String; 6] {
    let (name, kind) = (connection.name.clone(), stream.work_item.to_owned());
    if stream.error.is_some() {
        let nothing = || "-".to_owned();
        return [name, kind, nothing(), nothing(), nothing(), nothing()];
    }
    let mark = if stream.estimated { "~ " } else { "" };
    let cost = &stream.cost;
    [
        name,
        kind,
        format!("{mark}{}", count(cost.records)),
        format!("{mark}{}", count(cost.requests)),
        format!("{mark}{}", span(cost.seconds)),
        format!("{mark}{}", size(cost.bytes)),
    ]
}

/// What the workspace takes in; nothing is said of what nobody could count.
fn at_the_workspace(streams: &[&StreamPlan]) -> String {
    let refused = streams.iter().filter(|stream| stream.error.is_some()).count();
    if refused == streams.len() {
        return "What the workspace takes in with the first sync is not known either; afterwards a row for each change.\n"
            .to_owned();
    }
    let all: Cost = streams.iter().map(|stream| stream.cost).sum();
    let rest = if refused > 0 {
        ", beside what could not be asked"
    } else {
        ""
    };
    format!(
        "The workspace takes in about {} with the first sync{rest}, before its own accounting, which leaves names of columns out;\n\
         afterwards a row for each change.\n",
        size(all.bytes)
    )
}

/// How long the first sync takes, as far as it could be asked.
fn duration(connection: &ConnectionPlan) -> String {
    let all: Cost = connection.streams.iter().map(|stream| stream.cost).sum();
    let refused = connection.streams.iter().filter(|stream| stream.error.is_some());
    let refused: Vec<&str> = refused.map(|stream| stream.work_item).collect();
    if refused.is_empty() {
        return format!("takes about {}, longer if its answers take long", span(all.seconds));
    }
    if refused.len() == connection.streams.len() {
        return "takes a time that is not known: it could not be asked, for the reason above".to_owned();
    }
    format!(
        "takes about {} without {}, longer if its answers take long",
        span(all.seconds),
        refused.join(" and ")
    )
}

/// What the service desk will see.
fn in_words(connection: &ConnectionPlan) -> String {
    let per_minute = connection.requests_per_minute;
    let at_once = match connection.max_concurrent {
        1 => "one request at a time".to_owned(),
        many => format!("at most {many} requests at a time"),
    };
    format!(
        "{} will see {at_once}, {} a minute; the first sync {}.\n",
        connection.name,
        count(per_minute.into()),
        duration(connection),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Pace, Seen};
    use super::*;
    use crate::model::window::Range;

    fn stream(records: u64, estimated: bool) -> StreamPlan {
        let (from, to) = ("2026-07-23T10:00:00Z", "2026-11-20T10:00:00Z");
        let seen = Seen {
            window: Range {
                from: from.parse().unwrap(),
                to: to.parse().unwrap(),
            },
            records,
            estimated,
            row: Some(1_244),
        };
        let pace = Pace {
            page_size: 1_000,
            requests_per_minute: 60,
        };
        StreamPlan {
            work_item: "incident",
            ..StreamPlan::of(seen, pace)
        }
    }

    fn plan(streams: Vec<StreamPlan>) -> Plan {
        Plan {
            connections: vec![ConnectionPlan {
                name: "contoso".to_owned(),
                requests_per_minute: 60,
                max_concurrent: 2,
                streams,
            }],
        }
    }

    #[test]
    fn a_plan_says_what_it_costs_and_what_the_service_desk_will_see() {
        let refused = StreamPlan {
            work_item: "change_request",
            error: Some("refused".to_owned()),
            ..StreamPlan::default()
        };
        assert_eq!(
            render(&plan(vec![stream(24_918, false), refused])),
            "\
CONNECTION  WORK ITEM       RECORDS  REQUESTS  TIME  TO AZURE
contoso     incident         24,918        32  32 s     31 MB
contoso     change_request        -         -     -         -

contoso/change_request: refused

contoso will see at most 2 requests at a time, 60 a minute; the first sync takes about 32 s without change_request, longer if its answers take long.
The workspace takes in about 31 MB with the first sync, beside what could not be asked, before its own accounting, which leaves names of columns out;
afterwards a row for each change.
"
        );
    }

    #[test]
    fn what_nobody_could_ask_is_not_said_to_cost_nothing() {
        let refused = StreamPlan {
            work_item: "incident",
            error: Some("refused".to_owned()),
            ..StreamPlan::default()
        };
        let text = render(&plan(vec![refused]));
        assert!(!text.contains("0 s") && !text.contains("0 kB"), "{text}");
        assert!(
            text.contains("takes a time that is not known") && text.contains("is not known either"),
            "{text}"
        );
    }

    #[test]
    fn what_could_not_be_counted_to_the_end_is_marked() {
        let text = render(&plan(vec![stream(40_000, true)]));
        assert!(
            text.contains("~ 40,000") && text.contains("takes in about 50 MB"),
            "{text}"
        );
    }
}
