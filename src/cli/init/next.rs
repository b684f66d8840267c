//! What to do next.

use std::path::Path;

use super::owner::Readers;
use super::write::Written;

/// What was written, and the commands that follow.
pub(super) fn steps(file: &Path, written: &Written) -> String {
    let mut text = "written:\n".to_owned();
    for file in &written.files {
        text.push_str(&format!("  {}\n", file.display()));
    }
    let (user, service) = match written.readers {
        Readers::Group(_) => ("sudo -u itsmd ", true),
        Readers::Own => ("", false),
        Readers::RootOnly => {
            text.push_str(
                "there is no group itsmd yet: run systemd-sysusers, and then give it what the service has to read:\n",
            );
            let folder = file.parent().unwrap_or(file).display();
            text.push_str(&format!("  chgrp -R itsmd {folder} && chmod -R g+rX,o= {folder}\n"));
            ("sudo -u itsmd ", true)
        }
    };
    let elsewhere = if file == Path::new(DEFAULT) {
        String::new()
    } else {
        format!(" --config {}", file.display())
    };
    text.push_str("next:\n");
    for (command, meaning) in [
        (
            "check",
            "every sign-in, table and right, with a remedy for each trouble",
        ),
        ("plan", "what the first sync will cost"),
        ("sync", "the whole window, once; may be stopped and run again"),
    ] {
        let command = format!("{user}itsmd {command}{elsewhere}");
        text.push_str(&format!("  {command:<40} # {meaning}\n"));
    }
    if service && elsewhere.is_empty() {
        text.push_str("  sudo systemctl enable --now itsmd        # for good\n");
    }
    text
}

const DEFAULT: &str = "/etc/itsmd/itsmd.toml";
