//! What happens again and again is said at once and then ever more seldom, with its count; that it is over is said once.

use std::time::{Duration, Instant};

/// Before it is said again; each time twice as long.
const FIRST_DISTANCE: Duration = Duration::from_secs(300);

/// It is said at least that often.
const LONGEST_DISTANCE: Duration = Duration::from_secs(6 * 3600);

/// What comes back within this time goes on with its story.
const COMES_BACK_WITHIN: Duration = Duration::from_secs(3600);

/// It is told so often as if it was new: what comes and goes each minute would fill the log as well.
const NEW_STORIES: u32 = 3;

/// How often something happened, and when that was said.
#[derive(Debug, Default)]
pub struct Repeats(Option<Story>);

#[derive(Debug)]
struct Story {
    began: Instant,
    said: Instant,
    distance: Duration,
    times: u64,
    beginnings: u32,
    ended: Option<Instant>,
    open: bool,
}

/// Whether to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Say {
    /// It is new.
    First,
    /// Once more: it happened so often in that time.
    Again {
        /// How often, this time included.
        times: u64,
        /// Since the first time.
        within: Duration,
    },
    /// It was said lately.
    Nothing,
}

impl Repeats {
    /// It happened.
    pub fn again(&mut self, now: Instant) -> Say {
        let known = self.0.as_mut().filter(|story| {
            let ended = story.ended.unwrap_or(now);
            now.duration_since(ended) < COMES_BACK_WITHIN
        });
        let Some(story) = known else {
            self.0 = Some(Story::new(now));
            return Say::First;
        };
        story.times += 1;
        if story.ended.take().is_some() {
            story.beginnings += 1;
            if story.beginnings <= NEW_STORIES {
                (story.began, story.said, story.times, story.open) = (now, now, 1, true);
                return Say::First;
            }
        }
        if now.duration_since(story.said) < story.distance {
            return Say::Nothing;
        }
        (story.said, story.open) = (now, true);
        story.distance = (story.distance * 2).min(LONGEST_DISTANCE);
        Say::Again {
            times: story.times,
            within: now.duration_since(story.began),
        }
    }

    /// It is over: how often it happened and in what time, if its last beginning was said.
    pub fn over(&mut self, now: Instant) -> Option<(u64, Duration)> {
        let story = self.0.as_mut().filter(|story| story.ended.is_none())?;
        story.ended = Some(now);
        let told = std::mem::take(&mut story.open);
        told.then(|| (story.times, now.duration_since(story.began)))
    }

    /// Whether it is over for so long that nobody asks any more.
    pub fn is_forgotten(&self, now: Instant) -> bool {
        let ended = self.0.as_ref().map(|story| story.ended);
        ended.is_none_or(|ended| ended.is_some_and(|ended| now.duration_since(ended) >= COMES_BACK_WITHIN))
    }
}

impl Story {
    fn new(now: Instant) -> Self {
        Self {
            began: now,
            said: now,
            distance: FIRST_DISTANCE,
            times: 1,
            beginnings: 1,
            ended: None,
            open: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_day_of_failures_each_minute_is_a_dozen_lines_and_one_for_the_end() {
        let (mut repeats, begun) = (Repeats::default(), Instant::now());
        let mut said = Vec::new();
        for minute in 0..1440 {
            match repeats.again(begun + MINUTE * minute) {
                Say::First => said.push((minute, 1)),
                Say::Again { times, .. } => said.push((minute, times)),
                Say::Nothing => {}
            }
        }
        assert_eq!(said[..5], [(0, 1), (5, 6), (15, 16), (35, 36), (75, 76)]);
        assert!(said.len() <= 12, "{said:?}");
        let over = repeats.over(begun + MINUTE * 1440);
        assert_eq!(over, Some((1440, MINUTE * 1440)));
        assert_eq!(repeats.over(begun + MINUTE * 1441), None);
    }

    #[test]
    fn what_comes_and_goes_is_new_three_times_and_then_seldom() {
        let (mut repeats, begun) = (Repeats::default(), Instant::now());
        let mut lines = 0;
        for minute in (0..600).step_by(2) {
            let said = repeats.again(begun + MINUTE * minute);
            assert_eq!(minute < 6, said == Say::First, "{minute}");
            lines += u32::from(said != Say::Nothing);
            lines += u32::from(repeats.over(begun + MINUTE * (minute + 1)).is_some());
        }
        assert!(lines <= 24, "{lines} lines in ten hours");
        assert!(!repeats.is_forgotten(begun + MINUTE * 600));
        assert!(repeats.is_forgotten(begun + MINUTE * 700));
        assert_eq!(repeats.again(begun + MINUTE * 700), Say::First);
    }
}
