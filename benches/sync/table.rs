//! The table that is printed.

use std::fmt;

use crate::desk::World;
use crate::measure::Cost;
use crate::pipe::Done;

/// Its head.
pub const HEAD: &str = "\
rows                        records  pages  kB/rec in  out  seconds  rec/s  | CPU µs/rec: itsmd   pipe  ratio | peak MB: itsmd   pipe\n\
----------------------------------------------------------------------------+---------------------------------+---------------------";

/// One case.
pub struct Line {
    case: String,
    records: f64,
    client: Cost,
    pipe: Cost,
    done: Done,
}

impl Line {
    pub fn new(world: &World, client: Cost, pipe: Cost) -> Self {
        let fields = if world.all_fields { "86 fields" } else { "mapped fields" };
        Self {
            case: format!("{fields}, {} days", world.days),
            records: world.records as f64,
            done: serde_json::from_slice(&pipe.output).unwrap(),
            client,
            pipe,
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = |cost: &Cost| cost.cpu_seconds * 1e6 / self.records;
        let kilobytes = |bytes: usize| bytes as f64 / 1000.0 / self.records;
        write!(
            f,
            "{:<26} {:>8} {:>6} {:>10.2} {:>4.2} {:>8.2} {:>6.0}  | {:>17.1} {:>6.1} {:>6.2} | {:>14.1} {:>6.1}",
            self.case,
            self.records,
            self.done.pages,
            kilobytes(self.done.fetched),
            kilobytes(self.done.posted),
            self.client.seconds,
            self.records / self.client.seconds,
            micros(&self.client),
            micros(&self.pipe),
            micros(&self.client) / micros(&self.pipe),
            self.client.peak_kib as f64 * 1.024 / 1000.0,
            self.pipe.peak_kib as f64 * 1.024 / 1000.0,
        )
    }
}
