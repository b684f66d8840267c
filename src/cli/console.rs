//! Talking to whoever called: results to stdout, everything else to stderr.

use std::io::{ErrorKind, Write};

use super::Failure;

/// Prints a result. A reader that has seen enough (`| head`) is no failure.
pub(super) fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Says why something failed, and goes on.
pub(super) fn tell(failure: &Failure) {
    match failure {
        Failure::Told => {}
        Failure::Failed(error) => note(&format!("itsmd: {error:#}")),
        Failure::Usage(text) => note(&format!("itsmd: {text}")),
    }
}

/// Says something beside the result. `eprintln!` would panic where stderr is a file on a full disk.
pub(super) fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Asks on the terminal; anything but yes ends the command with nothing changed.
pub(super) fn confirm(question: &str) -> Result<(), Failure> {
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if is_yes(&answer) {
        return Ok(());
    }
    eprintln!("nothing was changed");
    Err(Failure::Told)
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes() {
        assert!(["y\n", "Yes\n", " YES "].into_iter().all(is_yes));
        assert!(!["", "\n", "n", "yep", "ja"].into_iter().any(is_yes));
    }
}
