//! A configuration with mistakes is refused whole: exit status 2, each mistake with its line.

use crate::rig::Rig;

/// Runs `itsmd sync` over the rig's file after a change; stderr, with exit status 2 asserted.
async fn refused(change: impl Fn(&str) -> String) -> String {
    let rig = Rig::new().await;
    let good = std::fs::read_to_string(rig.config()).unwrap();
    std::fs::write(rig.config(), change(&good)).unwrap();
    let output = rig.itsmd(&["sync"]).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    told
}

/// The number of the first line that holds `part`.
fn line_of(text: &str, part: &str) -> usize {
    1 + text.lines().position(|line| line.contains(part)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn misspelt_keys_are_named_with_file_line_and_the_nearest_known_one_all_at_once() {
    let rig = Rig::new().await;
    let second = rig.connection("second", "https://second.service-now.com", "page_sice = 10");
    let change = |good: &str| {
        good.replace("dcr_immutable_id", "dcr_imutable_id")
            .replace("tenant_id", "tennant_id")
            + "\n"
            + &second
    };
    let text = change(&std::fs::read_to_string(rig.config()).unwrap());
    let told = refused(change).await;
    for (misspelt, known) in [
        ("dcr_imutable_id", "dcr_immutable_id"),
        ("tennant_id", "tenant_id"),
        ("page_sice", "page_size"),
    ] {
        let line = told
            .lines()
            .find(|line| line.contains(&format!("\"{misspelt}\"")))
            .unwrap_or_else(|| panic!("{told}"));
        assert!(
            line.contains(&format!("itsmd.toml:{}:", line_of(&text, misspelt))),
            "{line}"
        );
        assert!(line.contains(known), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_out_of_their_limits_are_named_with_the_limit() {
    for days in ["0", "121"] {
        let told = refused(|good| good.replace("partner =", &format!("sync_days = {days}\npartner ="))).await;
        assert!(told.contains("sync_days") && told.contains("120"), "{told}");
    }
    let told = refused(|good| good.replace("partner =", "schedule = \"every day\"\npartner =")).await;
    assert!(told.contains("schedule"), "{told}");
    let told = refused(|good| good.replace("partner =", "schedule = \"* * * * * *\"\npartner =")).await;
    assert!(told.contains("30"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_http_two_of_one_name_and_a_missing_secret_are_refused() {
    let told =
        refused(|good| good.replace("server_url = \"http://127.0.0.1", "server_url = \"http://desk.example")).await;
    assert!(told.contains("https"), "{told}");
    let told = refused(|good| {
        let connection = &good[good.find("[[connection]]").unwrap()..];
        format!("{good}\n{connection}")
    })
    .await;
    assert!(told.contains("contoso"), "{told}");
    let told = refused(|good| good.replace("file = \"desk\"", "file = \"nowhere\"")).await;
    assert!(told.contains("nowhere"), "{told}");
    let told = refused(|good| good.replace("{ file = \"desk\" }", "\"in the open\"")).await;
    assert!(told.contains("file") && !told.contains("in the open"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_may_read_is_a_warning_and_no_file_at_all_says_who_named_it() {
    use std::os::unix::fs::PermissionsExt;
    let rig = Rig::new().await;
    std::fs::set_permissions(rig.folder.path().join("desk"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = rig.itsmd(&["sync"]).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("desk") && told.contains("warning"), "{told}");

    std::fs::remove_file(rig.config()).unwrap();
    let output = rig.itsmd(&["sync"]).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("--config"), "{told}");
}
