//! Whether an answer can be used, by the reader of the file itself: what that would say of its line is said at the question.

use std::path::Path;

use super::answers::Answers;
use super::fields::Field;
use super::text::draft;
use crate::config::{self, Secrets, doubt_of_server};

/// What is wrong with the answer to this question, or doubtful; `None` if it can be used as far as this is known by now.
pub(super) fn objection(answers: &Answers, field: Field) -> Option<String> {
    let text = draft(answers).text;
    let line = line_of(&text, field)?;
    let errors = config::parse(Path::new("itsmd.toml"), &text, Secrets::Skip).err();
    let mistakes = errors.iter().flat_map(config::ConfigErrors::mistakes);
    let here: Vec<&str> = mistakes
        .filter(|mistake| mistake.line == line)
        .map(|mistake| mistake.text.as_str())
        .collect();
    if !here.is_empty() {
        return Some(here.join("; "));
    }
    if field.key.name != "server_url" {
        return None;
    }
    let doubt = doubt_of_server(answers.plain(field.place, field.key.name)?)?;
    Some(format!("{doubt}; if it is meant, say it once more"))
}

/// The line of a key in the file, from 1.
fn line_of(text: &str, field: Field) -> Option<usize> {
    let begin = format!("{} = ", field.key.name);
    let lines = (1..).zip(text.lines());
    let mut section = lines.skip_while(|(_, line)| *line != field.place.header());
    section.find(|(_, line)| line.starts_with(&begin)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::super::answers::Answer;
    use super::super::fields::Place;
    use super::*;

    fn objection_to(place: Place, key: &str, text: &str) -> Option<String> {
        let mut answers = Answers::default();
        let mut fields = Field::all().filter(|field| field.place == place && field.key.name == key);
        let field = fields.next().unwrap();
        let chosen = Field::all().filter(|other| other.place == Place::Workspace && other.key.name == "kind");
        chosen.for_each(|kind| answers.give(kind, Answer::Plain("logs-ingestion".to_owned())));
        answers.give(field, Answer::Plain(text.to_owned()));
        objection(&answers, field)
    }

    #[test]
    fn an_answer_is_judged_by_what_the_file_would_be_told_of_its_line() {
        for (place, key, wrong, right, told) in [
            (
                Place::Connection,
                "server_url",
                "contoso.service-now.com",
                "https://x.example",
                "https://",
            ),
            (
                Place::Connection,
                "server_url",
                "https://x.example/now/nav/ui",
                "https://x.example/",
                "once more",
            ),
            (Place::Connection, "name", "a/b", "contoso", "no /"),
            (
                Place::Workspace,
                "dcr_immutable_id",
                "dcr-servicedesk",
                &format!("dcr-{}", "0".repeat(32)),
                "immutableId",
            ),
            (
                Place::Workspace,
                "endpoint",
                "dce.example",
                "https://dce.example",
                "https://",
            ),
            (Place::WorkspaceAuth, "expires", "31.1.2027", "2027-01-31", "a day like"),
        ] {
            let objection = objection_to(place, key, wrong).unwrap();
            assert!(objection.contains(told), "{objection}");
            assert_eq!(objection_to(place, key, right), None);
        }
    }
}
