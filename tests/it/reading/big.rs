//! Records too big, too deep or not text: cut visibly or set aside, with their neighbours delivered.

use chrono::TimeDelta;
use serde_json::Value;

use super::between::{Passing, through};
use crate::rig::{Rig, STREAM, ago, incident, stream};

fn fill(rig: &Rig) {
    for number in 0..30 {
        let modified = ago(TimeDelta::days(10)) + TimeDelta::minutes(i64::from(number));
        rig.desk.put("incident", &incident(number, "Mail is down", modified));
    }
}

async fn reason(rig: &Rig) -> String {
    let list = rig.itsmd(&["quarantine", "list", "--json"]).await;
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    list["records"][0]["reason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_more_than_a_megabyte_is_set_aside_and_its_neighbours_arrive() {
    const FIELDS: [&str; 20] = [
        "u_a", "u_b", "u_c", "u_d", "u_e", "u_f", "u_g", "u_h", "u_i", "u_j", "u_k", "u_l", "u_m", "u_n", "u_o", "u_p",
        "u_q", "u_r", "u_s", "u_t",
    ];
    let rig = Rig::new().await;
    fill(&rig);
    let columns: String = FIELDS
        .iter()
        .map(|field| format!("X{field}_s = \"{field}\"\n"))
        .collect();
    rig.configure(&format!("[connection.columns]\n{columns}"));
    let mut big = incident(
        100,
        "Everything pasted into it",
        ago(TimeDelta::days(10)) + TimeDelta::seconds(90),
    );
    for field in FIELDS {
        big = big.with(field, "x".repeat(60_000));
    }
    rig.desk.put("incident", &big);
    let (status, report) = rig.sync(&[]).await;
    let incidents = stream(&report, "contoso", "incident");
    assert_eq!(
        (status, &incidents["sent"], &incidents["quarantined"]),
        (0, &30.into(), &1.into()),
        "{report:#}"
    );
    let reason = reason(&rig).await;
    assert!(reason.contains("bytes") && reason.contains("at most"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_over_the_limit_is_cut_and_the_row_says_so() {
    let rig = Rig::new().await;
    fill(&rig);
    let long = incident(
        100,
        "A log was pasted",
        ago(TimeDelta::days(10)) + TimeDelta::seconds(90),
    )
    .with("description", "ä€😀".repeat(20_000));
    rig.desk.put("incident", &long);
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 31), "{report:#}");
    let row = &rig.latest()["INC0000100"];
    let text = row["Description_s"].as_str().unwrap();
    assert!(
        text.len() <= 65_536 && text.len() > 65_520 && text.ends_with(" …[cut]"),
        "{}",
        text.len()
    );
    assert_eq!(
        (&row["IsTruncated_b"], &rig.latest()["INC0000007"]["IsTruncated_b"]),
        (&true.into(), &false.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_nested_a_thousand_deep_is_set_aside_and_its_neighbours_arrive() {
    let rig = Rig::new().await;
    fill(&rig);
    through(&rig, "", |answer| {
        let deep = format!("{}1{}", "[".repeat(1000), "]".repeat(1000));
        let body = String::from_utf8(answer.body.clone()).unwrap();
        let title = "\"short_description\":{\"display_value\":\"Mail is down\",\"value\":\"Mail is down\"}";
        answer.body = body
            .replacen(title, &format!("\"short_description\":{deep}"), 1)
            .into_bytes();
    })
    .await;
    let (status, report) = rig.sync(&[]).await;
    assert_eq!((status, rig.workspace.count(STREAM)), (0, 29), "{report:#}");
    let reason = reason(&rig).await;
    assert!(reason.contains("short_description"), "{reason}");
}

/// Puts `bytes` in place of `MARK`.
fn spoil(answer: &mut Passing, bytes: &[u8]) {
    while let Some(at) = answer.body.windows(4).position(|window| window == b"MARK") {
        answer.body.splice(at..at + 4, bytes.iter().copied());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_no_text_is_delivered_with_a_visible_mark_and_its_neighbours_arrive() {
    // Latin-1; half an emoji as Java cuts it, escaped and bare; a bare line feed.
    for (bytes, read) in [
        (&b"caf\xe9"[..], "caf\u{fffd}"),
        (br"\ud83d", "\u{fffd}"),
        (b"\xed\xa0\xbd", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"one\ntwo", "one\ntwo"),
    ] {
        let rig = Rig::new().await;
        fill(&rig);
        rig.desk.put(
            "incident",
            &incident(100, "Before MARK after", ago(TimeDelta::days(10))),
        );
        through(&rig, "", move |answer| spoil(answer, bytes)).await;
        let (status, report) = rig.sync(&[]).await;
        assert_eq!((status, rig.workspace.count(STREAM)), (0, 31), "{report:#}");
        assert_eq!(rig.latest()["INC0000100"]["Title_s"], format!("Before {read} after"));
    }
}
