//! 413 is believed of what is really large: a proxy or a workspace in trouble says it of anything.

use super::SinkError;
use crate::model::Verdict;
use crate::net::Answer;

/// An error of a batch of `bytes` as it is, before it is packed; `most` where the answer does not tell the limit.
pub(super) fn judged(error: SinkError, answer: &Answer, bytes: usize, most: usize) -> SinkError {
    match error {
        SinkError::TooBig(mut trouble) => {
            if is_about(bytes, told(&answer.message()).unwrap_or(most)) {
                trouble.verdict = Verdict::Stop;
            }
            SinkError::TooBig(trouble)
        }
        other @ (SinkError::Refused(_) | SinkError::Failed(_)) => other,
    }
}

/// Whether a size comes near a limit: some count what surrounds the rows.
fn is_about(bytes: usize, limit: usize) -> bool {
    bytes >= limit - limit / 10
}

/// The limit in the words of an answer: "Maximum allowed content length: 1048576 bytes (1 MB). Provided …"
fn told(message: &str) -> Option<usize> {
    let (_, after) = message.split_once("Maximum allowed ")?;
    let (_, number) = after.split_once(": ")?;
    let (number, _) = number.split_once(" bytes")?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_read_where_it_is_told() {
        let azure = "ContentLengthLimitExceeded: Maximum allowed content length: 1048576 bytes (1 MB). Provided content \
                     length: 1068792 bytes.";
        assert_eq!(told(azure), Some(1_048_576));
        for silent in [
            "",
            "<html>413 Request Entity Too Large</html>",
            "Maximum allowed size: big",
        ] {
            assert_eq!(told(silent), None, "{silent}");
        }
    }

    #[test]
    fn only_what_comes_near_the_limit_is_too_large_by_itself() {
        let sizes = [0, 899, 900, 1000, 5000].map(|bytes| is_about(bytes, 1000));
        assert_eq!(sizes, [false, false, true, true, true]);
    }
}
