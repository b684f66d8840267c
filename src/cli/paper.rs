//! What is written on: a terminal with its width and colours, or a file or pipe without either.

use std::io::IsTerminal;

/// Wider than this is hard to read.
const WIDEST: usize = 100;

/// Narrower than this nothing is wrapped to fit.
const NARROWEST: usize = 40;

/// An ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// All is well.
    Good,
    /// Look at it.
    Doubt,
    /// It will not work.
    Bad,
    /// Beside the point.
    Soft,
    /// A heading.
    Bold,
}

/// What stdout is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paper {
    width: Option<usize>,
    colour: bool,
}

impl Paper {
    /// Without width or colour: a line stays a line, so that it can be searched.
    pub const PLAIN: Self = Self {
        width: None,
        colour: false,
    };

    /// What stdout is now. `NO_COLOR` (whatever is in it) and `TERM=dumb` take the colours away.
    pub fn of_stdout() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::PLAIN;
        }
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0));
        Self {
            width: Some(width.clamp(NARROWEST, WIDEST)),
            colour: set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
        }
    }

    /// Of that width, in black and white.
    #[cfg(test)]
    pub const fn of_width(width: usize) -> Self {
        Self {
            width: Some(width),
            colour: false,
        }
    }

    /// The text in that ink.
    pub fn ink(self, ink: Ink, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Good => "32",
            Ink::Doubt => "33",
            Ink::Bad => "31",
            Ink::Soft => "2",
            Ink::Bold => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// The text in lines that fit behind `indent` columns; a word longer than a line stands alone, unbroken, so that an
    /// address can be copied.
    pub fn lines(self, text: &str, indent: usize) -> Vec<String> {
        let Some(width) = self.width else {
            return vec![text.to_owned()];
        };
        let room = width.saturating_sub(indent).max(NARROWEST / 2);
        let mut lines = vec![String::new()];
        let mut length = 0;
        for word in text.split_whitespace() {
            let letters = word.chars().count();
            if length > 0 && length + 1 + letters > room {
                lines.push(String::new());
                length = 0;
            }
            let Some(line) = lines.last_mut() else { continue };
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += letters;
        }
        lines
    }

    /// `head` and behind it the text, wrapped under its own beginning; `head` takes `indent` columns.
    pub fn hanging(self, head: &str, indent: usize, text: &str, ink: Option<Ink>) -> String {
        let mut written = String::new();
        for (index, line) in self.lines(text, indent).iter().enumerate() {
            if index == 0 {
                written.push_str(head);
            } else {
                written.push_str(&" ".repeat(indent));
            }
            match ink {
                Some(ink) if !line.is_empty() => written.push_str(&self.ink(ink, line)),
                Some(_) | None => written.push_str(line),
            }
            let end = written.trim_end().len();
            written.truncate(end);
            written.push('\n');
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_under_its_own_beginning_and_an_address_stays_whole() {
        let text = "look at https://login.microsoftonline.com/error?code=7000215 and then on";
        let expected = "  do  look at\n      https://login.microsoftonline.com/error?code=7000215\n      and then on\n";
        assert_eq!(Paper::of_width(40).hanging("  do  ", 6, text, None), expected);
        assert_eq!(Paper::PLAIN.hanging("  do  ", 6, text, None), format!("  do  {text}\n"));
    }

    #[test]
    fn colours_surround_words_and_never_what_is_no_terminal() {
        let paper = Paper {
            width: Some(80),
            colour: true,
        };
        assert_eq!(paper.ink(Ink::Bad, "✗"), "\u{1b}[31m✗\u{1b}[0m");
        assert_eq!(Paper::PLAIN.ink(Ink::Bad, "✗"), "✗");
    }
}
