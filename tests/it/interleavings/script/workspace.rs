//! The workspace: what it took, in order, and what it answers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use itsmd::sink::{Batch, Receipt, Sink, SinkError, Table};
use serde_json::Value;

use super::{Clock, Gate, trouble};

/// What becomes of a batch.
#[derive(Debug, Clone)]
pub enum Answer {
    Take,
    /// The rows are taken and nobody hears of it.
    TakeSilently,
    Fail,
    /// Something in it is wrong.
    Refuse,
    /// It is taken so much later.
    TakeAfter(Duration),
    /// It is taken when the gate opens.
    TakeAt(Gate),
}

type Script = Box<dyn FnMut(&[Value]) -> Answer + Send>;

#[derive(Default)]
struct Held {
    rows: Vec<(DateTime<Utc>, Value)>,
    log: Vec<(DateTime<Utc>, Value)>,
    log_answer: Option<Answer>,
    asked: usize,
    script: Option<Script>,
}

/// The workspace.
#[derive(Clone)]
pub struct Workspace {
    clock: Clock,
    held: Arc<Mutex<Held>>,
}

impl Workspace {
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            held: Arc::default(),
        }
    }

    pub fn script(&self, script: impl FnMut(&[Value]) -> Answer + Send + 'static) {
        self.held.lock().unwrap().script = Some(Box::new(script));
    }

    /// What becomes of rows of the connector's own log from now on.
    pub fn answer_log(&self, answer: Answer) {
        self.held.lock().unwrap().log_answer = Some(answer);
    }

    /// The connector's own log, with when each row came.
    pub fn log(&self) -> Vec<(DateTime<Utc>, Value)> {
        self.held.lock().unwrap().log.clone()
    }

    pub fn take_all(&self) {
        self.held.lock().unwrap().script = None;
    }

    pub fn count(&self) -> usize {
        self.held.lock().unwrap().rows.len()
    }

    /// Batches it was asked to take.
    pub fn asked(&self) -> usize {
        self.held.lock().unwrap().asked
    }

    /// The titles of a record's rows, in the order in which they came.
    pub fn titles_of(&self, id: &str) -> Vec<String> {
        let held = self.held.lock().unwrap();
        let rows = held.rows.iter().filter(|(_, row)| row["RecordId_s"] == id);
        rows.filter(|(_, row)| !is_mark(row))
            .map(|(_, row)| row["Title_s"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The records that were marked as gone, in the order in which they came.
    pub fn gone(&self) -> Vec<String> {
        let held = self.held.lock().unwrap();
        let marks = held.rows.iter().filter(|(_, row)| is_mark(row));
        marks
            .map(|(_, row)| row["RecordId_s"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The title of each record's last row.
    pub fn latest(&self) -> BTreeMap<String, String> {
        let text = |row: &Value, column: &str| row[column].as_str().unwrap().to_owned();
        let held = self.held.lock().unwrap();
        let rows = held.rows.iter();
        rows.map(|(_, row)| (text(row, "RecordId_s"), text(row, "Title_s")))
            .collect()
    }

    fn keep(&self, rows: Vec<Value>) {
        let now = self.clock.now();
        let rows = rows.into_iter().map(|row| (now, row));
        self.held.lock().unwrap().rows.extend(rows);
    }

    fn answer(&self, rows: &[Value]) -> Answer {
        let mut held = self.held.lock().unwrap();
        held.asked += 1;
        held.script.as_mut().map_or(Answer::Take, |script| script(rows))
    }
}

impl Sink for Workspace {
    async fn deliver(&self, batch: &Batch) -> Result<Receipt, SinkError> {
        let rows: Vec<Value> = serde_json::from_slice(&batch.body).unwrap();
        let answer = match batch.table {
            Table::WorkItems => self.answer(&rows),
            Table::Log => self.held.lock().unwrap().log_answer.clone().unwrap_or(Answer::Take),
        };
        match answer {
            Answer::Take => {}
            Answer::TakeSilently => {
                self.keep(rows);
                return Err(SinkError::Failed(trouble("the connection broke")));
            }
            Answer::Fail => return Err(SinkError::Failed(trouble("the role is missing"))),
            Answer::Refuse => return Err(SinkError::Refused(trouble("bad row"))),
            Answer::TakeAfter(wait) => tokio::time::sleep(wait).await,
            Answer::TakeAt(gate) => gate.pass().await,
        }
        match batch.table {
            Table::WorkItems => self.keep(rows),
            Table::Log => {
                let (now, mut held) = (self.clock.now(), self.held.lock().unwrap());
                held.log.extend(rows.into_iter().map(|row| (now, row)));
            }
        }
        Ok(Receipt { bytes_sent: 1 })
    }
}

fn is_mark(row: &Value) -> bool {
    row["IsDeleted_b"] == true
}
