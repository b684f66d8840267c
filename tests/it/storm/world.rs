//! The service desk and the truth about it: what is visible of each record, and since when.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use itsmd::sim::{self, dataverse, fault, ingestion, servicenow};

use super::clock;
use super::journal::Journal;
use super::plan::{Plan, Product};
use super::trace::Trace;

pub const USER: &str = "itsmd";
pub const PASSWORD: &str = "desk-password";

/// One record as it is.
#[derive(Debug, Clone)]
pub struct Truth {
    pub id: String,
    pub number: u32,
    /// Counts its versions; it stands in the title.
    pub serial: u32,
    pub stamp: DateTime<Utc>,
    pub revision: i64,
    pub active: bool,
    /// It holds a date that is none.
    pub bad: bool,
    /// The workspace refuses it.
    pub guilty: bool,
    pub hidden: bool,
    pub exists: bool,
    /// A change of it is not committed yet.
    pub locked: bool,
    /// It changed in a way that no cursor sees.
    pub blind: bool,
    /// It changed without a new stamp, ever: two versions cannot be told apart then.
    pub silent: bool,
}

impl Truth {
    pub fn title(&self) -> String {
        format!("s{}", self.serial)
    }

    /// Whether a reader sees it.
    pub fn visible(&self) -> bool {
        self.exists && !self.hidden
    }
}

/// The real things behind the wire; clones share them.
#[derive(Clone)]
pub struct World {
    pub plan: Plan,
    pub servicenow: servicenow::Desk,
    pub servicenow_faults: fault::Faults,
    pub dataverse: dataverse::Instance,
    pub workspace: ingestion::Workspace,
    /// Of the service desk, and of the workspace.
    pub routers: [Router; 2],
    inner: Arc<Mutex<Inner>>,
}

pub struct Inner {
    pub dice: Rng,
    pub records: BTreeMap<String, Truth>,
    /// Committed later than they are stamped.
    pub late: Vec<(DateTime<Utc>, Truth)>,
    pub trace: Trace,
    pub journal: Journal,
    /// In a hundred: how likely a request goes wrong now.
    pub rough: u32,
    /// Nothing answers until then.
    pub dark: DateTime<Utc>,
    pub next_number: u32,
    pub tokens_issued: u32,
    /// Nobody works at the desk any more; what is late still comes.
    pub still: bool,
    /// The first upload of all.
    pub first_body: Option<bytes::Bytes>,
    /// A record that a sweep does not meet.
    pub missed: Option<String>,
    /// An upload that the next one overtakes.
    pub kept_back: Option<itsmd::net::Parcel>,
}

impl World {
    pub fn new(plan: Plan, dice: Rng, wanted: bool) -> Self {
        let desk = servicenow::Desk::new();
        desk.set_clock(Box::new(clock::source));
        desk.user(USER, PASSWORD);
        desk.client(USER, PASSWORD, Some(USER));
        let instance = dataverse::Instance::new();
        instance.set_clock(clock::source);
        let workspace = ingestion::Workspace::new();
        workspace.set(|switches| {
            switches.keep = ingestion::Keep::Counts;
            switches.set_clock(clock::source);
            switches.refuse_rows(|row| row.get("Description_s").is_some_and(|text| text == "guilty"));
            let table = switches.streams["Custom-ServiceDesk_CL"].clone();
            switches.streams.insert("Custom-Other_CL".to_owned(), table);
        });
        let mut inner = Inner {
            dice,
            records: BTreeMap::new(),
            late: Vec::new(),
            trace: Trace {
                wanted,
                ..Trace::default()
            },
            journal: Journal::default(),
            rough: 0,
            dark: DateTime::UNIX_EPOCH,
            next_number: 1,
            tokens_issued: 0,
            still: false,
            first_body: None,
            missed: None,
            kept_back: None,
        };
        desk.set_seed(inner.dice.u64(..));
        let servicenow_faults = fault::Faults::new(0);
        let router = match plan.product {
            Product::ServiceNow => servicenow::router(&desk, &sim::journal::Journal::new(), &servicenow_faults),
            Product::Dataverse => instance.router(),
        };
        let world = Self {
            plan,
            routers: [router, workspace.router()],
            servicenow: desk,
            servicenow_faults,
            dataverse: instance,
            workspace,
            inner: Arc::new(Mutex::new(inner)),
        };
        // A hidden record bears a mark of its own: what a rule sees of a row is the row.
        let desk = &world.servicenow;
        desk.hide("incident", |row| row.value("correlation_id") == "hidden");
        world.settle();
        world
    }

    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub fn note(&self, line: impl FnOnce() -> String) {
        self.lock().trace.note(line);
    }

