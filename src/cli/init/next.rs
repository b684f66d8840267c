//! What to do next.

use std::path::Path;

use super::owner::Readers;
use super::write::Written;

/// Where the service looks.
const DEFAULT: &str = "/etc/itsmd/itsmd.toml";

const COMMANDS: [(&str, &str); 3] = [
    (
        "check",
        "every sign-in, table and right, with a remedy for each trouble",
    ),
    ("plan", "what the first sync will cost"),
    ("sync", "the whole window, once; may be stopped and run again"),
];

/// What was written, and the commands that follow.
pub(super) fn steps(file: &Path, written: &Written) -> String {
    let mut text = "written:\n".to_owned();
    for file in &written.files {
        text.push_str(&format!("  {}\n", file.display()));
    }
    let of_the_service = file == Path::new(DEFAULT) && written.readers != Readers::Own;
    if of_the_service && written.readers == Readers::RootOnly {
        text.push_str(
            "the service cannot read that yet, for there is no group itsmd:\n  \
             systemd-sysusers && chgrp -R itsmd /etc/itsmd && chmod -R g+rX,o= /etc/itsmd\n",
        );
    }
    let mut steps: Vec<(String, &str)> = COMMANDS
        .iter()
        .map(|(command, meaning)| (line(command, file, of_the_service), *meaning))
        .collect();
    if of_the_service {
        steps.push(("sudo systemctl enable --now itsmd".to_owned(), "for good"));
    }
    let width = steps
        .iter()
        .map(|(command, _)| command.chars().count())
        .max()
        .unwrap_or(0);
    text.push_str("next:\n");
    for (command, meaning) in steps {
        text.push_str(&format!("  {command:<width$}  # {meaning}\n"));
    }
    text
}

fn line(command: &str, file: &Path, of_the_service: bool) -> String {
    match (of_the_service, file == Path::new(DEFAULT)) {
        (true, _) => format!("sudo -u itsmd itsmd {command}"),
        (false, true) => format!("itsmd {command}"),
        (false, false) => format!("itsmd {command} --config {}", file.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(file: &str, readers: Readers) -> String {
        let written = Written {
            files: vec![file.into()],
            readers,
        };
        steps(file.as_ref(), &written)
    }

    #[test]
    fn the_service_is_started_only_where_it_looks() {
        let service = after(DEFAULT, Readers::Group(994));
        assert!(service.contains("  sudo -u itsmd itsmd check") && service.contains("systemctl enable --now itsmd"));
        assert!(after(DEFAULT, Readers::RootOnly).contains("chgrp -R itsmd /etc/itsmd"));
        let elsewhere = after("/tmp/x/itsmd.toml", Readers::RootOnly);
        assert!(
            elsewhere.contains("  itsmd check --config /tmp/x/itsmd.toml  # "),
            "{elsewhere}"
        );
        assert!(!elsewhere.contains("sudo"), "{elsewhere}");
    }
}
