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
    // What root ran once would leave a state file that the service cannot write.
    let as_the_service = match written.readers {
        Readers::Group(_) => true,
        Readers::RootOnly => file == Path::new(DEFAULT),
        Readers::Own => false,
    };
    let of_the_service = file == Path::new(DEFAULT) && written.readers != Readers::Own;
    if written.readers == Readers::RootOnly {
        text.push_str(&of_root_alone(file, written));
    }
    let mut steps: Vec<(String, &str)> = COMMANDS
        .iter()
        .map(|(command, meaning)| (line(command, file, as_the_service), *meaning))
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

/// No group is there to give the files to: says so, and how to make it and give them.
fn of_root_alone(file: &Path, written: &Written) -> String {
    let files: Vec<String> = written.files.iter().map(|file| file.display().to_string()).collect();
    let give = if file == Path::new(DEFAULT) {
        "chgrp -R itsmd /etc/itsmd && chmod -R g+rX,o= /etc/itsmd".to_owned()
    } else {
        // Who else keeps something in that folder is not known.
        let files = files.join(" ");
        format!("chgrp itsmd {files} && chmod g+r {files}")
    };
    format!(
        "they belong to root alone: there is no group itsmd on this machine, so the service, which runs as the user itsmd, \
         cannot read them yet. systemd-sysusers makes both from the package's itsmd.sysusers.conf; then they are given:\n  \
         systemd-sysusers && {give}\n"
    )
}

fn line(command: &str, file: &Path, as_the_service: bool) -> String {
    let user = if as_the_service { "sudo -u itsmd " } else { "" };
    if file == Path::new(DEFAULT) {
        return format!("{user}itsmd {command}");
    }
    format!("{user}itsmd {command} --config {}", file.display())
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

    #[test]
    fn who_can_read_the_files_is_told_where_there_is_no_group() {
        let told = after("/srv/x/itsmd.toml", Readers::RootOnly);
        for words in ["root alone", "systemd-sysusers && chgrp itsmd /srv/x/itsmd.toml"] {
            assert!(told.contains(words), "{told}");
        }
        assert!(!told.contains("-R"), "{told}");
        for readers in [Readers::Group(994), Readers::Own] {
            assert!(!after("/srv/x/itsmd.toml", readers).contains("root alone"));
        }
    }

    #[test]
    fn root_goes_on_as_the_service_wherever_the_files_are() {
        let told = after("/srv/x/itsmd.toml", Readers::Group(994));
        assert!(
            told.contains("  sudo -u itsmd itsmd check --config /srv/x/itsmd.toml"),
            "{told}"
        );
        assert!(!told.contains("systemctl"), "{told}");
        assert!(!after("/srv/x/itsmd.toml", Readers::Own).contains("sudo"));
    }
}
