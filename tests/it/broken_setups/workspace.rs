//! The workspace, the file, its secrets, the state.

use std::os::unix::fs::PermissionsExt as _;

use futures_util::FutureExt as _;
use itsmd::sim::ingestion::{self, Fault};
use itsmd::sim::menu::Until;

use super::stage::Outcome::{Fails, Mistaken, Warns};
use super::{Case, case};
use crate::rig::loopback;

pub const CASES: &[Case] = &[
    case("another rule's immutable id", "ITSMD-WS-005", Fails, |broken| {
        async move {
            let id = broken.rig.ingestion.dcr_immutable_id();
            broken.in_head(&id, "dcr-99999999999999999999999999999999");
        }
        .boxed_local()
    }),
    case(
        "a stream that the rule does not declare",
        "ITSMD-WS-003",
        Fails,
        |broken| async move { broken.in_head("Custom-ServiceDesk_CL", "Custom-ServiceDesks_CL") }.boxed_local(),
    ),
    case(
        "a table that is still classic, so that the rule has no stream for it",
        "ITSMD-WS-003",
        Fails,
        |broken| async move { broken.rig.workspace.set(|switches| switches.streams.clear()) }.boxed_local(),
    ),
    case("a role that is missing", "ITSMD-WS-004", Fails, |broken| {
        async move { broken.rig.workspace.fault(Fault::Forbidden, Until::Lifted) }.boxed_local()
    }),
    case("an endpoint of another region", "ITSMD-WS-005", Fails, |broken| {
        async move {
            let elsewhere = ingestion::Workspace::new();
            elsewhere.set(|switches| switches.dcr_immutable_id = "dcr-88888888888888888888888888888888".to_owned());
            elsewhere.set(|switches| {
                switches.tokens = Some((broken.rig.entra.tokens(), "https://monitor.azure.com".to_owned()));
            });
            let server = ingestion::start(elsewhere, loopback()).await.unwrap();
            let here = broken.rig.ingestion.url();
            broken.in_head(&here, &server.url());
            broken.kept.push(Box::new(server));
        }
        .boxed_local()
    }),
    case("an endpoint whose name is misspelt", "ITSMD-NET-001", Fails, |broken| {
        async move {
            let here = broken.rig.ingestion.url();
            broken.in_head(&here, "https://itsm-abcd.westeurope-1.ingest.monitor.azure.invalid");
        }
        .boxed_local()
    }),
    case(
        "an endpoint that is no ingestion API",
        "ITSMD-WS-006",
        Fails,
        |broken| {
            async move {
                let here = broken.rig.ingestion.url();
                let desk = broken.rig.servicenow.url();
                broken.rig.servicenow.faults.push(
                    "nowhere",
                    itsmd::sim::fault::Fault::Status(
                        405,
                        "{\"error\":{\"message\":\"Method not supported\"}}".to_owned(),
                    ),
                    100,
                );
                broken.in_head(&here, &desk);
            }
            .boxed_local()
        },
    ),
    case(
        "a secret file that is not there",
        "ITSMD-AUTH-001",
        Mistaken,
        |broken| async move { std::fs::remove_file(broken.path("azure")).unwrap() }.boxed_local(),
    ),
    case("a secret file that is empty", "ITSMD-AUTH-001", Mistaken, |broken| {
        async move { broken.secret("azure", "\n") }.boxed_local()
    }),
    case(
        "a secret file that everybody may read",
        "ITSMD-CK-018",
        Warns,
        |broken| {
            async move {
                std::fs::set_permissions(broken.path("azure"), std::fs::Permissions::from_mode(0o644)).unwrap();
            }
            .boxed_local()
        },
    ),
    case("a key that is misspelt", "ITSMD-CK-001", Mistaken, |broken| {
        async move { broken.keys("sync_day = 30") }.boxed_local()
    }),
    case("a state file that is none", "ITSMD-CK-013", Fails, |broken| {
        async move { std::fs::write(broken.path("itsmd.db"), "not a database, but long enough to look at").unwrap() }
            .boxed_local()
    }),
    case(
        "a state file whose folder is not there",
        "ITSMD-CK-013",
        Fails,
        |broken| async move { broken.in_head("path = \"itsmd.db\"", "path = \"azure/itsmd.db\"") }.boxed_local(),
    ),
    case(
        "a workspace file that cannot be written",
        "ITSMD-CK-012",
        Fails,
        |broken| {
            async move {
                let (before, _) = broken.head.split_once("[workspace]").unwrap();
                broken.head = format!("{before}[workspace]\nkind = \"file\"\npath = \"nowhere/rows.ndjson\"\n");
            }
            .boxed_local()
        },
    ),
    case("two connections to one service desk", "ITSMD-CK-003", Warns, |broken| {
        async move {
            let second = broken.connection.replace("\"contoso\"", "\"contoso-2\"");
            broken.connection.push_str(&second);
        }
        .boxed_local()
    }),
    case("a connection under a new name", "ITSMD-CK-004", Warns, |broken| {
        async move {
            broken.rig.configure("");
            assert_eq!(broken.rig.sync(&[]).await.0, 0);
            broken.connection = broken.connection.replace("\"contoso\"", "\"contoso-new\"");
        }
        .boxed_local()
    }),
    case("a filter that nobody watches", "ITSMD-CK-005", Warns, |broken| {
        async move { broken.keys("filter = \"urgency=1\"\nreconcile = \"off\"") }.boxed_local()
    }),
    case("no connection that is enabled", "ITSMD-CK-011", Warns, |broken| {
        async move { broken.keys("enabled = false") }.boxed_local()
    }),
    case("a secret that ends in a week", "ITSMD-AUTH-024", Warns, |broken| {
        async move {
            let day = (chrono::Utc::now() + chrono::TimeDelta::days(6)).format("%Y-%m-%d");
            broken.head.push_str(&format!("expires = {day}\n"));
        }
        .boxed_local()
    }),
    case("a state folder that nobody made", "ITSMD-CK-013", Warns, |broken| {
        async move { broken.in_head("path = \"itsmd.db\"", "path = \"nowhere/itsmd.db\"") }.boxed_local()
    }),
];
