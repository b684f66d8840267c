//! Every mistake has its own line, wherever it stands.

use super::*;

#[test]
fn an_unknown_key_names_its_line_its_section_and_the_nearest_known_one() {
    assert_eq!(
        only(&with("username", "usrname = 1\nusername")),
        "itsmd.toml:16: [connection.auth] unknown key \"usrname\"; did you mean \"username\"?"
    );
    // The key that is missing for it is this one: one mistake, told once.
    assert_eq!(
        only(&with("username", "usrname")),
        "itsmd.toml:16: [connection.auth] unknown key \"usrname\"; did you mean \"username\"?"
    );
    assert_eq!(
        told(&with("username", "somebody"))[0],
        "itsmd.toml:14: [connection.auth] basic needs the key \"username\": text in quotes"
    );
    assert_eq!(
        only(&with("[workspace]\n", "[workspace]\n\nlogstream = \"x\"\n")),
        "itsmd.toml:3: [workspace] unknown key \"logstream\"; did you mean \"log_stream\"?"
    );
    assert_eq!(
        only(&with("tenant_id = \"t\"", "tenant_id = \"t\"\nauthorty = \"x\"")),
        "itsmd.toml:8: [workspace.auth] unknown key \"authorty\"; did you mean \"authority\"?"
    );
}

#[test]
fn the_second_connection_has_its_own_lines() {
    let second = CONNECTION
        .replace("contoso", "fabrikam")
        .replace("username", "sync_days = 30\nusername");
    let text = format!(
        "{}{second}\n[connection.columns]\nBad = \"u\"\nTimeGenerated = \"sys_created_on\"\n",
        right()
    );
    assert_eq!(
        told(&text),
        [
            "itsmd.toml:24: [connection.auth] unknown key \"sync_days\"; it belongs to [[connection]]: \
             a key belongs to the last header above it",
            "itsmd.toml:29: [connection.columns] Bad: not a column name: letters, digits and _ (at most 45), \
             ending in _s, _t, _b or _d",
            "itsmd.toml:30: [connection.columns] TimeGenerated: itsmd fills this column itself; choose another name",
        ]
    );
}

#[test]
fn all_mistakes_are_told_at_once_by_line_with_their_count() {
    let text =
        connection_with("sync_days = 200\nenabled = \"yes\"\nwork_items = [\"incidents\"]\nschedule = \"* * * * * *\"")
            .replace("dcr-0123", "0123");
    let errors = read(&text).unwrap_err().to_string();
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(
        lines,
        [
            "itsmd.toml:4: [workspace] dcr_immutable_id: expected dcr- and 32 hexadecimal digits: \
             the rule's immutableId, not its name",
            "itsmd.toml:13: [[connection]] sync_days: expected a whole number from 1 to 120, found 200",
            "itsmd.toml:14: [[connection]] enabled: expected true or false, found the text \"yes\"",
            "itsmd.toml:15: [[connection]] work_items: expected \"incident\" or \"change_request\", \
             found the text \"incidents\"",
            "itsmd.toml:16: [[connection]] schedule: \"* * * * * *\" rings 1 s apart; 30 s is the closest",
            "5 mistakes; nothing was changed",
        ]
    );
}

#[test]
fn what_is_missing_is_told_at_its_section() {
    assert_eq!(
        only(&with("name = \"contoso\"\n", "")),
        "itsmd.toml:10: [[connection]] missing key \"name\": text in quotes"
    );
    assert_eq!(
        only(&with("tenant_id = \"t\"\n", "")),
        "itsmd.toml:5: [workspace.auth] client-secret needs the key \"tenant_id\": text in quotes"
    );
    let without_auth = right().split("[connection.auth]").next().unwrap().to_owned();
    assert_eq!(
        only(&without_auth),
        "itsmd.toml:10: [[connection]] missing section [connection.auth]"
    );
    assert_eq!(
        told(""),
        [
            "itsmd.toml:1: missing section [workspace]",
            "itsmd.toml:1: no [[connection]]: at least one is needed"
        ]
    );
}

#[test]
fn a_file_that_is_not_toml_names_the_line() {
    let told = told(&with("kind = \"logs-ingestion\"", "kind = \"logs-ingestion"));
    assert!(told[0].starts_with("itsmd.toml:2: not TOML: "), "{told:?}");
    let told = super::told(&with("client_id = \"c\"", "client_id = \"c\"\nclient_id = \"d\""));
    assert!(told[0].starts_with("itsmd.toml:9: not TOML: duplicate key"), "{told:?}");
}

#[test]
fn one_bracket_where_two_belong_is_told_as_such() {
    assert_eq!(
        only(&with("[[connection]]", "[connection]")),
        "itsmd.toml:10: write [[connection]] with two brackets: there may be several"
    );
}

#[test]
fn a_mistake_of_an_own_profile_names_the_line_of_both_files() {
    let directory = tempfile::tempdir().unwrap();
    let profile = "protocol = \"servicenow\"\n[incident]\ntable = \"incident\"\nid = \"sys_id\"\nmodified = \"m\"\n\
                   [incident.columns]\nTitle_s = \"t\"\nRecordId_s = \"sys_id\"\n";
    std::fs::write(directory.path().join("own.toml"), profile).unwrap();
    let text = connection_with("profile = \"own.toml\"");
    let error = parse(&directory.path().join("itsmd.toml"), &text, Secrets::Check)
        .unwrap_err()
        .to_string();
    assert!(error.contains("itsmd.toml:13: [[connection]] profile "), "{error}");
    assert!(
        error.contains("own.toml:8: [incident.columns] RecordId_s: itsmd fills"),
        "{error}"
    );

    std::fs::write(
        directory.path().join("own.toml"),
        profile.replace("modified", "modifed"),
    )
    .unwrap();
    let error = parse(&directory.path().join("itsmd.toml"), &text, Secrets::Check)
        .unwrap_err()
        .to_string();
    assert!(error.contains("own.toml:5: unknown field `modifed`"), "{error}");
}
