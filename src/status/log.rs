//! The log: stderr, one line a fact, in the shape its reader wants.
//!
//! | reader | text | JSON |
//! |---|---|---|
//! | a terminal | time, colours | time |
//! | a terminal with `NO_COLOR` | time | time |
//! | the journal (`JOURNAL_STREAM` names our stderr) | priority `<3>` … `<7>`, no time: the journal has its own | the same before the object |
//! | a file, a pipe | time | time |

use std::fmt;
use std::io::IsTerminal;

use chrono::{DateTime, Utc};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::{FmtSpan, Format as Layout, JsonFields, Writer};
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One object a line.
    Json,
}

/// The log was set up before.
#[derive(Debug, thiserror::Error)]
#[error("the log is already set up")]
pub struct AlreadySet;

/// Who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    Terminal,
    Journal,
    Stream,
}

/// Sends the log to stderr for the rest of the process. `RUST_LOG` says what of it, else `default_filter` (`info`); what is wrong in it is
/// left out, for a daemon must not fail for its log.
pub fn init(format: Format, default_filter: &str) -> Result<(), AlreadySet> {
    let asked = std::env::var("RUST_LOG").ok().filter(|text| !text.trim().is_empty());
    let filter = filter(asked.as_deref().unwrap_or(default_filter));
    let subscriber = subscriber(format, reader(), filter, std::io::stderr);
    tracing::subscriber::set_global_default(subscriber).map_err(|_| AlreadySet)
}

/// tokio-cron-scheduler says "Job creator created" at info for every alarm: only its warnings are let through, unless it is asked for.
fn filter(text: &str) -> EnvFilter {
    EnvFilter::builder().parse_lossy(format!("tokio_cron_scheduler=warn,{text}"))
}

fn reader() -> Reader {
    let stderr = std::io::stderr();
    if stderr.is_terminal() {
        return Reader::Terminal;
    }
    let named = std::env::var("JOURNAL_STREAM").ok();
    let ours = rustix::fs::fstat(&stderr).ok().map(|stat| (stat.st_dev, stat.st_ino));
    if named.is_some_and(|named| parse_stream(&named) == ours && ours.is_some()) {
        return Reader::Journal;
    }
    Reader::Stream
}

/// `device:inode`, decimal; see systemd.exec(5).
fn parse_stream(text: &str) -> Option<(u64, u64)> {
    let (device, inode) = text.split_once(':')?;
    Some((device.parse().ok()?, inode.parse().ok()?))
}

fn subscriber<W>(format: Format, reader: Reader, filter: EnvFilter, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // At info each line is ours and says itself what it is about; whoever asks for more wants to know who speaks.
    let from = filter.max_level_hint().is_none_or(|level| level > LevelFilter::INFO);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_timer(Milliseconds)
        .with_target(from || format == Format::Json)
        // It would tell stderr that stderr cannot be written to, and panic: a log on a full disk must stop nothing.
        .log_internal_errors(false)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(reader == Reader::Terminal && format == Format::Text && coloured());
    match (format, reader) {
        (Format::Text, Reader::Terminal | Reader::Stream) => Box::new(builder.finish()),
        (Format::Json, Reader::Terminal | Reader::Stream) => Box::new(builder.json().flatten_event(true).finish()),
        (Format::Text, Reader::Journal) => {
            let layout = Layout::default()
                .without_time()
                .with_level(false)
                .with_ansi(false)
                .with_target(from);
            Box::new(builder.event_format(Prioritised(layout)).finish())
        }
        (Format::Json, Reader::Journal) => {
            let layout = Layout::default().json().flatten_event(true).without_time();
            Box::new(
                builder
                    .fmt_fields(JsonFields::new())
                    .event_format(Prioritised(layout))
                    .finish(),
            )
        }
    }
}

/// `2026-11-20T10:00:00.123Z`.
struct Milliseconds;

impl FormatTime for Milliseconds {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now: DateTime<Utc> = std::time::SystemTime::now().into();
        write!(writer, "{}", now.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

/// Not where `NO_COLOR` is set to anything: <https://no-color.org>.
fn coloured() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Puts the journal's priority before each line; see sd-daemon(3).
struct Prioritised<F>(F);

impl<S, N, F> FormatEvent<S, N> for Prioritised<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let priority = priority(*event.metadata().level());
        let mut text = String::new();
        self.0.format_event(context, Writer::new(&mut text), event)?;
        // The journal makes an entry of each line: every one of them needs it.
        for line in text.lines() {
            writeln!(writer, "<{priority}>{line}")?;
        }
        Ok(())
    }
}

fn priority(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        Level::DEBUG | Level::TRACE => 7,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: Format, reader: Reader, say: impl FnOnce()) -> String {
        let paper = Paper::default();
        let writer = paper.clone();
        let subscriber = subscriber(format, reader, filter("info"), move || writer.clone());
        tracing::subscriber::with_default(subscriber, say);
        String::from_utf8(paper.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn the_journal_gets_a_priority_on_every_line_and_no_time() {
        let text = written(Format::Text, Reader::Journal, || {
            tracing::error!(code = "ITSMD-SN-014", "two\nlines");
            tracing::warn!("careful");
            tracing::info!("as usual");
            tracing::debug!("not asked for");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("<3>") && lines[0].ends_with("two"), "{text}");
        assert!(
            lines[1].starts_with("<3>lines") && lines[1].contains("code=\"ITSMD-SN-014\""),
            "{text}"
        );
        assert!(lines[2].starts_with("<4>") && lines[3].starts_with("<6>"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let text = written(Format::Json, Reader::Stream, || {
            tracing::info!(stream = "contoso/incident", "in step");
        });
        let object: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&object["message"], &object["stream"]),
            (&"in step".into(), &"contoso/incident".into())
        );
        assert!(object["timestamp"].is_string());
    }

    #[test]
    fn json_in_the_journal_has_a_priority_and_no_time() {
        let text = written(Format::Json, Reader::Journal, || {
            tracing::warn!(stream = "contoso/incident", "late");
        });
        let object: serde_json::Value = serde_json::from_str(text.strip_prefix("<4>").unwrap()).unwrap();
        assert_eq!(
            (&object["message"], &object["timestamp"]),
            (&"late".into(), &serde_json::Value::Null)
        );
    }

    #[test]
    fn the_cron_librarys_chatter_is_left_out_unless_asked_for() {
        let chat = || tracing::info!(target: "tokio_cron_scheduler::job_scheduler", "Job creator created");
        assert_eq!(written(Format::Text, Reader::Stream, chat), "");
        assert_eq!(
            filter("tokio_cron_scheduler=trace").to_string(),
            "tokio_cron_scheduler=trace"
        );
    }

    #[test]
    fn colours_are_for_terminals_alone() {
        let said = |reader| written(Format::Text, reader, || tracing::error!("red"));
        assert!(said(Reader::Terminal).contains('\u{1b}'));
        assert!(!said(Reader::Stream).contains('\u{1b}'));
        assert!(!said(Reader::Journal).contains('\u{1b}'));
    }

    #[test]
    fn the_journals_stream_is_device_and_inode() {
        assert_eq!(parse_stream("8:1234"), Some((8, 1234)));
        assert_eq!(parse_stream("8"), None);
    }
}
