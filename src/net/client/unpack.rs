//! gzip, unpacked straight into the body's room.
//!
//! Between a decoder with a window and buffers of its own and the body every byte would be copied twice more, and the
//! decoder would be interrupted every few thousand bytes.

use flate2::{Decompress, FlushDecompress, Status};
use reqwest::header::{CONTENT_ENCODING, HeaderMap};

use super::transport::Broken;
use crate::net::codes;

/// As large as gzip allows.
const WINDOW_BITS: u8 = 15;

/// Room is made ready by so much at a time: a decoder only writes where something stands already, and to write zeros
/// over all of a room for the largest body would take all of its memory.
const STEP: usize = 256 * 1024;

/// Unpacks one body, chunk by chunk.
#[derive(Debug)]
pub(super) struct Unpacker {
    inflate: Decompress,
    ended: bool,
    body: Vec<u8>,
    /// What of `body` is unpacked; behind it stands what was there before.
    filled: usize,
    limit: usize,
}

impl Unpacker {
    /// Whether these headers say that the body is packed.
    pub fn is_needed(headers: &HeaderMap) -> bool {
        let encoding = headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok());
        encoding.is_some_and(|encoding| {
            let encoding = encoding.trim();
            encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip")
        })
    }

    /// Unpacks over whatever stands in `room`.
    pub fn new(room: Vec<u8>, limit: usize) -> Self {
        Self {
            inflate: Decompress::new_gzip(WINDOW_BITS),
            ended: false,
            body: room,
            filled: 0,
            limit,
        }
    }

    /// Appends what is in `packed`.
    pub fn unpack(&mut self, mut packed: &[u8]) -> Result<(), Broken> {
        loop {
            if self.ended {
                if packed.is_empty() {
                    return Ok(());
                }
                // A file of gzip may be several, one behind the other.
                self.inflate = Decompress::new_gzip(WINDOW_BITS);
                self.ended = false;
            }
            if self.filled == self.body.len() {
                self.body.resize(self.filled + STEP, 0);
            }
            let (read, written) = self.step(packed)?;
            packed = &packed[read..];
            let full = self.filled == self.body.len();
            if packed.is_empty() && !full {
                return Ok(());
            }
            if (read, written, self.ended) == (0, 0, false) {
                return Err(broken("its gzip is damaged"));
            }
        }
    }

    /// Bytes read and written.
    fn step(&mut self, packed: &[u8]) -> Result<(usize, usize), Broken> {
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let room = &mut self.body[self.filled..];
        let status = self.inflate.decompress(packed, room, FlushDecompress::None);
        self.ended = match status.map_err(|_| broken("its gzip is damaged"))? {
            Status::StreamEnd => true,
            Status::Ok | Status::BufError => false,
        };
        let read = (self.inflate.total_in() - before.0) as usize;
        let written = (self.inflate.total_out() - before.1) as usize;
        self.filled += written;
        if self.filled > self.limit {
            return Err(Broken::TooBig(self.limit));
        }
        Ok((read, written))
    }

    /// The body, if it is whole; none at all is.
    pub fn finish(mut self) -> Result<Vec<u8>, Broken> {
        if !self.ended && self.inflate.total_in() > 0 {
            return Err(broken("its gzip ends too early"));
        }
        self.body.truncate(self.filled);
        Ok(self.body)
    }
}

fn broken(words: &str) -> Broken {
    Broken::Transport(codes::BROKEN, words.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::new(6));
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

    fn unpacked(chunks: &[&[u8]], room: usize, limit: usize) -> Result<Vec<u8>, Broken> {
        let mut unpacker = Unpacker::new(vec![b'?'; room], limit);
        for chunk in chunks {
            unpacker.unpack(chunk)?;
        }
        unpacker.finish()
    }

    proptest! {
        #[test]
        fn whatever_was_packed_comes_out_however_it_is_cut_and_however_small_the_room(
            text in prop::collection::vec(0u8..4, 0..200_000),
            repeats in 1usize..4,
            chunk in 1usize..5_000,
            room in 0usize..600_000,
        ) {
            let text = text.repeat(repeats);
            let packed = packed(&text);
            let chunks: Vec<&[u8]> = packed.chunks(chunk).collect();
            prop_assert_eq!(unpacked(&chunks, room, text.len()).unwrap(), text);
        }
    }

    #[test]
    fn several_members_are_one_body() {
        let both = [packed(b"first "), packed(b"second")].concat();
        assert_eq!(unpacked(&[&both], 0, 100).unwrap(), b"first second");
        let cut = packed(b"first ").len();
        assert_eq!(
            unpacked(&[&both[..cut], &both[cut..]], 6, 100).unwrap(),
            b"first second"
        );
    }

    #[test]
    fn a_body_that_is_torn_or_damaged_or_too_large_is_none() {
        let whole = packed(&[b'x'; 10_000]);
        let torn = unpacked(&[&whole[..whole.len() - 9]], 20_000, 20_000);
        assert!(matches!(torn, Err(Broken::Transport(_, words)) if words.contains("too early")));
        let damaged = unpacked(&[b"{\"result\":[]}"], 100, 100);
        assert!(matches!(damaged, Err(Broken::Transport(_, words)) if words.contains("damaged")));
        assert!(matches!(unpacked(&[&whole], 20_000, 9_999), Err(Broken::TooBig(9_999))));
        assert_eq!(unpacked(&[], 0, 0).unwrap(), b"");
    }
}
