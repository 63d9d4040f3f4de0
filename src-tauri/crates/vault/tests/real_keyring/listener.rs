//! Everything that any library says at any level, kept to be searched for a key.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::fmt::MakeWriter;

/// All that was said.
#[derive(Clone, Default)]
pub(crate) struct Listener(Arc<Mutex<Vec<u8>>>);

impl Listener {
    /// Listens to both ways in which libraries log.
    pub(crate) fn start() -> super::Outcome<Self> {
        let listener = Self::default();
        let everything = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        let everything = everything.with_ansi(false).with_writer(listener.clone()).finish();
        tracing::subscriber::set_global_default(everything)?;
        // It listens until the process ends.
        log::set_logger(Box::leak(Box::new(listener.clone())))
            .map_err(|error| error.to_string())?;
        log::set_max_level(log::LevelFilter::Trace);
        Ok(listener)
    }

    /// What was said until now.
    pub(crate) fn heard(&self) -> String {
        let said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&said).into_owned()
    }
}

impl Write for Listener {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Listener {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl log::Log for Listener {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let (level, target, words) = (record.level(), record.target(), record.args());
        // Into memory: this cannot fail.
        _ = writeln!(self.clone(), "{level} {target}: {words}");
    }

    fn flush(&self) {}
}
