//! The file: the keys that were answered, and as comments the ones that people ask for next, with their defaults.

use secrecy::SecretString;

use super::answers::{Answer, Answers};
use super::fields::{Field, Place};
use crate::config::keys::{Kind, Presence};

/// What would be written.
#[derive(Debug)]
pub(super) struct Draft {
    pub text: String,
    /// Name of a file in the folder `secrets`, and what it holds.
    pub secrets: Vec<(String, SecretString)>,
}

const HEAD: &str = "\
# itsmd's configuration, begun by `itsmd init`. The README and config/itsmd.toml of the sources show every key.
# `itsmd check` tests it; a mistake is named with its line. No secret stands in this file.
";

/// Keys shown as comments where nothing was said about them, and what to show where there is no default.
const WORTH_KNOWING: &[(Place, &str, &str)] = &[
    (Place::Http, "listen", ""),
    (Place::Workspace, "stream", ""),
    (Place::Workspace, "log_stream", "\"Custom-ServiceDeskLog_CL\""),
    (
        Place::WorkspaceAuth,
        "authority",
        "\"https://login.microsoftonline.com\"",
    ),
    (Place::WorkspaceAuth, "expires", "\"2027-01-31\""),
    (Place::Connection, "work_items", "[\"incident\", \"change_request\"]"),
    (Place::Connection, "sync_days", ""),
    (Place::Connection, "schedule", ""),
    (Place::Connection, "reconcile", ""),
    (Place::Connection, "requests_per_minute", ""),
    (Place::Connection, "max_concurrent", ""),
    (Place::Connection, "filter", ""),
    (
        Place::ConnectionAuth,
        "authority",
        "\"https://login.microsoftonline.com\"",
    ),
    (Place::ConnectionAuth, "expires", "\"2027-01-31\""),
];

/// Written although nothing was said about them: the templates of `itsmd schema` make the table that they name. An empty
/// answer leaves them out.
const USUAL: &[(Place, &str, &str)] = &[(Place::Workspace, "log_stream", "Custom-ServiceDeskLog_CL")];

pub(super) fn draft(answers: &Answers) -> Draft {
    let mut draft = Draft {
        text: HEAD.to_owned(),
        secrets: Vec::new(),
    };
    for place in Place::ALL {
        section(answers, place, &mut draft);
    }
    draft
}

fn section(answers: &Answers, place: Place, draft: &mut Draft) {
    let answered = answers.any_of(place);
    let mut lines = String::new();
    for field in Field::all().filter(|field| field.place == place) {
        if let Some(answer) = standing(answers, field) {
            let value = match &answer {
                Answer::Plain(text) => value(field, text),
                Answer::Secret(secret) => {
                    let file = file_name(answers, field);
                    draft.secrets.push((file.clone(), secret.clone()));
                    format!("{{ file = {} }}", quoted(&format!("secrets/{file}")))
                }
            };
            lines.push_str(&line("", field, &value));
        } else if let Some(example) = worth_knowing(answers, field) {
            lines.push_str(&line("# ", field, &example));
        }
    }
    if lines.is_empty() {
        return;
    }
    // A section of comments alone is one.
    let hash = if answered { "" } else { "# " };
    draft.text.push_str(&format!("\n{hash}{}\n{lines}", place.header()));
}

/// What is written of a key: what was answered, or what is usual.
fn standing(answers: &Answers, field: Field) -> Option<Answer> {
    let known = |(place, key, _): &&(Place, &str, &str)| *place == field.place && *key == field.key.name;
    let usual = USUAL.iter().find(known);
    match (answers.of(field), usual) {
        (Some(Answer::Plain(text)), Some(_)) if text.trim().is_empty() => None,
        (Some(answer), _) => Some(answer.clone()),
        (None, Some((_, _, text))) => {
            let used = answers.variant(field.place)?.uses(field.key.name);
            used.then(|| Answer::Plain((*text).to_owned()))
        }
        (None, None) => None,
    }
}

/// What to show of a key that was not answered.
fn worth_knowing(answers: &Answers, field: Field) -> Option<String> {
    let known = |(place, key, _): &&(Place, &str, &str)| *place == field.place && *key == field.key.name;
    let (_, _, example) = WORTH_KNOWING.iter().find(known)?;
    if field.place.keys().choice.is_some() && !answers.variant(field.place)?.uses(field.key.name) {
        return None;
    }
    Some(match field.key.presence {
        Presence::Text(text) => quoted(text),
        Presence::Integer(number) => number.to_string(),
        Presence::Flag(flag) => flag.to_string(),
        Presence::Required | Presence::Optional => (*example).to_owned(),
    })
}

/// `name = "contoso"   # what it is`, the comment above where the line would be too long.
fn line(hash: &str, field: Field, value: &str) -> String {
    let meaning = field.key.meaning;
    let key = format!("{hash}{} = {value}", field.key.name);
    let beside = format!("{key:<56} # {meaning}");
    if beside.chars().count() <= 120 {
        return format!("{beside}\n");
    }
    format!("# {meaning}\n{key}\n")
}

fn value(field: Field, text: &str) -> String {
    match field.key.kind {
        Kind::Integer(..) if text.parse::<i64>().is_ok() => text.to_owned(),
        Kind::Flag if ["true", "false"].contains(&text) => text.to_owned(),
        Kind::Words(_) => {
            let words: Vec<String> = text.split(',').map(|word| quoted(word.trim())).collect();
            format!("[{}]", words.join(", "))
        }
        // What does not fit is told by the reader of the file.
        Kind::Integer(..)
        | Kind::Flag
        | Kind::Text
        | Kind::Filter
        | Kind::Word(_)
        | Kind::Duration(..)
        | Kind::Date
        | Kind::Secret
        | Kind::Columns
        | Kind::Section(_)
        | Kind::Sections(_) => quoted(text),
    }
}

