use chrono_tz::Tz;

use super::*;

const BY_ID: &str = "^ORDERBYsys_id";

/// Five incidents with states, groups and texts.
async fn desk() -> Handle {
    let group =
        |row: Row, name: &'static str| row.reference("assignment_group", "sys_user_group", id_of("g", name), name);
    let handle = started(&[
        group(row(1, 0), "Network")
            .with("state", "1")
            .with("short_description", "VPN down")
            .with("u_text", "a^b"),
        group(row(2, 10), "Network")
            .with("state", "2")
            .with("short_description", "vpn slow")
            .with("u_text", ""),
        group(row(3, 20), "Database")
            .with("state", "2")
            .with("short_description", "Disk full")
            .with("u_text", "x"),
        group(row(4, 30), "Database")
            .with("state", "7")
            .with("short_description", "Mail VPN")
            .with("u_text", "x"),
        group(row(5, 40), "")
            .with("state", "10")
            .with("short_description", "Printer")
            .with("u_text", ""),
    ])
    .await;
    let group = Row::new(id_of("g", "Network"))
        .with("name", "Network")
        .with("manager", "Ann");
    handle.desk.put("sys_user_group", &group);
    handle
}

#[tokio::test]
async fn or_binds_tighter_than_and() {
    let handle = desk().await;
    assert_eq!(
        numbers(&handle, "state=1^ORstate=7^short_descriptionLIKEvpn^ORDERBYsys_id").await,
        [1, 4]
    );
    assert_eq!(
        numbers(&handle, "short_descriptionLIKEvpn^state=2^ORstate=7^ORDERBYsys_id").await,
        [2, 4]
    );
}

#[tokio::test]
async fn a_new_query_starts_an_arm_that_inherits_nothing_but_the_order() {
    let handle = desk().await;
    assert_eq!(
        numbers(&handle, "ORDERBYDESCnumber^state=1^NQstate=2^u_text=x^EQ").await,
        [3, 1]
    );
}

#[tokio::test]
async fn operators_compare_numbers_as_numbers_and_text_as_text() {
    let handle = desk().await;
    for (query, expected) in [
        ("state>2", vec![4, 5]),
        ("state<=2", vec![1, 2, 3]),
        ("state!=2", vec![1, 4, 5]),
        ("stateIN1, 7", vec![1, 4]),
        ("stateNOT IN1,7", vec![2, 3, 5]),
        ("stateBETWEEN2@7", vec![2, 3, 4]),
        ("short_descriptionSTARTSWITHvpn", vec![1, 2]),
        ("short_descriptionENDSWITHVPN", vec![4]),
        ("short_descriptionNOT LIKEvpn", vec![3, 5]),
        ("short_description*disk", vec![3]),
        ("u_textISEMPTY", vec![2, 5]),
        ("u_textISNOTEMPTY", vec![1, 3, 4]),
        ("u_text=", vec![2, 5]),
        ("assignment_groupISEMPTY", vec![5]),
        ("u_text=a^^b", vec![1]),
        ("assignment_group.name=Network", vec![1, 2]),
        ("assignment_group.manager=Ann", vec![1, 2]),
        (
            "sys_updated_on>=2026-11-21 10:00:20^sys_updated_on<2026-11-21 10:00:40",
            vec![3, 4],
        ),
        (
            "sys_updated_onBETWEEN2026-11-21 10:00:10@2026-11-21 10:00:20",
            vec![2, 3],
        ),
        (
            "sys_idIN00000000000000000000000000000002,00000000000000000000000000000004",
            vec![2, 4],
        ),
        (
            "sys_updated_on<javascript:gs.dateGenerate('2026-11-21','10:00:15')",
            vec![1, 2],
        ),
    ] {
        assert_eq!(numbers(&handle, &format!("{query}{BY_ID}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_keyset_query_reads_on_inside_a_second_and_behind_it() {
    let rows: Vec<Row> = (0..10)
        .map(|number| row(number, i64::try_from(number / 4).unwrap()))
        .collect();
    let handle = started(&rows).await;
    let (at, id) = (stamp(ten()), format!("{:032x}", 2));
    let query = format!("sys_updated_on={at}^sys_id>{id}^NQsys_updated_on>{at}^ORDERBYsys_updated_on^ORDERBYsys_id");
    assert_eq!(numbers(&handle, &query).await, [3, 4, 5, 6, 7, 8, 9]);
    let page = [
        ("sysparm_query", query.as_str()),
        ("sysparm_limit", "2"),
        ("sysparm_offset", "1"),
    ];
    let page = get(&handle, "/api/now/table/incident", &page).await;
    assert_eq!((page.numbers(), page.header("x-total-count")), (vec![4, 5], Some("7")));
}

#[tokio::test]
async fn arms_that_overlap_give_no_row_twice() {
    let handle = desk().await;
    let query =
        "sys_updated_on>2026-11-21 10:00:05^NQsys_updated_on>2026-11-21 10:00:15^ORDERBYsys_updated_on^ORDERBYsys_id";
    assert_eq!(numbers(&handle, query).await, [2, 3, 4, 5]);
}

#[tokio::test]
async fn an_invalid_part_has_three_outcomes() {
    let handle = desk().await;
    let query = "statee=1^state=2^ORDERBYsys_id";
    assert_eq!(numbers(&handle, query).await, [2, 3]);
    handle.desk.set_invalid_part(InvalidPart::NoRows);
    assert!(numbers(&handle, query).await.is_empty());
    handle.desk.set_invalid_part(InvalidPart::Forbidden);
    let refused = get(&handle, "/api/now/table/incident", &[("sysparm_query", query)]).await;
    assert_eq!(refused.status, 403);
    let detail = "Field(s) present in the query do not have permission to be read";
    assert_eq!(refused.body["error"]["detail"], detail);
}

#[tokio::test]
async fn literals_are_utc_or_of_the_users_zone() {
    let handle = desk().await;
    handle.desk.set_zone(Tz::Europe__Berlin, Literals::Utc);
    let query = "sys_updated_on=2026-11-21 10:00:00";
    assert_eq!(numbers(&handle, query).await, [1]);
    handle.desk.set_zone(Tz::Europe__Berlin, Literals::UserZone);
    assert!(numbers(&handle, query).await.is_empty());
    assert_eq!(numbers(&handle, "sys_updated_on=2026-11-21 11:00:00").await, [1]);
}
