//! Timing a program: its seconds, its most memory, and when each of its lines came.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::{SectionError, hardware};

/// How often a running program's memory is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// One run of a program.
#[derive(Debug)]
pub(super) struct Timed {
    pub(super) seconds: f64,
    /// The most memory it held, in MiB; none where the system does not tell.
    pub(super) peak_mebibytes: Option<u64>,
    /// Its lines on standard output, with the seconds since its start.
    pub(super) lines: Vec<(f64, String)>,
    pub(super) code: Option<i32>,
}

/// Runs a program to its end.
pub(super) fn time(command: &mut Command) -> Result<Timed, SectionError> {
    let start = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let out = child.stdout.take().expect("standard output was asked for");
    let (sender, lines) = mpsc::channel();
    let reader = thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if sender.send((start.elapsed().as_secs_f64(), line)).is_err() {
                return;
            }
        }
    });
    let (code, peak_mebibytes) = watch(&mut child)?;
    let seconds = start.elapsed().as_secs_f64();
    // The reader ends with the program's output; a panic in it cannot be, it only sends.
    drop(reader.join());
    Ok(Timed { seconds, peak_mebibytes, lines: lines.into_iter().collect(), code })
}

fn watch(child: &mut Child) -> Result<(Option<i32>, Option<u64>), SectionError> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        // Linux keeps the highest value itself, so a look shortly before the end is enough.
        if let Ok(text) = std::fs::read_to_string(&status) {
            let kibibytes = hardware::field(&text, "VmHWM").and_then(|it| it.split(' ').next());
            let mebibytes = kibibytes.and_then(|it| it.parse::<u64>().ok()).map(|it| it / 1024);
            peak = peak.max(mebibytes);
        }
        if let Some(ended) = child.try_wait()? {
            return Ok((ended.code(), peak));
        }
        thread::sleep(LOOK);
    }
}

/// The middle value; of an even number the upper of the two.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
