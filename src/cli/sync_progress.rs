//! A progress bar a stream, on a terminal: records, rate, time left, by the service desk's own count.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};
use tokio::task::JoinHandle;

use crate::app::Parts;
use crate::status::words::count;
use crate::sync::Progress;

/// How often a line is written where no bar can be drawn.
const LINE_EVERY: Duration = Duration::from_secs(15);

const TEMPLATE: &str = "{prefix:32} {bar:24} {pos:>8}/{len} records  {rate:>10}  {eta:>5} left";

/// The bars, drawn by a task of their own.
#[derive(Debug)]
pub(super) struct Bars {
    bars: Vec<(ProgressBar, Arc<Progress>)>,
    drawing: Option<JoinHandle<()>>,
}

impl Bars {
    /// Draws until [`Self::finish`]; tells in plain lines now and then if stderr is no terminal.
    pub fn start(parts: &Parts, only: &BTreeSet<String>, wanted: bool) -> Self {
        let chosen = |name: &str| only.is_empty() || only.contains(name);
        let streams = parts
            .streams()
            .filter(|(connected, _)| chosen(connected.settings.name.as_str()));
        let streams: Vec<_> = streams
            .map(|(_, s)| (s.id.to_string(), Arc::clone(&s.progress)))
            .collect();
        if !wanted || !std::io::stderr().is_terminal() {
            let drawing = wanted.then(|| tokio::spawn(tell(streams)));
            return Self {
                bars: Vec::new(),
                drawing,
            };
        }
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let style = style.with_key("rate", |state: &ProgressState, text: &mut dyn std::fmt::Write| {
            let _ = text.write_str(&rate(state.per_sec()));
        });
        let bars: Vec<_> = streams
            .into_iter()
            .map(|(name, progress)| {
                let bar = all.add(ProgressBar::new(0).with_style(style.clone()).with_prefix(name));
                (bar, progress)
            })
            .collect();
        let drawn = bars.clone();
        let drawing = tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(100));
            loop {
                tick.tick().await;
                drawn.iter().for_each(|(bar, progress)| draw(bar, progress));
            }
        });
        Self {
            bars,
            drawing: Some(drawing),
        }
    }

    /// Clears the bars: the summary follows.
    pub fn finish(self) {
        if let Some(drawing) = self.drawing {
            drawing.abort();
        }
        for (bar, _) in &self.bars {
            bar.finish_and_clear();
        }
    }
}

/// A line a stream, for logs and pipes.
async fn tell(streams: Vec<(String, Arc<Progress>)>) {
    let begun = Instant::now();
    let mut tick = tokio::time::interval(LINE_EVERY);
    tick.tick().await;
    loop {
        tick.tick().await;
        for (name, progress) in &streams {
            let (read, total) = (progress.tally().read, progress.total());
            let rate = read as f64 / begun.elapsed().as_secs_f64();
            let left = match total.saturating_sub(read) {
                rest if rest > 0 && rate >= 1.0 => format!(", about {:.0} s left", rest as f64 / rate),
                _ => String::new(),
            };
            super::note(&format!(
                "{name}: {read} of {} records, {rate:.0} a second{left}",
                total.max(read)
            ));
        }
    }
}

fn draw(bar: &ProgressBar, progress: &Progress) {
    let read = progress.tally().read;
    bar.set_length(progress.total().max(read));
    bar.set_position(read);
}

/// `3,528/s`; below ten a tenth counts.
fn rate(per_second: f64) -> String {
    if per_second < 9.95 {
        return format!("{per_second:.1}/s");
    }
    format!("{}/s", count(per_second.round() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_at_a_glance() {
        for (per_second, told) in [
            (3_527.578_980_064_4, "3,528/s"),
            (9.97, "10/s"),
            (0.25, "0.2/s"),
            (0.0, "0.0/s"),
        ] {
            assert_eq!(rate(per_second), told);
        }
    }
}
