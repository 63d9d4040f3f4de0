//! The events of a job: an append-only file, one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::clock::{new_id, now_seconds};

/// Something that happened to a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) created_at: u64,
    pub(crate) level: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) message: String,
    pub(crate) data: Value,
}

impl Event {
    /// As OpenAI shows an event.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "object": "fine_tuning.job.event", "id": self.id, "created_at": self.created_at,
            "level": self.level, "type": self.kind, "message": self.message, "data": self.data,
        })
    }
}

/// Where the lines of events go.
pub(crate) trait Lines: Write {
    /// Leaves the first `length` bytes.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// Makes sure that everything written survives a loss of power.
    fn sync(&self) -> io::Result<()>;
}

impl Lines for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// The events of one job, oldest first.
pub(crate) struct EventLog<Out = File> {
    out: Out,
    /// Bytes of the lines that are there whole.
    whole: u64,
    /// Whether part of a line stands behind them, because the disk was full.
    is_torn: bool,
    events: Vec<Event>,
}

impl EventLog {
    /// Opens or makes the log at `path`. A line that a crash cut short is taken off, and a broken one
    /// does not hide those behind it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut text = Vec::new();
        io::Read::read_to_end(&mut file, &mut text)?;
        let mut events = Vec::new();
        let mut whole = 0;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            if !line.ends_with(b"\n") {
                break;
            }
            events.extend(serde_json::from_slice::<Event>(line).ok());
            whole += line.len() as u64;
        }
        file.set_len(whole)?;
        Ok(Self { out: file, whole, is_torn: false, events })
    }
}

impl<Out: Lines> EventLog<Out> {
    /// Appends an event; it is on its way to the disk when this returns. After an error nothing of it
    /// is there.
    pub(crate) fn append(
        &mut self,
        level: &str,
        kind: &str,
        message: String,
        data: Value,
    ) -> io::Result<()> {
        let event = Event {
            id: new_id("ftevent-"),
            created_at: now_seconds(),
            level: level.to_owned(),
            kind: kind.to_owned(),
            message,
            data,
        };
        let mut line = serde_json::to_vec(&event)?;
        line.push(b'\n');
        if self.is_torn {
            self.out.cut(self.whole)?;
        }
        let written = self.out.write_all(&line);
        // Half a line would run into the next one, and neither could be read.
        self.is_torn = written.is_err() && self.out.cut(self.whole).is_err();
        written?;
        self.whole += line.len() as u64;
        self.events.push(event);
        Ok(())
    }

    /// Makes sure that everything appended survives a loss of power.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.out.sync()
    }

    /// At most `limit` events before the one named `after`, newest first, and whether older ones
    /// remain. None if there is no event of that name.
    pub(crate) fn page(&self, after: Option<&str>, limit: usize) -> Option<(Vec<Event>, bool)> {
        let end = match after {
            Some(after) => self.events.iter().rposition(|event| event.id == after)?,
            None => self.events.len(),
        };
        let start = end.saturating_sub(limit);
        let page = self.events[start..end].iter().rev().cloned().collect();
        Some((page, start > 0))
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::{self, Write};

    use serde_json::json;

    use super::{EventLog, Lines};

    #[test]
    fn pages_go_from_the_newest_to_the_oldest() {
        let home = tempfile::tempdir().unwrap();
        let mut log = EventLog::open(&home.path().join("events.jsonl")).unwrap();
        for number in 0..5 {
            log.append("info", "message", number.to_string(), json!({})).unwrap();
        }
        let mut seen = Vec::new();
        let mut after = None;
        while let Some((page, more)) = log.page(after.as_deref(), 2) {
            seen.extend(page.iter().map(|event| event.message.clone()));
            after = page.last().map(|event| event.id.clone());
            if !more {
                break;
            }
        }
        assert_eq!(seen, ["4", "3", "2", "1", "0"]);
        assert!(log.page(Some("unknown"), 2).is_none());
    }

    /// A disk with room for so many more bytes, which sometimes cannot even be cut.
    struct FullDisk {
        file: File,
        room: usize,
        can_cut: bool,
    }

    impl Write for FullDisk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let written = self.file.write(&bytes[..bytes.len().min(self.room)])?;
            self.room -= written;
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines for FullDisk {
        fn cut(&mut self, length: u64) -> io::Result<()> {
            if self.can_cut { self.file.set_len(length) } else { Err(io::ErrorKind::Other.into()) }
        }

        fn sync(&self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_costs_the_event_and_not_the_history() {
        for can_cut in [true, false] {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("events.jsonl");
            let EventLog { out: file, whole, is_torn, events } = EventLog::open(&path).unwrap();
            let out = FullDisk { file, room: usize::MAX, can_cut };
            let mut log = EventLog { out, whole, is_torn, events };
            let say = |log: &mut EventLog<_>, text: &str| {
                log.append("info", "message", text.into(), json!({}))
            };
            say(&mut log, "before").unwrap();
            log.out.room = 20;
            let error = say(&mut log, "lost").unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::StorageFull);
            (log.out.room, log.out.can_cut) = (usize::MAX, true);
            say(&mut log, "after").unwrap();
            say(&mut log, "last").unwrap();
            let (page, _) = EventLog::open(&path).unwrap().page(None, 9).unwrap();
            let messages: Vec<_> = page.iter().map(|event| event.message.as_str()).collect();
            assert_eq!(messages, ["last", "after", "before"]);
        }
    }

    #[test]
    fn a_broken_line_does_not_hide_those_behind_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append("info", "message", "first".into(), json!({})).unwrap();
        let whole = fs::read(&path).unwrap();
        // The second one ends inside a character.
        for broken in [&b"{\"id\":1{\n"[..], &"{\"id\":\"\u{fc}".as_bytes()[..8], b"\xff\n"] {
            let end = if broken.ends_with(b"\n") { &b""[..] } else { b"\n" };
            fs::write(&path, [&whole[..], broken, end, &whole[..]].concat()).unwrap();
            let (page, _) = EventLog::open(&path).unwrap().page(None, 9).unwrap();
            assert_eq!(page.len(), 2, "{broken:?}");
        }
    }

    #[test]
    fn a_line_cut_by_a_crash_is_taken_off() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append("info", "message", "kept".into(), json!({})).unwrap();
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], &whole[..20]].concat()).unwrap();
        let mut log = EventLog::open(&path).unwrap();
        log.append("info", "message", "next".into(), json!({})).unwrap();
        let (page, _) = EventLog::open(&path).unwrap().page(None, 9).unwrap();
        let messages: Vec<_> = page.iter().map(|event| event.message.as_str()).collect();
        assert_eq!(messages, ["next", "kept"]);
    }
}
