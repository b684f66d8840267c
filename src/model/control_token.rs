//! What a control token must be, so that nobody guesses it: said by the configuration and at each use in the same words.

/// A shorter one could be guessed.
const SHORTEST: usize = 16;

/// What is wrong with a control token, in words that do not show it.
pub fn doubt_of_control_token(token: &str) -> Option<String> {
    let characters = token.trim().chars().count();
    if characters < SHORTEST {
        return Some(format!(
            "the token has {characters} characters and needs at least {SHORTEST}: make one with `openssl rand -hex 32`"
        ));
    }
    token
        .chars()
        .any(char::is_whitespace)
        .then(|| "a space or a line break stands in the token: make one with `openssl rand -hex 32`".to_owned())
}
