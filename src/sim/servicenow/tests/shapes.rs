use serde_json::json;

use super::*;

const PATH: &str = "/api/now/v2/table/incident";

fn detailed() -> Row {
    row(1, 0)
        .labelled("state", "2", "In \"Progress\"")
        .reference("assigned_to", "sys_user", "u1", "Ann Bell")
        .reference("closed_by", "sys_user", "", "")
        .cell("sla_due", "".into(), Display::Null, None)
        .labelled("work_notes", "", "a\nb")
}

async fn shaped(handle: &Handle, display: &str, exclude: &str) -> Value {
    let fields = "state,assigned_to,closed_by,sla_due,work_notes,no_such_field,assigned_to.name";
    let parameters = [
        ("sysparm_display_value", display),
        ("sysparm_exclude_reference_link", exclude),
        ("sysparm_fields", fields),
    ];
    get(handle, PATH, &parameters).await.rows()[0].clone()
}

#[tokio::test]
async fn references_have_four_shapes_and_unknown_fields_are_absent() {
    let handle = started(&[detailed()]).await;
    let link = format!("{}/api/now/table/sys_user/u1", handle.url());
    let raw = json!({"state": "2", "assigned_to": {"link": link, "value": "u1"}, "closed_by": "", "sla_due": "",
        "work_notes": "", "assigned_to.name": "Ann Bell"});
    assert_eq!(shaped(&handle, "false", "false").await, raw);
    assert_eq!(shaped(&handle, "false", "true").await["assigned_to"], "u1");
    let labels = json!({"state": "In \"Progress\"", "assigned_to": {"display_value": "Ann Bell", "link": link},
        "closed_by": "", "sla_due": null, "work_notes": "a\nb", "assigned_to.name": "Ann Bell"});
    assert_eq!(shaped(&handle, "true", "false").await, labels);
    assert_eq!(shaped(&handle, "true", "true").await["assigned_to"], "Ann Bell");
    let both = shaped(&handle, "all", "false").await;
    assert_eq!(
        both["assigned_to"],
        json!({"display_value": "Ann Bell", "link": link, "value": "u1"})
    );
    assert_eq!(both["sla_due"], json!({"display_value": null, "value": ""}));
    let both = shaped(&handle, "all", "true").await;
    assert_eq!(both["assigned_to"], json!({"display_value": "Ann Bell", "value": "u1"}));
}

#[tokio::test]
async fn a_row_of_hidden_fields_only_is_an_empty_object() {
    let handle = started(&[detailed()]).await;
    handle.desk.hide_field("incident", "state");
    let page = get(&handle, PATH, &[("sysparm_fields", "state")]).await;
    assert_eq!(page.body, json!({"result": [{}]}));
    let page = get(&handle, PATH, &[("sysparm_fields", "state,number")]).await;
    assert_eq!(page.rows()[0], json!({"number": "INC0000001"}));
}

#[tokio::test]
async fn a_wide_item_has_86_fields_and_weighs_as_much_as_recorded_ones() {
    let world = crate::sim::world::World::new(crate::sim::world::WorldSettings::small(1, ten()));
    let desk = Desk::new();
    desk.wide(true);
    desk.put_items(world.items());
    let handle = start(desk, None).await.unwrap();
    for table in ["incident", "change_request"] {
        let page = get(
            &handle,
            &format!("/api/now/table/{table}"),
            &[("sysparm_display_value", "all")],
        )
        .await;
        let fields = page.rows()[0].as_object().unwrap().len();
        let weight = page.body.to_string().len() / page.rows().len();
        assert!((86..=90).contains(&fields), "{table}: {fields} fields");
        assert!((7700..8100).contains(&weight), "{table}: {weight} bytes");
    }
}

#[tokio::test]
async fn single_records_come_by_id() {
    let handle = started(&[detailed()]).await;
    let found = get(&handle, &format!("{PATH}/{:032x}", 1), &[("sysparm_fields", "number")]).await;
    assert_eq!(found.body, json!({"result": {"number": "INC0000001"}}));
    let missing = get(&handle, &format!("{PATH}/{:032x}", 2), &[]).await;
    assert_eq!(
        (missing.status, &missing.body["error"]["message"]),
        (404, &json!("No Record found"))
    );
}

#[tokio::test]
async fn answers_bear_the_desks_clock_and_a_session() {
    let handle = started(&[]).await;
    handle.desk.set_clock(Box::new(ten));
    let answer = get(&handle, PATH, &[]).await;
    assert_eq!(answer.header("date"), Some("Sat, 21 Nov 2026 10:00:00 GMT"));
    let cookies: Vec<_> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .collect();
    assert!(cookies[0].starts_with("JSESSIONID=") && cookies[1].starts_with("glide_user_route=glide."));
}

#[tokio::test]
async fn a_head_has_headers_and_no_body() {
    let handle = started(&[detailed()]).await;
    let response = reqwest::Client::new()
        .head(format!("{}{PATH}", handle.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["x-total-count"], "1");
    assert!(response.bytes().await.unwrap().is_empty());
}
