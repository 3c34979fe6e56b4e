//! A PIN from the keyboard, that nobody sees.

use std::io;

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, read, write};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::SecretSlice;
use secrecy::zeroize::Zeroizing;

/// More than any PIN; what follows is not taken.
const MAX_LEN: usize = 300;

/// Asks for one line on the terminal of this process, without showing it; `None` when whoever is there gives up (Ctrl-C,
/// Ctrl-D). There must be a terminal: standard input and output may be anything.
pub(super) fn ask(prompt: &str) -> io::Result<Option<SecretSlice<u8>>> {
    let terminal = open("/dev/tty", OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let quiet = Quiet::begin(&terminal)?;
    write(&terminal, prompt.as_bytes())?;
    let entered = read_line(&terminal);
    write(&terminal, b"\n")?;
    drop(quiet);
    entered
}

/// Octets as they are typed: the driver of the terminal keeps no line that nobody wipes.
fn read_line(terminal: &OwnedFd) -> io::Result<Option<SecretSlice<u8>>> {
    // Of this size from the start: growing would leave a copy behind.
    let mut line = Zeroizing::new(Vec::with_capacity(MAX_LEN));
    loop {
        let mut octet = Zeroizing::new([0]);
        match read(terminal, octet.as_mut_slice()) {
            Err(Errno::INTR) => continue,
            Ok(0) => return Ok(None),
            read => read?,
        };
        match *octet {
            [b'\r' | b'\n'] => return Ok(Some(SecretSlice::from(line.to_vec()))),
            // End of text (Ctrl-C), end of transmission (Ctrl-D).
            [0x03 | 0x04] => return Ok(None),
            [0x08 | 0x7f] => {
                line.pop();
            }
            [octet] if line.len() < MAX_LEN => line.push(octet),
            [_] => {}
        }
    }
}

/// A terminal that shows nothing and hands over each key, until this is dropped.
struct Quiet<'t> {
    terminal: &'t OwnedFd,
    before: Termios,
}

impl<'t> Quiet<'t> {
    fn begin(terminal: &'t OwnedFd) -> io::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut quiet = before.clone();
        // Without signals from keys: ended by one, this process would leave the terminal silent.
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG | LocalModes::IEXTEN;
        tcsetattr(terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        let _nothing_else_can_be_done = tcsetattr(self.terminal, OptionalActions::Flush, &self.before);
    }
}
