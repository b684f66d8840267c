//! The questions, one a key.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::answers::{Answer, Answers};
use super::fields::Field;
use super::{fit, prompt};
use crate::cli::{Failure, note};

pub(super) fn greet(file: &Path) {
    note(&format!(
        "A first configuration, to be written to {}.\nNothing is written before all is answered; Ctrl-C leaves nothing.\n",
        file.display()
    ));
}

/// Asks for what has no answer yet, then for what may be left out.
pub(super) fn what_is_missing(answers: &mut Answers) -> Result<(), Failure> {
    while let Some(missing) = answers.missing() {
        for field in missing.into_iter().take(1) {
            question(answers, field, true)?;
        }
    }
    for field in answers.optional() {
        if answers.of(field).is_none() {
            question(answers, field, false)?;
        }
    }
    Ok(())
}

/// Asks for everything, with what is known as the default.
pub(super) fn everything(answers: &mut Answers) -> Result<(), Failure> {
    let mut asked: Vec<String> = Vec::new();
    // An answer may bring new questions.
    while let Some(field) = answers
        .required()
        .into_iter()
        .find(|field| !asked.contains(&field.name()))
    {
        asked.push(field.name());
        question(answers, field, true)?;
    }
    for field in answers.optional() {
        question(answers, field, false)?;
    }
    Ok(())
}

fn question(answers: &mut Answers, field: Field, required: bool) -> Result<(), Failure> {
    let mut objected = None;
    loop {
        let given = if field.is_secret() {
            secret(answers, field, required)?
        } else {
            plain(answers, field, required)?
        };
        match given {
            Given::Answer(answer) => {
                let before = answers.of(field).cloned();
                answers.give(field, answer);
                let words = answers.plain(field.place, field.key.name).map(str::to_owned);
                // What is said twice is meant; it may be an earlier answer that does not go with it.
                let insists = objected.is_some() && objected == words;
                let Some(why) = fit::objection(answers, field).filter(|_| !insists) else {
                    return Ok(());
                };
                note(&format!("  {why}"));
                objected = words;
                match before {
                    Some(before) => answers.give(field, before),
                    None => answers.forget(field),
                }
            }
            Given::Kept => return Ok(()),
            Given::LeftOut => {
                answers.forget(field);
                return Ok(());
            }
            Given::Again(why) => note(&format!("  {why}")),
        }
    }
}

enum Given {
    Answer(Answer),
    Kept,
    LeftOut,
    Again(String),
}

fn plain(answers: &Answers, field: Field, required: bool) -> Result<Given, Failure> {
    let words = answers.words(field);
    let known = answers.plain(field.place, field.key.name);
    // What the choices above have made impossible is no default.
    let known = known.filter(|known| words.is_empty() || words.contains(known));
    let takes = if words.is_empty() {
        String::new()
    } else {
        format!(" ({})", words.join(", "))
    };
    let hint = match (known, required) {
        (Some(known), _) => format!(" [{known}]"),
        (None, true) => String::new(),
        (None, false) => " [Enter leaves it out]".to_owned(),
    };
    let (header, name, meaning) = (
        field.place.header(),
        field.key.name,
        field.key.meaning.trim_end_matches('.'),
    );
    let answer = prompt::line(&format!("{header} {name}: {meaning}{takes}{hint}: "))?;
    if !answer.is_empty() && !words.is_empty() && !words.contains(&answer.as_str()) {
        return Ok(Given::Again(format!("it takes {}", words.join(", "))));
    }
    Ok(match (answer.is_empty(), known, required) {
        (false, _, _) => Given::Answer(Answer::Plain(answer)),
        (true, Some(_), _) => Given::Kept,
        (true, None, false) => Given::LeftOut,
        (true, None, true) => Given::Again("it is needed".to_owned()),
    })
}

fn secret(answers: &Answers, field: Field, required: bool) -> Result<Given, Failure> {
    let known = answers.of(field).is_some();
    let hint = match (known, required) {
        (true, _) => " [Enter keeps it]",
        (false, true) => "",
        (false, false) => " [Enter leaves it out]",
    };
    let (header, name, meaning) = (
        field.place.header(),
        field.key.name,
        field.key.meaning.trim_end_matches('.'),
    );
    // Several lines cannot be typed unseen.
    let answer = if field.key.is_pem() {
        let file = prompt::line(&format!("{header} {name}: {meaning}, the file to take it from{hint}: "))?;
        match read(&file) {
            Ok(secret) => secret,
            Err(why) => return Ok(Given::Again(why)),
        }
    } else {
        prompt::hidden(&format!("{header} {name}: {meaning}, not shown{hint}: "))?
    };
    Ok(match (answer.expose_secret().is_empty(), known, required) {
        (false, _, _) => Given::Answer(Answer::Secret(answer)),
        (true, true, _) => Given::Kept,
        (true, false, false) => Given::LeftOut,
        (true, false, true) => Given::Again("it is needed".to_owned()),
    })
}

fn read(file: &str) -> Result<SecretString, String> {
    if file.is_empty() {
        return Ok(SecretString::from(String::new()));
    }
    match std::fs::read_to_string(file) {
        Ok(text) if text.trim().is_empty() => Err(format!("{file}: the file is empty")),
        Ok(text) => Ok(SecretString::from(text)),
        Err(error) => Err(format!("{file}: {error}")),
    }
}
