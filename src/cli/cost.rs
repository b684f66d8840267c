//! What reading and delivering records costs: the arithmetic of `plan` and `resync`.

use crate::config::Connection;

/// A row as Azure bills it, in bytes, where none was looked at; descriptions make some desks' rows several times as
/// large.
pub(super) const USUAL_ROW: u64 = 1_250;

/// How a connection is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub page_size: u32,
    pub requests_per_minute: u32,
}

impl Pace {
    pub fn of(connection: &Connection) -> Self {
        Self {
            page_size: connection.page_size,
            requests_per_minute: connection.requests_per_minute,
        }
    }
}

/// Of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cost {
    pub records: u64,
    pub slices: u64,
    pub requests: u64,
    /// At the configured rate.
    pub seconds: u64,
    /// To the workspace, before compression.
    pub bytes: u64,
}

impl Cost {
    /// Of so many records in so many slices, in rows of so many bytes.
    pub fn of(pace: Pace, records: u64, slices: u64, row: u64) -> Self {
        // Each slice ends with a page that is not full.
        let requests = records / u64::from(pace.page_size).max(1) + slices;
        Self {
            records,
            slices,
            requests,
            seconds: requests * 60 / u64::from(pace.requests_per_minute).max(1),
            bytes: records * row,
        }
    }
}

impl std::iter::Sum for Cost {
    fn sum<I: Iterator<Item = Self>>(costs: I) -> Self {
        costs.fold(Self::default(), |sum, cost| Self {
            records: sum.records + cost.records,
            slices: sum.slices + cost.slices,
            requests: sum.requests + cost.requests,
            seconds: sum.seconds + cost.seconds,
            bytes: sum.bytes + cost.bytes,
        })
    }
}

/// Decimal units, as Azure bills.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes.div_ceil(1_000_000)),
        1_000_000_000.. => {
            let tenths = bytes.div_ceil(100_000_000);
            format!("{}.{} GB", tenths / 10, tenths % 10)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(
            [0, 1, 1_250_000, 3_020_000_000].map(size),
            ["0 kB", "1 kB", "2 MB", "3.1 GB"]
        );
    }
}
