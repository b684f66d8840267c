//! The README's set-up guides, word for word: each of its configurations is tried against the simulators by `check` and
//! `sync`. Only addresses and the folder of the files are others, and the rate, so that nobody waits.

mod office;

use futures_util::future::join_all;

use self::office::Office;

fn readme() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap()
}

/// The TOML of a chapter, block by block.
fn blocks(chapter: &str) -> Vec<String> {
    let readme = readme();
    let (_, rest) = readme.split_once(&format!("\n## {chapter}\n")).unwrap();
    let text = rest.split("\n## ").next().unwrap();
    let blocks = text.split("```toml\n").skip(1);
    blocks
        .map(|block| block.split("```").next().unwrap().to_owned())
        .collect()
}

/// The whole configuration that the set-up shows.
fn whole() -> String {
    let blocks = blocks("Set-up in ten minutes");
    assert_eq!(blocks.len(), 1);
    blocks.into_iter().next().unwrap()
}

/// `text` with `block` in place of the section that it begins with, up to the next one that is not below it.
fn with(text: &str, block: &str) -> String {
    let header = block.lines().next().unwrap();
    let (before, rest) = text.split_once(header).unwrap();
    let after = rest.split_once("\n[[").map(|(_, after)| format!("\n[[{after}"));
    format!("{before}{block}{}", after.unwrap_or_default())
}

fn method(block: &str) -> &str {
    let (_, rest) = block.split_once("method = \"").unwrap();
    rest.split('"').next().unwrap()
}

async fn try_all(configurations: Vec<(String, String)>) -> Vec<String> {
    let tried = configurations.into_iter().map(|(method, text)| async move {
        let office = Office::new(&method, &text).await;
        office.try_out(&text).await;
        method
    });
    join_all(tried).await
}

/// Tries each block of a guide in the set-up's place of it; the methods, in order.
async fn try_guide(guide: &str) -> Vec<String> {
    let whole = whole();
    let blocks = blocks(guide);
    let all = blocks
        .iter()
        .map(|block| (method(block).to_owned(), with(&whole, block)));
    let mut tried = try_all(all.collect()).await;
    tried.sort();
    tried
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_as_it_stands_checks_and_syncs() {
    let text = whole();
    try_all(vec![("oauth-password".to_owned(), text)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_servicenow_checks_and_syncs() {
    assert_eq!(
        try_guide("ServiceNow").await,
        [
            "api-key",
            "basic",
            "entra",
            "mtls",
            "oauth-client-credentials",
            "oauth-jwt-bearer",
            "oauth-password",
            "oauth-refresh"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_azure_checks_and_syncs() {
    assert_eq!(
        try_guide("Azure").await,
        [
            "client-certificate",
            "client-secret",
            "managed-identity",
            "workload-identity"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_into_provance_checks_and_syncs() {
    let blocks = blocks("Provance");
    let whole = with(&whole(), &blocks[0]);
    let others = blocks[1..].iter().map(|block| with(&whole, block));
    let all = std::iter::once(whole.clone()).chain(others);
    let all = all.map(|text| {
        let (_, connection) = text.split_once("[[connection]]").unwrap();
        let certificate = if connection.contains("certificate = ") {
            "+certificate"
        } else {
            ""
        };
        (format!("{}{certificate}", method(connection)), text)
    });
    let tried = try_all(all.collect()).await;
    assert_eq!(tried, ["entra", "entra+certificate", "entra-password"]);
}
