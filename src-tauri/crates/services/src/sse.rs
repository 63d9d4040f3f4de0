//! Server-sent events, read with limits: a stream is foreign input.
//!
//! Knows CR, LF and CRLF, comments, a byte-order mark, and text split at any byte.

/// A line longer than this ends the stream.
const LONGEST_LINE: usize = 1 << 20;
/// An event longer than this ends the stream.
const LONGEST_EVENT: usize = 4 << 20;

/// The stream broke a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line or an event of the stream is longer than allowed")]
pub(crate) struct TooLong;

/// Gathers bytes into the `data` of events.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    after_cr: bool,
    started: bool,
}

impl EventReader {
    /// Takes more bytes and adds the data of every event that is complete now, also of those
    /// before a line that is too long.
    pub(crate) fn take(&mut self, bytes: &[u8], events: &mut Vec<String>) -> Result<(), TooLong> {
        for &byte in bytes {
            let is_second_half_of_crlf = byte == b'\n' && std::mem::take(&mut self.after_cr);
            if is_second_half_of_crlf {
                continue;
            }
            self.after_cr = byte == b'\r';
            if byte == b'\n' || byte == b'\r' {
                self.end_line(events)?;
            } else {
                self.line.push(byte);
                if self.line.len() > LONGEST_LINE {
                    return Err(TooLong);
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self, events: &mut Vec<String>) -> Result<(), TooLong> {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.started, true) && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if line.is_empty() {
            if std::mem::take(&mut self.has_data) {
                events.push(String::from_utf8_lossy(&std::mem::take(&mut self.data)).into_owned());
            }
            return Ok(());
        }
        // Other fields (event, id, retry) and comments carry nothing for us.
        if let Some(value) = line.strip_prefix(b"data:") {
            if std::mem::replace(&mut self.has_data, true) {
                self.data.push(b'\n');
            }
            self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
            if self.data.len() > LONGEST_EVENT {
                return Err(TooLong);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STREAM: &str = "\u{feff}: hello\r\ndata: {\"a\":\"ü\"}\r\n\r\nevent: x\ndata:one\ndata: two\n\ndata: [DONE]\r\r";

    fn read(chunks: &[&[u8]]) -> Vec<String> {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        for chunk in chunks {
            reader.take(chunk, &mut events).unwrap();
        }
        events
    }

    #[test]
    fn reads_every_kind_of_line_end() {
        assert_eq!(read(&[STREAM.as_bytes()]), ["{\"a\":\"ü\"}", "one\ntwo", "[DONE]"]);
    }

    #[test]
    fn a_split_at_any_byte_changes_nothing() {
        let bytes = STREAM.as_bytes();
        for at in 0..=bytes.len() {
            assert_eq!(read(&[&bytes[..at], &bytes[at..]]), read(&[bytes]), "split at {at}");
        }
    }

    #[test]
    fn a_line_without_end_is_refused() {
        let (mut reader, mut events) = (EventReader::default(), Vec::new());
        let flood = [b"data:a\n\n", vec![b'a'; LONGEST_LINE + 1].as_slice()].concat();
        assert_eq!(reader.take(&flood, &mut events), Err(TooLong));
        assert_eq!(events, ["a"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_alike_however_they_are_cut(
            bytes in proptest::collection::vec(any::<u8>(), 0..300), cut in 0usize..300,
        ) {
            let cut = cut.min(bytes.len());
            prop_assert_eq!(read(&[&bytes[..cut], &bytes[cut..]]), read(&[&bytes]));
        }
    }
}
