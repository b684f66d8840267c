//! Tables, columns, times.

use chrono::TimeDelta;
use chrono_tz::Tz;
use futures_util::FutureExt as _;
use itsmd::sim::dataverse::Fault as DataverseFault;
use itsmd::sim::fault::{Fault, Spelling};
use itsmd::sim::servicenow::{InvalidPart, Literals, Row};

use super::stage::Broken;
use super::stage::Outcome::{Fails, Tells, Warns};
use super::{Case, case};
use crate::rig::{ago, id};

/// A copy of a shipped profile, changed.
fn profile(broken: &mut Broken, name: &str, from: &str, to: &str) {
    let shipped = format!("{}/config/profiles/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(shipped).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(broken.path("mine.toml"), text.replacen(from, to, 1)).unwrap();
    broken.keys("profile = \"mine.toml\"");
}

pub const CASES: &[Case] = &[
    case("a table that the user may not read", "ITSMD-SN-011", Fails, |broken| {
        async move { broken.rig.desk.forbid("incident") }.boxed_local()
    }),
    case("a table that is misspelt", "ITSMD-SN-010", Fails, |broken| {
        async move { profile(broken, "servicenow", "table = \"incident\"", "table = \"incidnet\"") }.boxed_local()
    }),
    case("a column that is misspelt", "ITSMD-SN-013", Warns, |broken| {
        async move { profile(broken, "servicenow", "\"short_description\"", "\"short_descripton\"") }.boxed_local()
    }),
    case(
        "a misspelt column where invalid queries give nothing",
        "ITSMD-SN-013",
        Warns,
        |broken| {
            async move {
                broken.rig.desk.set_invalid_part(InvalidPart::NoRows);
                profile(broken, "servicenow", "\"short_description\"", "\"short_descripton\"");
            }
            .boxed_local()
        },
    ),
    case("a column that the user may not read", "ITSMD-SN-014", Warns, |broken| {
        async move { broken.rig.desk.hide_field("incident", "close_code") }.boxed_local()
    }),
    case(
        "a column of an instance that tells no difference",
        "ITSMD-CK-007",
        Warns,
        |broken| {
            async move {
                broken.rig.desk.set_invalid_part(InvalidPart::Forbidden);
                broken.rig.desk.hide_field("incident", "close_code");
            }
            .boxed_local()
        },
    ),
    case("a column that is empty everywhere", "ITSMD-CK-017", Tells, |broken| {
        async move {
            for mut row in broken.rig.desk.rows("incident") {
                row = row.with("close_code", "");
                broken.rig.desk.put("incident", &row);
            }
        }
        .boxed_local()
    }),
    case("keys that the user may not read", "ITSMD-SN-023", Fails, |broken| {
        async move { broken.rig.desk.hide_field("incident", "sys_updated_on") }.boxed_local()
    }),
    case("a filter that is misspelt", "ITSMD-SN-024", Fails, |broken| {
        async move { broken.keys("filter = \"urgncy=1\"") }.boxed_local()
    }),
    case(
        "a misspelt filter where invalid queries give nothing",
        "ITSMD-SN-024",
        Fails,
        |broken| {
            async move {
                broken.rig.desk.set_invalid_part(InvalidPart::NoRows);
                broken.keys("filter = \"urgncy=1\"");
            }
            .boxed_local()
        },
    ),
    case(
        "a misspelt filter where invalid queries are refused",
        "ITSMD-SN-011",
        Fails,
        |broken| {
            async move {
                broken.rig.desk.set_invalid_part(InvalidPart::Forbidden);
                broken.keys("filter = \"urgncy=1\"");
            }
            .boxed_local()
        },
    ),
    case(
        "queries whose conditions are dropped on the way",
        "ITSMD-SN-021",
        Fails,
        |broken| {
            async move {
                let faults = &broken.rig.servicenow.faults;
                faults.chance("table/incident", Fault::FilterIgnored, 1.0);
                broken.keys("sync_days = 1");
            }
            .boxed_local()
        },
    ),
    case("a filter that is dropped on the way", "ITSMD-CK-019", Warns, |broken| {
        async move {
            let faults = &broken.rig.servicenow.faults;
            faults.chance("table/incident", Fault::FilterIgnored, 1.0);
            broken.keys("filter = \"urgency=1\"");
        }
        .boxed_local()
    }),
    case("a user whose zone is not GMT", "ITSMD-CK-015", Warns, |broken| {
        async move {
            let me = Row::stamped(id(9_001), ago(TimeDelta::days(9)))
                .with("user_name", "itsmd")
                .with("time_zone", "US/Pacific");
            broken.rig.desk.put("sys_user", &me);
        }
        .boxed_local()
    }),
    case(
        "an instance that reads times in the user's zone",
        "ITSMD-SN-022",
        Fails,
        |broken| async move { broken.rig.desk.set_zone(Tz::America__New_York, Literals::UserZone) }.boxed_local(),
    ),
    case("a user who is an administrator", "ITSMD-CK-016", Tells, |broken| {
        async move { broken.role("admin") }.boxed_local()
    }),
    case("rows that access rules hide", "ITSMD-CK-006", Fails, |broken| {
        async move { broken.rig.desk.hide_all("incident") }.boxed_local()
    }),
    case(
        "a table without a record in the window",
        "ITSMD-CK-010",
        Tells,
        |broken| {
            async move {
                for row in broken.rig.desk.rows("incident") {
                    broken.rig.desk.delete("incident", row.value("sys_id"));
                }
            }
            .boxed_local()
        },
    ),
    case("clocks ten minutes apart", "ITSMD-CK-009", Warns, |broken| {
        async move {
            let ahead = || chrono::Utc::now() + TimeDelta::minutes(10);
            broken.rig.desk.set_clock(ahead);
        }
        .boxed_local()
    }),
    case("a rate rule below our rate", "ITSMD-CK-014", Warns, |broken| {
        async move { broken.rig.desk.set_hourly_limit(Some(1_000)) }.boxed_local()
    }),
    case("an instance that hibernates", "ITSMD-SN-001", Fails, |broken| {
        async move { broken.rig.servicenow.faults.chance("*", Fault::Hibernation, 1.0) }.boxed_local()
    }),
    case(
        "an address that the instance does not let in",
        "ITSMD-SN-016",
        Fails,
        |broken| {
            async move {
                let faults = &broken.rig.servicenow.faults;
                faults.chance("*", Fault::Status(403, String::new()), 1.0);
            }
            .boxed_local()
        },
    ),
    case("a query that runs too long", "ITSMD-SN-004", Fails, |broken| {
        async move {
            broken.rig.desk.set_spelling(Spelling::BothKeys);
            broken.rig.desk.set_too_slow(Some(5));
        }
        .boxed_local()
    }),
    case("a Dataverse set that is not there", "ITSMD-DV-010", Fails, |broken| {
        async move {
            let _instance = broken.dataverse().await;
            profile(broken, "provance", "table = \"incidents\"", "table = \"incident\"");
        }
        .boxed_local()
    }),
    case("a privilege that is missing", "ITSMD-DV-011", Fails, |broken| {
        async move {
            let order = itsmd::sim::menu::Order::new(DataverseFault::Forbidden, itsmd::sim::menu::Until::Lifted);
            broken.dataverse().await.order(order.of("page/incidents"));
        }
        .boxed_local()
    }),
    case(
        "a Dataverse column that is not there",
        "ITSMD-DV-013",
        Fails,
        |broken| {
            async move {
                let instance = broken.dataverse().await;
                instance.drop_column("incidents", "prioritycode");
                instance.drop_column("incidents", "title");
            }
            .boxed_local()
        },
    ),
];