/// `contoso-client-secret`
fn file_name(answers: &Answers, field: Field) -> String {
    let owner = match field.place {
        Place::Connection | Place::ConnectionAuth | Place::ConnectionTls => {
            let name = answers.plain(Place::Connection, "name").unwrap_or_default();
            let safe = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
            match name.chars().map(safe).collect::<String>() {
                name if name == WORKSPACE || name.is_empty() => format!("connection-{name}"),
                name => name,
            }
        }
        Place::State | Place::Http | Place::Workspace | Place::WorkspaceAuth | Place::WorkspaceTls => {
            WORKSPACE.to_owned()
        }
    };
    format!("{owner}-{}", field.key.name.replace('_', "-"))
}

const WORKSPACE: &str = "workspace";

/// As TOML writes a text.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Secrets};

    fn answers(given: &[(Place, &str, &str)]) -> Answers {
        let mut answers = Answers::default();
        for (place, key, text) in given {
            let mut fields = Field::all().filter(|field| field.place == *place && field.key.name == *key);
            let field = fields.next().unwrap();
            let answer = if field.is_secret() {
                Answer::Secret(SecretString::from(*text))
            } else {
                Answer::Plain((*text).to_owned())
            };
            answers.give(field, answer);
        }
        answers
    }

    #[test]
    fn what_is_drafted_can_be_used_and_holds_no_secret() {
        let answers = answers(&[
            (Place::Connection, "name", "con to:so"),
            (Place::Connection, "partner", "servicenow"),
            (Place::Connection, "server_url", "https://contoso.service-now.com"),
            (Place::Connection, "work_items", "incident, change_request"),
            (Place::Connection, "sync_days", "90"),
            (Place::ConnectionAuth, "method", "basic"),
            (Place::ConnectionAuth, "username", "itsmd"),
            (Place::ConnectionAuth, "password", "hunter2"),
            (Place::Workspace, "kind", "file"),
            (Place::Workspace, "path", "-"),
        ]);
        assert!(answers.missing().is_none());
        let draft = draft(&answers);
        let loaded = config::parse("/x/itsmd.toml".as_ref(), &draft.text, Secrets::Skip).unwrap();
        let connection = &loaded.config.connections[0];
        assert_eq!((connection.name.as_str(), connection.sync_days), ("con to:so", 90));
        assert_eq!(connection.work_items.len(), 2);
        assert!(!draft.text.contains("hunter2"));
        assert_eq!(draft.secrets[0].0, "con-to-so-password");
        assert!(draft.text.contains("# schedule = \"*/5 * * * *\""), "{}", draft.text);
        assert!(!format!("{draft:?}").contains("hunter2"));
    }

    const TO_LOGS_INGESTION: [(Place, &str, &str); 13] = [
        (Place::Connection, "name", "contoso"),
        (Place::Connection, "partner", "servicenow"),
        (Place::Connection, "server_url", "https://contoso.service-now.com"),
        (Place::ConnectionAuth, "method", "basic"),
        (Place::ConnectionAuth, "username", "itsmd"),
        (Place::ConnectionAuth, "password", "x"),
        (Place::Workspace, "kind", "logs-ingestion"),
        (
            Place::Workspace,
            "endpoint",
            "https://e.westeurope-1.ingest.monitor.azure.com",
        ),
        (
            Place::Workspace,
            "dcr_immutable_id",
            "dcr-00000000000000000000000000000000",
        ),
        (Place::WorkspaceAuth, "method", "client-secret"),
        (Place::WorkspaceAuth, "tenant_id", "t"),
        (Place::WorkspaceAuth, "client_id", "c"),
        (Place::WorkspaceAuth, "client_secret", "x"),
    ];

    #[test]
    fn the_log_is_written_unless_told_otherwise() {
        let log = |more: &[(Place, &str, &str)]| {
            let text = draft(&answers(&[TO_LOGS_INGESTION.as_slice(), more].concat())).text;
            let loaded = config::parse("/x/itsmd.toml".as_ref(), &text, Secrets::Skip).unwrap();
            match loaded.config.workspace {
                crate::sink::Settings::LogsIngestion { log_stream, .. } => log_stream,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(log(&[]).as_deref(), Some("Custom-ServiceDeskLog_CL"));
        let other = log(&[(Place::Workspace, "log_stream", "Custom-DeskLog_CL")]);
        assert_eq!(other.as_deref(), Some("Custom-DeskLog_CL"));
        assert_eq!(log(&[(Place::Workspace, "log_stream", "")]), None);
    }

    #[test]
    fn what_is_shown_as_a_comment_can_be_used_as_it_stands() {
        let text = draft(&answers(&TO_LOGS_INGESTION)).text;
        let uncommented: String = text
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.starts_with('[') || rest.split(' ').nth(1) == Some("=") => format!("{rest}\n"),
                _ => format!("{line}\n"),
            })
            .collect();
        assert_ne!(text, uncommented);
        let parsed = config::parse("/x/itsmd.toml".as_ref(), &uncommented, Secrets::Skip);
        assert!(parsed.is_ok(), "{}\n{uncommented}", parsed.unwrap_err());
    }
}
