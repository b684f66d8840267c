//! A source file without its comments and texts, and the modules that it names.

/// The text of a file, comments and everything in quotes blanked; lines keep their numbers.
pub struct Code(String);

/// A top-level module of ours that a line names.
pub struct Use {
    /// From 1.
    pub line: usize,
    /// E.g. `store`.
    pub module: String,
}

impl Code {
    pub fn of(text: &str) -> Self {
        let mut kept = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let behind_a_word = kept.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            let skip = skipped(rest, behind_a_word);
            let length = skip.unwrap_or(first.len_utf8());
            let (part, left) = rest.split_at(length);
            if skip.is_some() {
                kept.extend(part.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            } else {
                kept.push(first);
            }
            rest = left;
        }
        Self(kept)
    }

    /// The code up to its unit tests, which stand at the end.
    pub fn without_tests(&self) -> String {
        let begin = self.0.match_indices("#[cfg(test)]").find(|(at, mark)| {
            let next = self.0[at + mark.len()..].trim_start();
            next.starts_with("mod ") && next.find('{') < next.find(';').or(Some(usize::MAX)) && next.contains('{')
        });
        self.0[..begin.map_or(self.0.len(), |(at, _)| at)].to_owned()
    }

    /// Every top-level module named by `crate::`, `itsmd::`, or as many `super::` as lead to the root, in a file
    /// whose module is `depth` below it.
    pub fn uses(&self, depth: usize) -> Vec<Use> {
        let mut uses = Vec::new();
        for root in ["crate::", "itsmd::"] {
            for (at, _) in self.0.match_indices(root) {
                if !self.is_inside_a_word(at) {
                    self.named_at(at + root.len(), &mut uses);
                }
            }
        }
        let mut end = 0;
        for (at, _) in self.0.match_indices("super::") {
            if at < end || self.is_inside_a_word(at) {
                continue;
            }
            end = at;
            while self.0[end..].starts_with("super::") {
                end += "super::".len();
            }
            if (end - at) / "super::".len() == depth + self.inline_modules(at) {
                self.named_at(end, &mut uses);
            }
        }
        uses
    }

    /// `name…` or `{name…, name…}`.
    fn named_at(&self, at: usize, uses: &mut Vec<Use>) {
        let line = self.0[..at].matches('\n').count() + 1;
        let text = &self.0[at..];
        let Some(group) = text.strip_prefix('{') else {
            let module = word(text).to_owned();
            uses.push(Use { line, module });
            return;
        };
        let (mut level, mut begins) = (0, true);
        for (offset, c) in group.char_indices() {
            match c {
                '}' if level == 0 => return,
                '{' => level += 1,
                '}' => level -= 1,
                ',' if level == 0 => begins = true,
                _ if begins && !c.is_whitespace() => {
                    begins = false;
                    let line = line + group[..offset].matches('\n').count();
                    let module = word(&group[offset..]).to_owned();
                    uses.push(Use { line, module });
                }
                _ => {}
            }
        }
    }

    /// In how many `mod x { … }` of this file a place is.
    fn inline_modules(&self, at: usize) -> usize {
        let before = &self.0[..at];
        let opens = before.match_indices("mod ").filter(|(from, _)| {
            let Some((name, body)) = before[from + 4..].split_once('{') else {
                return false;
            };
            let is_module = name.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
            is_module && !self.is_inside_a_word(*from) && body.matches('{').count() >= body.matches('}').count()
        });
        opens.count()
    }

    fn is_inside_a_word(&self, at: usize) -> bool {
        self.0[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
    }
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

/// How many bytes at the beginning are a comment, a text or a character.
fn skipped(text: &str, behind_a_word: bool) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(comment(text));
    }
    if text.starts_with('"') {
        return Some(quoted(text));
    }
    if text.starts_with('\'') {
        return character(text);
    }
    let raw = text.strip_prefix('r').filter(|_| !behind_a_word)?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let body = raw[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(1 + hashes + 1 + length)
}

/// Comments nest.
fn comment(text: &str) -> usize {
    let (mut at, mut level) = (0, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (level, at) = (level + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (level, at) = (level - 1, at + 2);
            if level == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// `'x'` and `'\n'`, but not the lifetime `'a`.
fn character(text: &str) -> Option<usize> {
    let inner = &text[1..];
    let first = inner.chars().next()?;
    let length = if first == '\\' {
        inner[2..].find('\'').map(|at| at + 2)?
    } else {
        first.len_utf8()
    };
    inner[length..].starts_with('\'').then_some(length + 2)
}
