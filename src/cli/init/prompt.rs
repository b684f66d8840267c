//! A line from a terminal, or a secret without echo. Whatever ends the asking early ends the command: nothing was
//! written by then.

use std::io::{Read, Write, stdin};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

use crate::cli::Failure;

/// A line, without white space around it; empty if Enter was all.
pub(super) fn line(question: &str) -> Result<String, Failure> {
    put(question);
    let mut answer = String::new();
    if stdin().read_line(&mut answer)? == 0 {
        return Err(given_up());
    }
    Ok(answer.trim().to_owned())
}

/// What is typed, unseen; empty if Enter was all.
pub(super) fn hidden(question: &str) -> Result<SecretString, Failure> {
    put(question);
    let quiet = Quiet::begin()?;
    let typed = typed(&mut stdin().lock());
    drop(quiet);
    put("\n");
    typed
}

fn put(text: &str) {
    let mut stderr = std::io::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

fn given_up() -> Failure {
    Failure::Failed(anyhow::anyhow!("given up: nothing was written"))
}

/// The terminal without echo, as long as it is held. Signals are off too: a Ctrl-C that ended the process would leave
/// the terminal mute.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> Result<Self, Failure> {
        let before = tcgetattr(stdin()).map_err(std::io::Error::from)?;
        let mut quiet = before.clone();
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(stdin(), OptionalActions::Now, &quiet).map_err(std::io::Error::from)?;
        Ok(Self(before))
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// Keys up to Enter, with the few that edit a line.
fn typed(keys: &mut impl Read) -> Result<SecretString, Failure> {
    let mut bytes = Vec::new();
    loop {
        let mut key = [0];
        if keys.read(&mut key)? == 0 {
            return Err(given_up());
        }
        match key[0] {
            b'\r' | b'\n' => break,
            // Ctrl-C, Ctrl-D, Ctrl-\
            0x03 | 0x04 | 0x1c => return Err(given_up()),
            // Backspace takes a whole character.
            0x08 | 0x7f => while bytes.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {},
            // Ctrl-U
            0x15 => bytes.clear(),
            byte => bytes.push(byte),
        }
    }
    let text =
        String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("what was typed is not UTF-8; nothing was written"))?;
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_secret_is_what_was_typed_with_corrections_made() {
        for (keys, meant) in [
            ("geheim\r", "geheim"),
            ("gehexx\u{7f}\u{7f}im\n", "geheim"),
            ("falsch\u{15}geheim\n", "geheim"),
            ("Grüß\u{7f}\u{7f}ün\n", "Grün"),
            ("\u{7f}\n", ""),
        ] {
            assert_eq!(typed(&mut keys.as_bytes()).unwrap().expose_secret(), meant, "{keys:?}");
        }
    }

    #[test]
    fn an_end_or_ctrl_c_gives_up() {
        for keys in ["half", "half\u{3}", ""] {
            assert!(typed(&mut keys.as_bytes()).is_err(), "{keys:?}");
        }
    }
}
