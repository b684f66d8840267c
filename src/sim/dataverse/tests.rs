use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Response};
use serde_json::Value;
use uuid::Uuid;

use super::{Cell, Fault, Instance, Row, Server};
use crate::model::WorkItemKind;
use crate::sim::item::{Item, State};

const ANNOTATIONS: &str = "OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname";

fn start_time() -> DateTime<Utc> {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn row(number: u128, seconds: i64) -> Row {
    let owner = Cell::Lookup {
        id: Uuid::from_u128(7),
        label: "Ada".to_owned(),
        logical_name: "systemuser".to_owned(),
    };
    let cells = [
        ("incidentid", Cell::Guid(Uuid::from_u128(number))),
        ("title", Cell::text(format!("It's {number}"))),
        ("prioritycode", Cell::choice(1, "High")),
        (
            "modifiedon",
            Cell::Time(start_time() + TimeDelta::milliseconds(seconds * 1_000 + 400)),
        ),
        ("_ownerid_value", owner),
    ];
    cells.map(|(name, cell)| (name.to_owned(), cell)).into()
}

async fn serving(rows: u128) -> (Instance, Server) {
    let instance = Instance::new();
    for number in 1..=rows {
        instance.put("incidents", row(number, i64::try_from(number / 4).unwrap()));
    }
    let server = instance.start(([127, 0, 0, 1], 0).into()).await.unwrap();
    (instance, server)
}

async fn get(url: &str, prefer: &str) -> Response {
    Client::new()
        .get(url)
        .bearer_auth("t")
        .header("prefer", prefer)
        .send()
        .await
        .unwrap()
}

async fn json(url: &str, prefer: &str) -> Value {
    get(url, prefer).await.json().await.unwrap()
}

fn table(server: &Server, options: &str) -> String {
    format!("{}/api/data/v9.2/incidents?{options}", server.url())
}

fn ids(page: &Value) -> Vec<u128> {
    let id = |row: &Value| Uuid::parse_str(row["incidentid"].as_str().unwrap()).unwrap().as_u128();
    page["value"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn links_lead_through_all_rows_once_although_many_share_a_second() {
    let (_instance, server) = serving(10).await;
    let prefer = "odata.maxpagesize=3";
    let mut url = table(
        &server,
        "$select=title&$filter=modifiedon%20ge%202026-11-20T10:00:00Z&$orderby=modifiedon%20asc,incidentid%20asc",
    );
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let response = get(&url, prefer).await;
        assert_eq!(response.headers()["preference-applied"], prefer);
        let page: Value = response.json().await.unwrap();
        seen.extend(ids(&page));
        pages += 1;
        let Some(next) = page["@odata.nextLink"].as_str() else {
            break;
        };
        assert!(next.contains(&format!(
            "$skiptoken=%3Ccookie%20pagenumber=%22{}%22%20pagingcookie=%22%253ccookie%2520page",
            pages + 1
        )));
        url = next.to_owned();
    }
    seen.sort_unstable();
    assert_eq!(seen, (1..=10).collect::<Vec<_>>());
    assert_eq!(pages, 4);
}

#[tokio::test]
async fn a_link_is_honoured_only_byte_for_byte_and_with_its_page_size() {
    let (instance, server) = serving(10).await;
    let page = json(&table(&server, "$select=title"), "odata.maxpagesize=3").await;
    let next = page["@odata.nextLink"].as_str().unwrap();
    assert_eq!(get(next, "odata.maxpagesize=3").await.status(), 200);
    assert_eq!(get(next, "odata.maxpagesize=4").await.status(), 400);
    assert_eq!(
        get(&next.replace("%22%20/", "%22/"), "odata.maxpagesize=3")
            .await
            .status(),
        400
    );
    assert_eq!(
        get(&format!("{next}&$count=true"), "odata.maxpagesize=3")
            .await
            .status(),
        400
    );
    instance.forget_links();
    assert_eq!(get(next, "odata.maxpagesize=3").await.status(), 400);
}

#[tokio::test]
async fn a_row_modified_while_paging_is_met_again_at_the_end() {
    let (instance, server) = serving(6).await;
    let url = table(&server, "$orderby=modifiedon%20asc,incidentid%20asc");
    let first = json(&url, "odata.maxpagesize=4").await;
    instance.put("incidents", row(1, 90));
    instance.delete("incidents", Uuid::from_u128(6));
    let second = json(first["@odata.nextLink"].as_str().unwrap(), "odata.maxpagesize=4").await;
    assert_eq!((ids(&first)[0], ids(&second)), (1, vec![5, 1]));
    assert!(second.get("@odata.nextLink").is_none());
}

#[tokio::test]
async fn inside_a_second_ids_are_ordered_as_sql_server_does() {
    let (instance, server) = serving(0).await;
    let ids_in_order = [
        "00000001-0000-0000-0000-000000000000",
        "01000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0100-000000000000",
        "00000000-0000-0000-0000-000000000001",
    ];
    for id in ids_in_order.iter().rev() {
        instance.put("incidents", row(Uuid::parse_str(id).unwrap().as_u128(), 0));
    }
    let page = json(&table(&server, "$orderby=modifiedon,incidentid"), "").await;
    let seen: Vec<_> = page["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["incidentid"].as_str().unwrap())
        .collect();
    // The first group counts from its low end: 01000000 holds its 1 in the least significant place.
    assert_eq!(
        seen,
        [ids_in_order[1], ids_in_order[0], ids_in_order[2], ids_in_order[3]]
    );
}

#[tokio::test]
async fn annotations_come_only_when_asked_for_and_before_their_value() {
    let (_instance, server) = serving(1).await;
    let url = table(&server, "$select=prioritycode,_ownerid_value,modifiedon");
    let plain = get(&url, "").await.text().await.unwrap();
    assert!(plain.contains(r#""prioritycode":1"#) && !plain.contains("FormattedValue"));
    let prefer = format!("odata.maxpagesize=5,odata.include-annotations=\"{ANNOTATIONS}\"");
    let full = get(&url, &prefer).await.text().await.unwrap();
    let label = full
        .find(r#""prioritycode@OData.Community.Display.V1.FormattedValue":"High""#)
        .unwrap();
    assert!(label < full.find(r#""prioritycode":1"#).unwrap());
    assert!(full.contains(r#""_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"systemuser""#));
    assert!(full.contains(r#""modifiedon@OData.Community.Display.V1.FormattedValue":"11/20/2026 3:00 AM""#));
    assert!(full.contains(r#""modifiedon":"2026-11-20T10:00:00Z""#));
}

#[tokio::test]
async fn filters_follow_three_valued_logic_and_ignore_case() {
    let (instance, server) = serving(3).await;
    instance.put(
        "incidents",
        [("incidentid".to_owned(), Cell::Guid(Uuid::from_u128(4)))].into(),
    );
    let cases: [(&str, &[u128]); 8] = [
        ("title eq 'IT''S 2'", &[2]),
        ("not (title eq 'it''s 2')", &[1, 3]),
        ("title eq null", &[4]),
        (
            "prioritycode ge 1 and (title eq 'it''s 1' or title eq 'it''s 3')",
            &[1, 3],
        ),
        ("incidentid eq 00000000-0000-0000-0000-000000000003", &[3]),
        ("_ownerid_value ne 00000000-0000-0000-0000-000000000007", &[]),
        ("modifiedon lt 2026-11-21", &[1, 2, 3]),
        ("title ne null and not (prioritycode gt 0)", &[]),
    ];
    for (filter, expected) in cases {
        let url = table(&server, "$select=title&$orderby=incidentid");
        let response = Client::new()
            .get(url)
            .query(&[("$filter", filter)])
            .bearer_auth("t")
            .send()
            .await
            .unwrap();
        let page: Value = response.json().await.unwrap();
        assert_eq!(ids(&page), expected, "{filter}");
    }
}

#[tokio::test]
async fn what_does_not_exist_is_refused_in_dataverses_shape() {
    let (instance, server) = serving(1).await;
    let refused = async |options: &str| json(&table(&server, options), "").await["error"].clone();
    let error = refused("$select=title,nosuch").await;
    assert_eq!(error["code"], "0x80060888");
    assert_eq!(
        error["message"],
        "Could not find a property named 'nosuch' on type 'Microsoft.Dynamics.CRM.incident'."
    );
    for options in [
        "$filter=nosuch%20eq%201",
        "$orderby=nosuch",
        "$skip=5",
        "$filter=title%20eq%205",
        "$filter=title%20eq%20'x",
        "$expand=x",
    ] {
        assert_eq!(refused(options).await["code"], "0x80060888", "{options}");
    }
    let elsewhere = |path: &str| format!("{}/api/data/v9.2/{path}", server.url());
    assert_eq!(get(&elsewhere("nosuchs"), "").await.status(), 404);
    let one = elsewhere("incidents(00000000-0000-0000-0000-000000000001)?$select=title");
    assert_eq!(json(&one, "").await["title"], "It's 1");
    instance.hide("incidents", Uuid::from_u128(1), true);
    assert_eq!(get(&one, "").await.status(), 404);
    assert!(ids(&json(&table(&server, ""), "").await).is_empty());
    assert_eq!(Client::new().get(&one).send().await.unwrap().status(), 401);
    instance.drop_column("incidents", "title");
    instance.put("incidents", row(2, 0));
    assert_eq!(refused("$select=title").await["code"], "0x80060888");
}

#[tokio::test]
async fn counts_stop_at_five_thousand_and_so_do_pages() {
    let (_instance, server) = serving(5_001).await;
    let prefer = "odata.include-annotations=\"*\"";
    let page = json(&table(&server, "$select=incidentid&$count=true"), prefer).await;
    assert_eq!((&page["@odata.count"], ids(&page).len()), (&5_000.into(), 5_000));
    assert_eq!(page["@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded"], true);
    assert!(page["@odata.nextLink"].is_string());
    let top = json(&table(&server, "$select=title&$top=2"), "").await;
    assert_eq!((ids(&top).len(), top.get("@odata.nextLink")), (2, None));
    let sized = json(&table(&server, "$select=title&$top=2"), "odata.maxpagesize=3").await;
    assert_eq!((ids(&sized).len(), sized["@odata.nextLink"].is_string()), (3, true));
}

#[tokio::test]
async fn protection_limits_bear_their_codes_and_the_clock_is_in_every_answer() {
    let (instance, server) = serving(1).await;
    instance.set_clock(start_time);
    instance.fault(0, Fault::TooManyRequests(Some(9)), 1);
    instance.fault(0, Fault::TooMuchTime(None), 1);
    instance.fault(0, Fault::TooManyAtOnce(Some(1)), 1);
    for (code, wait) in [
        ("0x80072322", Some("9")),
        ("0x80072321", None),
        ("0x80072326", Some("1")),
    ] {
        let response = get(&table(&server, ""), "").await;
        assert_eq!(response.status(), 429);
        assert_eq!(
            response
                .headers()
                .get("retry-after")
                .map(|value| value.to_str().unwrap()),
            wait
        );
        assert_eq!(response.headers()["date"], "Fri, 20 Nov 2026 10:00:00 GMT");
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], code);
    }
    instance.fault(0, Fault::HalfPage, 1);
    assert!(get(&table(&server, ""), "").await.json::<Value>().await.is_err());
    instance.fault(0, Fault::Cut, 1);
    assert!(
        Client::new()
            .get(table(&server, ""))
            .bearer_auth("t")
            .send()
            .await
            .is_err()
    );
    assert_eq!(
        instance.requests().iter().map(|one| one.status).collect::<Vec<_>>(),
        [429, 429, 429, 200, 0]
    );
}

#[tokio::test]
async fn metadata_names_tables_and_columns() {
    let (_instance, server) = serving(0).await;
    let base = format!(
        "{}/api/data/v9.2/EntityDefinitions(LogicalName='incident')",
        server.url()
    );
    let table = json(&format!("{base}?$select=EntitySetName,PrimaryIdAttribute"), "").await;
    assert_eq!(
        (&table["EntitySetName"], &table["PrimaryIdAttribute"]),
        (&"incidents".into(), &"incidentid".into())
    );
    let columns = json(&format!("{base}/Attributes?$select=LogicalName,AttributeType"), "").await;
    let owner = columns["value"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["LogicalName"] == "ownerid")
        .unwrap();
    assert_eq!(owner["AttributeType"], "Owner");
    assert_eq!(get(&base.replace("incident'", "nosuch'"), "").await.status(), 404);
}

fn item(kind: WorkItemKind, number: &str) -> Item {
    Item {
        id: "0123456789abcdef0123456789abcdef".to_owned(),
        kind,
        number: number.to_owned(),
        state: State::OnHold,
        title: "Mail is slow".to_owned(),
        description: "Since the morning".to_owned(),
        urgency: 2,
        impact: 2,
        priority: 3,
        risk: Some(3),
        change_type: Some("emergency".to_owned()),
        category: "network".to_owned(),
        subcategory: None,
        contact_type: "email".to_owned(),
        opened_by: "Ada".to_owned(),
        assigned_to: None,
        assignment_group: "Service Desk".to_owned(),
        resolved_by: None,
        closed_by: None,
        close_code: None,
        ci: None,
        opened_at: start_time(),
        resolved_at: None,
        closed_at: None,
        planned: Some((start_time(), start_time() + TimeDelta::hours(2))),
        work_start: None,
        work_end: None,
        modified: start_time() + TimeDelta::minutes(5),
        revision: 3,
    }
}

#[tokio::test]
async fn an_incident_is_a_case_and_a_change_a_row_of_the_custom_table() {
    let (instance, server) = serving(0).await;
    let prefer = format!("odata.include-annotations=\"{ANNOTATIONS}\"");
    let id = instance.put_item(&item(WorkItemKind::Incident, "CAS-01000"));
    let label = |name: &str| format!("{name}@OData.Community.Display.V1.FormattedValue");
    let page = json(&table(&server, ""), &prefer).await;
    let case = &page["value"][0];
    assert_eq!(case["incidentid"], "01234567-89ab-cdef-0123-456789abcdef");
    assert_eq!(
        (&case["ticketnumber"], &case["modifiedon"]),
        (&"CAS-01000".into(), &"2026-11-20T10:05:00Z".into())
    );
    assert_eq!(
        (&case["statuscode"], &case[label("statuscode")]),
        (&2.into(), &"On Hold".into())
    );
    assert_eq!(case[label("_ownerid_value")], "Service Desk");
    assert_eq!(case["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"], "team");
    let before = case["versionnumber"].as_i64().unwrap();
    assert_eq!(
        instance.put_item(&item(WorkItemKind::Incident, "CAS-01000")),
        id,
        "a version takes the place of the last"
    );
    let page = json(&table(&server, ""), "").await;
    assert_eq!(
        (ids(&page).len(), page["value"][0]["versionnumber"].as_i64()),
        (1, Some(before + 1))
    );
    instance.put_item(&item(WorkItemKind::ChangeRequest, "CHG0030001"));
    let changes = format!("{}/api/data/v9.2/new_changerequests", server.url());
    let change = &json(&changes, &prefer).await["value"][0];
    assert_eq!(
        (&change[label("new_type")], &change["new_plannedend"]),
        (&"Emergency".into(), &"2026-11-20T12:00:00Z".into())
    );
    assert_eq!(
        (&change["new_workstart"], &change[label("new_state")]),
        (&Value::Null, &"Scheduled".into())
    );
}
