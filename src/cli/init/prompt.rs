//! A line from a terminal, or a secret without echo. Whatever ends the asking early ends the command: nothing was
//! written by then.

use std::io::{BufRead, Read, Write, stdin};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::SecretString;

use crate::cli::Failure;

/// A line, without white space around it; empty if Enter was all.
pub(super) fn line(question: &str) -> Result<String, Failure> {
    // Before the question is seen: nobody is quicker than that.
    let asking = Changed::interrupt_is_a_key()?;
    put(question);
    let answer = whole_line(&mut stdin().lock());
    drop(asking);
    if answer.is_err() {
        put("\n");
    }
    answer
}

/// What is typed, unseen; empty if Enter was all.
pub(super) fn hidden(question: &str) -> Result<SecretString, Failure> {
    let quiet = Changed::quiet()?;
    put(question);
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

/// Ctrl-C.
const INTERRUPT: u8 = 0x03;

/// The terminal with other manners, as long as it is held.
struct Changed(Termios);

impl Changed {
    /// Without echo. Signals are off too: a Ctrl-C that ended the process would leave the terminal mute.
    fn quiet() -> Result<Self, Failure> {
        Self::by(|modes| {
            modes
                .local_modes
                .remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
            modes.special_codes[SpecialCodeIndex::VMIN] = 1;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
        })
    }

    /// Ctrl-C ends the line in place of the process, which could not say a word then; 0 is no key.
    fn interrupt_is_a_key() -> Result<Self, Failure> {
        Self::by(|modes| {
            modes.special_codes[SpecialCodeIndex::VINTR] = 0;
            modes.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        })
    }

    fn by(change: impl FnOnce(&mut Termios)) -> Result<Self, Failure> {
        let before = tcgetattr(stdin()).map_err(std::io::Error::from)?;
        let mut changed = before.clone();
        change(&mut changed);
        tcsetattr(stdin(), OptionalActions::Now, &changed).map_err(std::io::Error::from)?;
        Ok(Self(before))
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &self.0);
    }
}

/// What the terminal hands over at Enter, without white space around it.
fn whole_line(keys: &mut impl BufRead) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while bytes.last() != Some(&b'\n') {
        let ready = keys.fill_buf()?;
        let end = ready.iter().position(|byte| [b'\n', INTERRUPT].contains(byte));
        let taken = end.map_or(ready.len(), |end| end + 1);
        bytes.extend_from_slice(&ready[..taken]);
        keys.consume(taken);
        if taken == 0 || bytes.last() == Some(&INTERRUPT) {
            return Err(given_up());
        }
    }
    Ok(in_utf8(bytes)?.trim().to_owned())
}

fn in_utf8(bytes: Vec<u8>) -> Result<String, Failure> {
    let text = String::from_utf8(bytes);
    Ok(text.map_err(|_| anyhow::anyhow!("what was typed is not UTF-8; nothing was written"))?)
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
            INTERRUPT | 0x04 | 0x1c => return Err(given_up()),
            // Backspace takes a whole character.
            0x08 | 0x7f => while bytes.pop().is_some_and(|byte: u8| byte & 0xc0 == 0x80) {},
            // Ctrl-U
            0x15 => bytes.clear(),
            byte => bytes.push(byte),
        }
    }
    Ok(SecretString::from(in_utf8(bytes)?))
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
    fn a_line_ends_with_enter_and_ctrl_c_gives_up() {
        let mut keys = " contoso \nnext\n".as_bytes();
        assert_eq!(whole_line(&mut keys).unwrap(), "contoso");
        assert_eq!(whole_line(&mut keys).unwrap(), "next");
        for keys in ["half", "half\u{3}", "half\u{3}\n", ""] {
            assert!(whole_line(&mut keys.as_bytes()).is_err(), "{keys:?}");
        }
    }

    #[test]
    fn an_end_or_ctrl_c_gives_up() {
        for keys in ["half", "half\u{3}", ""] {
            assert!(typed(&mut keys.as_bytes()).is_err(), "{keys:?}");
        }
    }
}
