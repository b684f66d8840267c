//! How values are spread: how many are at most so large, for a histogram.

/// Counts of values by bounds, and their sum; only ever grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    bounds: &'static [f64],
    counts: Vec<u64>,
    count: u64,
    sum: f64,
}

impl Spread {
    /// Nothing counted yet; `bounds` ascend.
    pub fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len()],
            count: 0,
            sum: 0.0,
        }
    }

    /// Counts one.
    pub fn add(&mut self, value: f64) {
        let fitting = self.bounds.iter().position(|bound| value <= *bound);
        if let Some(count) = fitting.and_then(|place| self.counts.get_mut(place)) {
            *count += 1;
        }
        self.count += 1;
        self.sum += value;
    }

    /// Adds what another one of the same bounds counted.
    pub fn add_all(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.sum += other.sum;
    }

    /// Each bound with how many values are not above it.
    pub fn cumulated(&self) -> impl Iterator<Item = (f64, u64)> {
        self.bounds.iter().zip(&self.counts).scan(0, |below, (bound, count)| {
            *below += count;
            Some((*bound, *below))
        })
    }

    /// How many in all.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> f64 {
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_counts_at_its_bound_and_above_the_last_only_in_all() {
        let mut spread = Spread::new(&[1.0, 10.0]);
        for value in [0.5, 1.0, 7.0, 11.0] {
            spread.add(value);
        }
        let twice = {
            let mut twice = spread.clone();
            twice.add_all(&spread);
            twice
        };
        assert_eq!(spread.cumulated().collect::<Vec<_>>(), [(1.0, 2), (10.0, 3)]);
        assert_eq!((spread.count(), spread.sum()), (4, 19.5));
        assert_eq!(twice.cumulated().collect::<Vec<_>>(), [(1.0, 4), (10.0, 6)]);
        assert_eq!((twice.count(), twice.sum()), (8, 39.0));
    }
}
