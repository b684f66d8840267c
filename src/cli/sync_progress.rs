//! A progress bar a stream, on a terminal: records, rate, time left, by the service desk's own count.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;

use crate::app::Parts;
use crate::sync::Progress;

const TEMPLATE: &str = "{prefix:32} {bar:24} {pos:>8}/{len} records  {per_sec:>10}  {eta:>5} left";

/// The bars, drawn by a task of their own.
#[derive(Debug)]
pub(super) struct Bars {
    bars: Vec<(ProgressBar, Arc<Progress>)>,
    drawing: Option<JoinHandle<()>>,
}

impl Bars {
    /// Draws until [`Self::finish`]; nothing if stderr is no terminal.
    pub fn start(parts: &Parts, only: &BTreeSet<String>, wanted: bool) -> Self {
        if !wanted || !std::io::stderr().is_terminal() {
            return Self {
                bars: Vec::new(),
                drawing: None,
            };
        }
        let all = MultiProgress::new();
        let style = ProgressStyle::with_template(TEMPLATE).unwrap_or_else(|_| ProgressStyle::default_bar());
        let chosen = |name: &str| only.is_empty() || only.contains(name);
        let bars: Vec<_> = parts
            .streams()
            .filter(|(connected, _)| chosen(connected.settings.name.as_str()))
            .map(|(_, stream)| {
                let bar = all.add(
                    ProgressBar::new(0)
                        .with_style(style.clone())
                        .with_prefix(stream.id.to_string()),
                );
                (bar, Arc::clone(&stream.progress))
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

fn draw(bar: &ProgressBar, progress: &Progress) {
    let read = progress.tally().read;
    bar.set_length(progress.total().max(read));
    bar.set_position(read);
}
