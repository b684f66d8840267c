use std::collections::BTreeSet;

use super::*;

#[test]
fn a_code_is_found_however_it_is_written_and_a_wrong_one_names_the_nearest() {
    let codes = codes();
    for asked in ["ITSMD-SN-014", "itsmd-sn-014", "SN-014", "sn-14", " sn014 "] {
        assert_eq!(find(asked, &codes).unwrap().id, "ITSMD-SN-014", "{asked}");
    }
    assert_eq!(find("ITSMD-SM-014", &codes).unwrap_err().unwrap().id, "ITSMD-SN-014");
    assert_eq!(find("nonsense", &codes), Err(None));
}

#[test]
fn what_other_programs_say_leads_to_its_code() {
    let codes = codes();
    let ids = |asked: &str| -> Vec<&str> { said(asked, &codes).iter().map(|code| code.id).collect() };
    assert_eq!(ids("AADSTS7000215"), ["ITSMD-AUTH-037"]);
    assert_eq!(ids("invalid_client: aadsts7000222: The provided…"), ["ITSMD-AUTH-038"]);
    assert_eq!(
        ids("AADSTS99999"),
        ["ITSMD-AUTH-008"],
        "Entra refused, whatever it means"
    );
    assert_eq!(ids("User Not Authenticated"), ["ITSMD-AUTH-002"]);
    assert_eq!(ids("user not  authenticated"), ["ITSMD-AUTH-002"]);
    assert_eq!(ids("401: User Not Authenticated: Required to"), ["ITSMD-AUTH-002"]);
    assert_eq!(ids("Invalid tab"), ["ITSMD-SN-010"]);
    for nothing in ["", "a", "nonsense"] {
        assert_eq!(ids(nothing), [""; 0], "{nothing}");
    }
}

#[test]
fn every_number_of_entra_is_heard_as_the_code_that_a_sign_in_gives_it() {
    for (code, numbers) in auth::ENTRA_NUMBERS {
        for number in *numbers {
            let words = format!("AADSTS{number}");
            let heard = HEARD.iter().find(|heard| heard.words == words);
            assert_eq!(heard.map(|heard| heard.code), Some(code.id), "{words}");
        }
    }
}

#[test]
fn no_code_has_two_meanings() {
    let codes = codes();
    let ids: BTreeSet<&str> = codes.iter().map(|code| code.id).collect();
    assert_eq!(ids.len(), codes.len());
}

#[test]
fn every_page_and_every_message_is_of_a_code_that_is_there() {
    let codes = codes();
    let known = |id: &str| codes.iter().any(|code| code.id == id);
    let mut paged = BTreeSet::new();
    for page in pages::all() {
        assert!(known(page.code), "{}", page.code);
        assert!(paged.insert(page.code), "{} has two pages", page.code);
        assert!(!page.causes.is_empty(), "{}", page.code);
    }
    let mut words = BTreeSet::new();
    for heard in HEARD {
        assert!(known(heard.code), "{}: {}", heard.words, heard.code);
        assert!(words.insert(heard.words), "{} has two codes", heard.words);
    }
}

#[test]
fn every_code_of_a_finished_namespace_has_a_page() {
    for code in codes() {
        let space = code.id.split('-').nth(1).unwrap();
        if ["SN", "DV", "WS", "SY", "ST", "CK", "MC"].contains(&space) {
            assert!(page_on(code.id).is_some(), "{} has no page", code.id);
        }
    }
}

#[test]
fn a_page_says_what_it_means_what_to_do_why_and_what_was_heard() {
    let codes = codes();
    let text = explained(find("sn-010", &codes).unwrap(), Paper::PLAIN);
    for part in [
        "ITSMD-SN-010  the instance does not know this table",
        "What to do\n  check `table`",
        "1. the table's name is misspelt",
        "     see  `sys_db_object`",
        "     do   correct `table`",
        "What you may have seen\n  ServiceNow  Invalid table",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let without = Code {
        id: "ITSMD-XX-001",
        means: "a code of tomorrow",
        remedy: "wait",
    };
    assert_eq!(
        explained(&without, Paper::PLAIN),
        "ITSMD-XX-001  a code of tomorrow\n\nWhat to do\n  wait\n"
    );
}
