//! From the bytes of a file to UTF-8, chunk by chunk.
//!
//! It must never put a replacement character where bytes make no text: such bytes reach the reader
//! as [`BAD_BYTE`], which is no UTF-8, so that the row is left out with its reason.

use std::fmt;
use std::io::{self, BufRead, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Stands for bytes that are no text in the file's encoding. It is never part of UTF-8.
pub(crate) const BAD_BYTE: u8 = 0xff;

const CHUNK_BYTES: usize = 64 * 1024;
const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// How a file writes its characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TextEncoding(&'static Encoding);

impl TextEncoding {
    /// The encoding of nearly every file of today.
    pub const UTF_8: TextEncoding = TextEncoding(encoding_rs::UTF_8);

    /// Its name in the web's encoding standard (`UTF-8`, `windows-1252`, ...).
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The encoding of a name, as [`Self::name`] gives it or under its other labels.
    pub fn from_name(name: &str) -> Option<Self> {
        Encoding::for_label_no_replacement(name.as_bytes()).map(TextEncoding)
    }

    /// What the first bytes of a file tell. JSON is UTF-8 by its standard (RFC 8259), so only a
    /// mark or the zero bytes of UTF-16 say otherwise; `is_json` tells that it is JSON.
    pub(crate) fn guess(head: &[u8], is_json: bool) -> Self {
        if let Some((encoding, _)) = Encoding::for_bom(head) {
            return TextEncoding(encoding);
        }
        if let Some(encoding) = utf_16_without_mark(head) {
            return TextEncoding(encoding);
        }
        if is_json || is_mostly_utf_8(head) {
            return Self::UTF_8;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
        detector.feed(head, false);
        TextEncoding(detector.guess(None, Utf8Detection::Deny))
    }
}

impl fmt::Debug for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Text of mostly Latin letters in UTF-16 has a zero in every second byte.
fn utf_16_without_mark(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    match () {
        () if pairs < 2 => None,
        () if odd * 10 >= pairs * 4 && even * 20 <= pairs => Some(encoding_rs::UTF_16LE),
        () if even * 10 >= pairs * 4 && odd * 20 <= pairs => Some(encoding_rs::UTF_16BE),
        () => None,
    }
}

/// Whether the bytes are UTF-8, or UTF-8 with a few broken rows: several correct sequences for each
/// fault do not happen by chance in another encoding.
fn is_mostly_utf_8(head: &[u8]) -> bool {
    let mut rest = head;
    let (mut sequences, mut faults) = (0usize, 0usize);
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                sequences += text.chars().filter(|c| !c.is_ascii()).count();
                break;
            }
            Err(err) => {
                let (good, bad) = rest.split_at(err.valid_up_to());
                sequences +=
                    String::from_utf8_lossy(good).chars().filter(|c| !c.is_ascii()).count();
                // No length: the head was cut in the middle of a character, which is no fault.
                let Some(length) = err.error_len() else { break };
                faults += 1;
                rest = &bad[length..];
            }
        }
    }
    faults == 0 || sequences >= faults * 4
}

/// A file's text as UTF-8, without a byte order mark.
pub(crate) struct TextReader<R> {
    source: R,
    /// None for UTF-8: its bytes are handed through and checked row by row.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    text: Vec<u8>,
    position: usize,
    has_started: bool,
    has_ended: bool,
}

impl<R: Read> TextReader<R> {
    pub(crate) fn new(source: R, encoding: TextEncoding) -> Self {
        let is_utf_8 = encoding == TextEncoding::UTF_8;
        TextReader {
            source,
            decoder: (!is_utf_8).then(|| encoding.0.new_decoder_with_bom_removal()),
            raw: vec![0; CHUNK_BYTES],
            text: Vec::new(),
            position: 0,
            has_started: false,
            has_ended: false,
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.position = 0;
        while self.text.is_empty() && !self.has_ended {
            // The first bytes are read together, so that a mark is not seen in pieces.
            let least = if self.has_started { 1 } else { UTF8_BOM.len() };
            let length = read_at_least(&mut self.source, &mut self.raw, least)?;
            self.has_ended = length < least;
            let mut raw = &self.raw[..length];
            match &mut self.decoder {
                Some(decoder) => decode(decoder, raw, self.has_ended, &mut self.text),
                None => {
                    if !self.has_started {
                        raw = raw.strip_prefix(UTF8_BOM).unwrap_or(raw);
                    }
                    self.text.extend_from_slice(raw);
                }
            }
            self.has_started = true;
        }
        Ok(())
    }
}

fn read_at_least(source: &mut impl Read, raw: &mut [u8], least: usize) -> io::Result<usize> {
    let mut length = 0;
    while length < least {
        match source.read(&mut raw[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            Err(err) => return Err(err),
        }
    }
    Ok(length)
}

fn decode(decoder: &mut Decoder, mut raw: &[u8], is_last: bool, text: &mut Vec<u8>) {
    loop {
        let start = text.len();
        let room = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(0);
        text.resize(start + room.max(16), 0);
        let (result, read, written) =
            decoder.decode_to_utf8_without_replacement(raw, &mut text[start..], is_last);
        text.truncate(start + written);
        raw = &raw[read..];
        match result {
            DecoderResult::InputEmpty => return,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => text.push(BAD_BYTE),
        }
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(out.len());
        out[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: Read> BufRead for TextReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.position >= self.text.len() {
            self.refill()?;
        }
        Ok(&self.text[self.position..])
    }

    fn consume(&mut self, length: usize) {
        self.position = (self.position + length).min(self.text.len());
    }
}

#[cfg(test)]
mod tests;
