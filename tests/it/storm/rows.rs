//! Rows as they go out: which record, which version of it.

use std::io::Read;

use itsmd::net::Parcel;
use serde_json::Value;

use super::clock;
use super::journal::{Batch, Taken};
use super::world::World;

/// The two streams that a configuration may name.
pub const STREAMS: [&str; 2] = ["Custom-ServiceDesk_CL", "Custom-Other_CL"];

/// The stream an upload goes to.
pub fn stream(parcel: &Parcel) -> String {
    parcel.url.path().rsplit('/').next().unwrap_or_default().to_owned()
}

/// Writes down what the workspace took; returns the batch's number.
pub fn take(world: &World, parcel: &Parcel) -> usize {
    let mut body = String::new();
    flate2::read::GzDecoder::new(parcel.body.as_ref())
        .read_to_string(&mut body)
        .unwrap();
    let rows: Vec<Value> = serde_json::from_str(&body).unwrap();
    let destination = STREAMS.iter().position(|name| *name == stream(parcel)).unwrap();
    let inner = &mut *world.lock();
    let batch = inner.journal.batches.len();
    let life = inner.journal.life;
    inner.journal.batches.push(Batch {
        life,
        answered: None,
        settled: false,
    });
    inner.trace.add("rows delivered", rows.len() as u64);
    for row in &rows {
        let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
        let gone = row["IsDeleted_b"] == true;
        let taken = Taken {
            at: clock::source(),
            record: text("RecordId_s"),
            serial: (!gone).then(|| text("Title_s").trim_start_matches('s').parse().unwrap()),
            version: text("RecordVersion_s"),
            modified: text("LastModifiedDate_t").parse().unwrap(),
            run: text("SyncRunId_s"),
            destination,
            batch,
        };
        inner.trace.note(|| {
            let number = text("ServiceDeskId_s");
            format!(
                "   workspace takes {number} {} of {} to {destination}",
                text("Title_s"),
                taken.run
            )
        });
        inner.journal.taken.push(taken);
    }
    batch
}
