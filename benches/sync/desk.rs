//! The other side: service desk, sign-in and workspace in one process, until its stdin closes.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use itsmd::sim::entra::Entra;
use itsmd::sim::ingestion::{self, Keep, Workspace};
use itsmd::sim::servicenow;
use serde::{Deserialize, Serialize};

use crate::world::incidents;

pub const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub const CLIENT: &str = "22222222-2222-2222-2222-222222222222";
pub const SECRET: &str = "azure-secret";
pub const USER: &str = "itsmd";
pub const PASSWORD: &str = "desk-password";
pub const STREAM: &str = "Custom-ServiceDesk_CL";

/// What the service desk holds.
#[derive(Debug, Serialize, Deserialize)]
pub struct World {
    pub records: usize,
    /// Over how many days their modifications are spread.
    pub days: u16,
    /// Rows of 86 fields, whatever is asked for; else the mapped fields.
    pub all_fields: bool,
}

/// Where everything is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Places {
    pub servicenow: String,
    pub ingestion: String,
    pub rule: String,
    pub entra: String,
    /// Takes anything.
    pub drain: String,
}

/// The running process.
pub struct Desk {
    pub places: Places,
    child: Child,
    pipes: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Desk {
    pub fn start(world: &World) -> Self {
        let mut command = crate::role(&["desk", &serde_json::to_string(world).unwrap()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let places = serde_json::from_str(&line(&mut out)).unwrap();
        let pipes = Mutex::new((child.stdin.take().unwrap(), out));
        Self { places, child, pipes }
    }

    /// `urls`: the pages asked for; `count`: how many requests there were; `rows`: how many rows the workspace holds; `forget`: both begin anew.
    pub fn ask(&self, what: &str) -> String {
        let (stdin, out) = &mut *self.pipes.lock().unwrap();
        writeln!(stdin, "{what}").unwrap();
        line(out)
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(from: &mut impl BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    line
}

/// The role.
#[tokio::main]
pub async fn serve(world: &World) {
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let desk = servicenow::Desk::new();
    desk.user(USER, PASSWORD);
    desk.wide(true);
    desk.all_fields(world.all_fields);
    for item in incidents(world.records, world.days) {
        desk.put_item(&item);
    }
    let servicenow = servicenow::start(desk, None).await.unwrap();
    let entra = Entra::new();
    entra.set(|directory| directory.add_application(TENANT, CLIENT, SECRET));
    let workspace = Workspace::new();
    workspace.set(|switches| {
        switches.tokens = Some((entra.tokens(), "https://monitor.azure.com".to_owned()));
        switches.keep = Keep::Counts;
    });
    let ingestion = ingestion::start(workspace.clone(), loopback).await.unwrap();
    let entra = entra.start(loopback).await.unwrap();
    let places = Places {
        servicenow: servicenow.url(),
        ingestion: ingestion.url(),
        rule: ingestion.dcr_immutable_id(),
        entra: entra.url(),
        drain: drain().await,
    };
    println!("{}", serde_json::to_string(&places).unwrap());
    let answers = tokio::task::spawn_blocking(move || answer(&servicenow, &workspace));
    answers.await.unwrap();
}

fn answer(servicenow: &servicenow::Handle, workspace: &Workspace) {
    for asked in std::io::stdin().lines() {
        match asked.unwrap().as_str() {
            "urls" => {
                let pages = servicenow.journal.of("/table/");
                let urls: Vec<String> = pages
                    .iter()
                    .map(|asked| format!("{}{}?{}", servicenow.url(), asked.path, asked.query))
                    .collect();
                println!("{}", serde_json::to_string(&urls).unwrap());
            }
            "count" => println!("{}", servicenow.journal.count()),
            "rows" => println!("{}", workspace.count(STREAM)),
            "forget" => {
                servicenow.journal.clear();
                workspace.clear();
                println!("forgotten");
            }
            other => panic!("unknown question {other:?}"),
        }
    }
}

async fn drain() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .fallback(|_: Bytes| async { StatusCode::NO_CONTENT })
        .layer(DefaultBodyLimit::disable());
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}
