//! How far reading a large file has come, on a terminal.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};

/// Smaller files are done before anybody looks.
const WORTH_SHOWING: u64 = 64 * 1024 * 1024;

/// A line on standard error that is written again with each per cent.
pub(super) struct ProgressLine {
    shown: AtomicU64,
    visible: bool,
}

impl ProgressLine {
    /// Nothing is shown yet, and never where nobody would see it.
    pub(super) fn new() -> Self {
        Self { shown: AtomicU64::new(0), visible: io::stderr().is_terminal() }
    }

    /// Takes note that `read` of `total` octets were read.
    pub(super) fn update(&self, read: u64, total: u64) {
        if !self.visible || total < WORTH_SHOWING {
            return;
        }
        let percent = read.saturating_mul(100).checked_div(total).unwrap_or(100);
        if self.shown.fetch_max(percent, Ordering::Relaxed) < percent {
            let _nobody_looks = write!(io::stderr().lock(), "\rLettura del file: {percent} %");
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        if self.shown.load(Ordering::Relaxed) > 0 {
            let _nobody_looks = write!(io::stderr().lock(), "\r\u{1b}[K");
        }
    }
}
