use std::collections::BTreeSet;

use super::*;

const PATH: &str = "/api/now/v2/table/incident";

/// Reads pages of 10 by offset until one is empty.
async fn by_offset(handle: &Handle, query: &str) -> Vec<usize> {
    let mut seen = Vec::new();
    for offset in (0..).step_by(10) {
        let offset = offset.to_string();
        let page = [
            ("sysparm_query", query),
            ("sysparm_limit", "10"),
            ("sysparm_offset", &offset),
        ];
        let numbers = get(handle, PATH, &page).await.numbers();
        if numbers.is_empty() {
            return seen;
        }
        seen.extend(numbers);
    }
    seen
}

#[tokio::test]
async fn offsets_lose_rows_of_a_second_unless_ordered_by_id() {
    let rows: Vec<Row> = (0..200).map(|number| row(number, 0)).collect();
    let handle = started(&rows).await;
    let loose = by_offset(&handle, "ORDERBYsys_updated_on").await;
    let distinct: BTreeSet<_> = loose.iter().collect();
    assert_eq!(loose.len(), 200);
    assert!(
        distinct.len() < 200,
        "as many rows as counted, but some twice and some never"
    );
    let firm = by_offset(&handle, "ORDERBYsys_updated_on^ORDERBYsys_id").await;
    assert_eq!(firm, (0..200).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_limit_comes_before_access_rules() {
    let rows: Vec<Row> = (0..30).map(|number| row(number, 0)).collect();
    let handle = started(&rows).await;
    handle.desk.hide("incident", |row| {
        ("INC0000010".."INC0000025").contains(&row.value("number"))
    });
    let mut lengths = Vec::new();
    for offset in ["0", "10", "20"] {
        let page = [
            ("sysparm_query", "ORDERBYsys_id"),
            ("sysparm_limit", "10"),
            ("sysparm_offset", offset),
        ];
        let page = get(&handle, PATH, &page).await;
        assert_eq!((page.status, page.header("x-total-count")), (200, Some("30")));
        lengths.push(page.rows().len());
    }
    assert_eq!(lengths, [10, 0, 5]);
}

#[tokio::test]
async fn counts_and_links_come_unless_declined() {
    let rows: Vec<Row> = (0..5).map(|number| row(number, 0)).collect();
    let handle = started(&rows).await;
    let page = get(&handle, PATH, &[("sysparm_limit", "2")]).await;
    let base = format!("<{}{PATH}?sysparm_limit=2&sysparm_offset=", handle.url());
    let link = format!("{base}0>;rel=\"first\",{base}-1>;rel=\"prev\",{base}2>;rel=\"next\",{base}4>;rel=\"last\"");
    assert_eq!(page.header("link"), Some(link.as_str()));
    let page = get(&handle, PATH, &[("sysparm_limit", "2"), ("sysparm_no_count", "true")]).await;
    assert_eq!((page.header("x-total-count"), page.header("link")), (None, None));
    let quiet = [("sysparm_limit", "2"), ("sysparm_suppress_pagination_header", "true")];
    let page = get(&handle, PATH, &quiet).await;
    assert_eq!((page.header("x-total-count"), page.header("link")), (Some("5"), None));
}

#[tokio::test]
async fn a_written_row_moves_while_others_are_read() {
    let rows: Vec<Row> = (0..20)
        .map(|number| row(number, i64::try_from(number).unwrap()))
        .collect();
    let handle = started(&rows).await;
    let query = [
        ("sysparm_query", "ORDERBYsys_updated_on^ORDERBYsys_id"),
        ("sysparm_limit", "10"),
    ];
    assert_eq!(get(&handle, PATH, &query).await.numbers(), (0..10).collect::<Vec<_>>());
    handle.desk.put("incident", &row(0, 100));
    handle.desk.delete("incident", &format!("{:032x}", 5));
    let mut next = query.to_vec();
    next.push(("sysparm_offset", "10"));
    let expected: Vec<usize> = (12..20).chain([0]).collect();
    assert_eq!(
        get(&handle, PATH, &next).await.numbers(),
        expected,
        "10 and 11 are lost to offsets"
    );
    assert_eq!(handle.desk.count("sys_audit_delete"), 1);
}

#[tokio::test]
async fn version_one_misses_what_version_two_finds_empty() {
    let handle = started(&[]).await;
    assert_eq!(get(&handle, "/api/now/v1/table/incident", &[]).await.status, 404);
    for path in ["/api/now/v2/table/incident", "/api/now/table/incident"] {
        let empty = get(&handle, path, &[]).await;
        assert_eq!((empty.status, empty.body), (200, serde_json::json!({"result": []})));
    }
}

#[tokio::test]
async fn the_aggregate_api_counts_as_a_string() {
    let rows: Vec<Row> = (0..30)
        .map(|number| row(number, i64::try_from(number).unwrap()))
        .collect();
    let handle = started(&rows).await;
    let ask = [
        ("sysparm_count", "true"),
        ("sysparm_query", "sys_updated_on>=2026-11-21 10:00:10"),
    ];
    let counted = get(&handle, "/api/now/stats/incident", &ask).await;
    assert_eq!(counted.body, serde_json::json!({"result": {"stats": {"count": "20"}}}));
}