    pub fn count(&self, what: &'static str) {
        self.lock().trace.count(what);
    }

    /// The first records, spread over the window and a little beyond, some of them in one second.
    fn settle(&self) {
        let now = clock::stamp();
        let tie = now - TimeDelta::seconds(self.lock().dice.i64(600..86_400));
        for place in 0..self.plan.records + self.plan.tied {
            let stamp = match place < self.plan.tied {
                true => tie,
                false => now - TimeDelta::seconds(self.lock().dice.i64(0..3 * 86_400 + 7200)),
            };
            let record = self.lock().born(stamp);
            self.publish(record);
        }
    }

    /// Lets everybody see a version.
    pub fn publish(&self, record: Truth) {
        match (self.plan.product, record.exists) {
            (Product::ServiceNow, true) => self.servicenow.put("incident", &row(&record)),
            (Product::ServiceNow, false) => {
                let gone = self.servicenow.archive("incident", &record.id);
                assert!(gone.is_some(), "{record:?} was there");
            }
            (Product::Dataverse, true) => {
                let id = self.dataverse.put("incidents", case(&record));
                self.dataverse.hide("incidents", id, record.hidden);
            }
            (Product::Dataverse, false) => self.dataverse.delete("incidents", record.id.parse().unwrap()),
        }
        self.lock().records.insert(record.id.clone(), record);
    }
}

impl Inner {
    /// A new record, not visible yet.
    pub fn born(&mut self, stamp: DateTime<Utc>) -> Truth {
        let number = self.next_number;
        self.next_number += 1;
        let high = self.dice.u32(..);
        Truth {
            id: format!("{high:08x}-0000-4000-8000-{number:012x}"),
            number,
            serial: 1,
            stamp,
            revision: 0,
            active: self.dice.u32(0..5) > 0,
            bad: false,
            guilty: false,
            hidden: false,
            exists: true,
            locked: false,
            blind: false,
            silent: false,
        }
    }
}

/// Within the last days, and now and then set right.
fn created(record: &Truth) -> DateTime<Utc> {
    record.stamp - chrono::TimeDelta::hours(i64::from(record.number % 90))
}

fn row(record: &Truth) -> servicenow::Row {
    servicenow::Row::stamped(record.id.clone(), record.stamp)
        .with("sys_mod_count", record.revision.to_string())
        .with("number", format!("INC{:07}", record.number))
        .with("short_description", record.title())
        .with("description", if record.guilty { "guilty" } else { "" })
        .with("active", if record.active { "true" } else { "false" })
        .labelled("state", "2", "In Progress")
        .time(
            "opened_at",
            (!record.number.is_multiple_of(11)).then(|| created(record)),
        )
        .with("correlation_id", if record.hidden { "hidden" } else { "" })
        .with("resolved_at", if record.bad { "tomorrow" } else { "" })
}

fn case(record: &Truth) -> dataverse::Row {
    use dataverse::Cell;
    let cells = [
        ("incidentid", Cell::Guid(record.id.parse().unwrap())),
        ("ticketnumber", Cell::text(format!("INC{:07}", record.number))),
        ("title", Cell::text(record.title())),
        ("description", Cell::text(if record.guilty { "guilty" } else { "" })),
        (
            "statecode",
            if record.active {
                Cell::choice(0, "Active")
            } else {
                Cell::choice(1, "Resolved")
            },
        ),
        ("modifiedon", Cell::Time(record.stamp)),
        ("createdon", Cell::Time(created(record))),
    ];
    cells.map(|(name, cell)| (name.to_owned(), cell)).into()
}
