//! Faults to order, for one route or all, a number of times, for a time, or by chance: the same seed and the same
//! requests in the same order give the same faults.
//!
//! Each order has dice of its own, so that a request of one route does not shift the luck of another.

use std::time::Duration;

use tokio::time::Instant;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// How long an order lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// So many faults.
    Requests(u64),
    /// So much of the runtime's time from now.
    Elapsed(Duration),
    /// Until the menu is cleared.
    Lifted,
}

/// One order.
#[derive(Debug, Clone)]
pub struct Order<F> {
    /// `*`, or a route; `table` covers `table/incident` too.
    pub route: String,
    /// What goes wrong.
    pub fault: F,
    /// Requests of the route that it lets through first.
    pub pass: u64,
    /// How long it lasts.
    pub until: Until,
    /// How probable it is at each request, 0 to 1.
    pub probability: f64,
}

#[derive(Debug)]
struct Standing<F> {
    order: Order<F>,
    left: Option<u64>,
    end: Option<Instant>,
    dice: fastrand::Rng,
}

/// The orders of a server: those without chance first, each kind in the order in which they came.
#[derive(Debug)]
pub struct Menu<F> {
    standing: Vec<Standing<F>>,
    seed: u64,
    ordered: u64,
    served: usize,
}

impl<F> Default for Menu<F> {
    fn default() -> Self {
        Self::new(0x5eed)
    }
}

impl<F> Order<F> {
    /// Always and everywhere, `times` times.
    pub fn new(fault: F, until: Until) -> Self {
        Self {
            route: "*".to_owned(),
            fault,
            pass: 0,
            until,
            probability: 1.0,
        }
    }

    /// For that route only.
    #[must_use]
    pub fn of(mut self, route: &str) -> Self {
        route.clone_into(&mut self.route);
        self
    }

    /// Behind so many requests.
    #[must_use]
    pub fn after(mut self, pass: u64) -> Self {
        self.pass = pass;
        self
    }

    /// By chance.
    #[must_use]
    pub fn chance(mut self, probability: f64) -> Self {
        self.probability = probability;
        self
    }

    fn covers(&self, route: &str) -> bool {
        self.route == "*"
            || route
                .strip_prefix(self.route.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl<F> Menu<F> {
    /// A menu without orders.
    pub fn new(seed: u64) -> Self {
        Self {
            standing: Vec::new(),
            seed,
            ordered: 0,
            served: 0,
        }
    }

    /// The seed of what is ordered from now on; orders count from 0 again.
    pub fn reseed(&mut self, seed: u64) {
        self.seed = seed;
        self.ordered = 0;
    }

    /// Puts an order behind those there are.
    pub fn order(&mut self, order: Order<F>) {
        let (left, end) = match order.until {
            Until::Requests(count) => (Some(count), None),
            Until::Elapsed(time) => (None, Some(Instant::now() + time)),
            Until::Lifted => (None, None),
        };
        let dice = fastrand::Rng::with_seed(xxh3_64_with_seed(&self.ordered.to_le_bytes(), self.seed));
        self.ordered += 1;
        self.standing.push(Standing { order, left, end, dice });
    }

    /// Withdraws all of them.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// Faults that are certain to come and have not yet.
    pub fn pending(&self) -> u64 {
        let certain = self.standing.iter().filter(|one| one.is_certain());
        certain.filter_map(|one| one.left).sum()
    }

    /// Faults served so far.
    pub fn served(&self) -> usize {
        self.served
    }
}

impl<F> Standing<F> {
    fn is_certain(&self) -> bool {
        self.order.probability >= 1.0
    }

    fn befalls(&mut self, route: &str) -> bool {
        if !self.order.covers(route) {
            return false;
        }
        if self.order.pass > 0 {
            self.order.pass -= 1;
            return false;
        }
        if !self.is_certain() && self.dice.f64() >= self.order.probability {
            return false;
        }
        if let Some(left) = &mut self.left {
            *left -= 1;
        }
        true
    }
}

impl<F: Clone> Menu<F> {
    /// What befalls a request of `route`; counts it.
    pub fn next(&mut self, route: &str) -> Option<F> {
        let now = Instant::now();
        self.standing
            .retain(|one| one.left != Some(0) && one.end.is_none_or(|end| now < end));
        for certain in [true, false] {
            for one in self.standing.iter_mut().filter(|one| one.is_certain() == certain) {
                if one.befalls(route) {
                    self.served += 1;
                    return Some(one.order.fault.clone());
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_faults_come_in_order_and_run_out() {
        let mut menu = Menu::default();
        menu.order(Order::new('a', Until::Requests(2)).of("table"));
        menu.order(Order::new('b', Until::Requests(1)).after(1));
        assert_eq!(menu.next("table/incident"), Some('a'));
        assert_eq!(menu.next("token"), None);
        assert_eq!(menu.next("token"), Some('b'));
        assert_eq!(menu.next("tablespoon"), None);
        assert_eq!((menu.pending(), menu.next("table")), (1, Some('a')));
        assert_eq!((menu.next("table"), menu.served()), (None, 3));
    }

    #[test]
    fn chance_repeats_with_its_seed_and_stops_at_its_count() {
        let roll = |seed, times| {
            let mut menu = Menu::new(seed);
            menu.order(Order::new((), times).chance(0.3));
            (0..1000).map(|_| menu.next("table").is_some()).collect::<Vec<_>>()
        };
        let hits = |rolls: &[bool]| rolls.iter().filter(|hit| **hit).count();
        assert_eq!(roll(7, Until::Lifted), roll(7, Until::Lifted));
        assert_ne!(roll(7, Until::Lifted), roll(8, Until::Lifted));
        assert!((200..400).contains(&hits(&roll(7, Until::Lifted))));
        assert_eq!(hits(&roll(7, Until::Requests(5))), 5);
    }

    #[test]
    fn the_luck_of_a_route_does_not_depend_on_the_requests_of_another() {
        let tables = |others: usize| {
            let mut menu = Menu::new(3);
            menu.order(Order::new('t', Until::Lifted).of("table").chance(0.5));
            menu.order(Order::new('o', Until::Lifted).of("token").chance(0.5));
            let ask = |_| {
                for _ in 0..others {
                    menu.next("token");
                }
                menu.next("table")
            };
            (0..100).map(ask).collect::<Vec<_>>()
        };
        assert_eq!(tables(0), tables(3));
    }

    #[tokio::test(start_paused = true)]
    async fn an_order_for_a_time_heals_when_it_is_over() {
        let mut menu = Menu::default();
        menu.order(Order::new((), Until::Elapsed(Duration::from_mins(5))));
        tokio::time::sleep(Duration::from_secs(299)).await;
        assert!(menu.next("upload").is_some());
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(menu.next("upload").is_none());
    }
}
