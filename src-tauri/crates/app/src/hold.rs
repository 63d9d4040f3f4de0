//! Test equipment, compiled only with the feature `journey`: a test can hold a named point until it
//! kills the process there, hold or fail a command by its name, and answer the file dialog.
//!
//! Without the feature every function here does nothing. The environment:
//! `ATTUNE_JOURNEY_DIR` names the folder the test and the program share, `ATTUNE_HOLD` the points,
//! `ATTUNE_HASTE` how many times faster services far away are asked.

use attune_contract::Failure;

/// Passes a named point; where the test holds it, marks it as reached and never returns.
#[cfg(feature = "journey")]
pub fn point(name: &'static str) {
    let held = std::env::var("ATTUNE_HOLD").unwrap_or_default();
    if !held.split(',').any(|point| point == name) {
        return;
    }
    if let Some(folder) = folder() {
        // A marker that cannot be written shows in the test, which waits for it in vain.
        drop(std::fs::write(folder.join(format!("held-{name}")), name));
    }
    // What else waited for this thread goes on with another: only the point is held.
    let is_shared = tokio::runtime::Handle::try_current()
        .is_ok_and(|handle| handle.runtime_flavor() == tokio::runtime::RuntimeFlavor::MultiThread);
    if is_shared { tokio::task::block_in_place(park) } else { park() }
}

#[cfg(feature = "journey")]
fn park() {
    loop {
        std::thread::park();
    }
}

/// Passes a named point.
#[cfg(not(feature = "journey"))]
pub fn point(_: &'static str) {}

/// Tells the test that something happened that the page does not show.
#[cfg(feature = "journey")]
pub fn tell(what: &'static str) {
    if let Some(folder) = folder() {
        // A word that cannot be left shows in the test, which waits for it in vain.
        drop(std::fs::write(folder.join(format!("told-{what}")), what));
    }
}

/// Tells nobody.
#[cfg(not(feature = "journey"))]
pub fn tell(_: &'static str) {}

/// Waits while the test holds this command, then fails it if the test says so.
#[cfg(feature = "journey")]
pub(crate) async fn command(name: &'static str) -> Result<(), Failure> {
    while lists("hold", name) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    if lists("fail", name) { Err(crate::failures::internal("failed by the test")) } else { Ok(()) }
}

/// Does nothing.
#[cfg(not(feature = "journey"))]
#[expect(clippy::unused_async, reason = "the same shape as with the feature")]
pub(crate) async fn command(_: &'static str) -> Result<(), Failure> {
    Ok(())
}

/// The file the test wants picked next, if it stands in for the dialog.
#[cfg(feature = "journey")]
#[must_use]
pub fn next_pick() -> Option<Option<std::path::PathBuf>> {
    let queue = folder()?.join("picks");
    let text = std::fs::read_to_string(&queue).ok()?;
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    std::fs::write(&queue, rest).ok()?;
    Some(Some(first.trim()).filter(|path| !path.is_empty()).map(Into::into))
}

/// No test stands in for the dialog.
#[cfg(not(feature = "journey"))]
#[must_use]
pub fn next_pick() -> Option<Option<std::path::PathBuf>> {
    None
}

/// The file the test dropped on the window, once.
#[cfg(feature = "journey")]
#[must_use]
pub fn next_drop() -> Option<std::path::PathBuf> {
    let queue = folder()?.join("drop");
    let text = std::fs::read_to_string(&queue).ok().filter(|text| text.ends_with('\n'))?;
    std::fs::remove_file(&queue).ok()?;
    Some(text.trim().into())
}

/// How services far away are waited for: so many times as short as `ATTUNE_HASTE` says.
#[cfg(feature = "journey")]
#[must_use]
pub fn pauses() -> std::sync::Arc<dyn attune_services::Pauses> {
    let haste = std::env::var("ATTUNE_HASTE").ok().and_then(|haste| haste.parse().ok());
    std::sync::Arc::new(Hasty {
        haste: haste.filter(|haste| *haste > 0).unwrap_or(1),
        began: (std::time::Instant::now(), std::time::SystemTime::now()),
    })
}

/// How services far away are waited for.
#[cfg(not(feature = "journey"))]
#[must_use]
pub fn pauses() -> std::sync::Arc<dyn attune_services::Pauses> {
    std::sync::Arc::new(attune_services::SystemPauses)
}

#[cfg(feature = "journey")]
#[derive(Debug)]
struct Hasty {
    haste: u32,
    began: (std::time::Instant, std::time::SystemTime),
}

#[cfg(feature = "journey")]
impl attune_services::Pauses for Hasty {
    fn now(&self) -> std::time::SystemTime {
        let (began, at) = self.began;
        at + began.elapsed() * self.haste
    }

    fn wait(
        &self,
        pause: std::time::Duration,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(pause / self.haste))
    }

    fn chance(&self) -> f64 {
        0.5
    }
}

/// The second migration that a test adds, to kill the program inside it.
#[must_use]
pub fn extra_migration() -> bool {
    cfg!(feature = "journey") && std::env::var_os("ATTUNE_EXTRA_MIGRATION").is_some()
}

#[cfg(feature = "journey")]
fn folder() -> Option<std::path::PathBuf> {
    std::env::var_os("ATTUNE_JOURNEY_DIR").map(Into::into)
}

#[cfg(feature = "journey")]
fn lists(file: &str, name: &str) -> bool {
    folder()
        .and_then(|folder| std::fs::read_to_string(folder.join(file)).ok())
        .is_some_and(|text| text.lines().any(|line| line.trim() == name))
}
