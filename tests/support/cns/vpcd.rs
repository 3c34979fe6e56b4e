//! The card in a reader of `vpcd`, the virtual reader of vsmartcard.
//!
//! The card is a TCP client. Each message is two octets of length and as many octets, both ways; of one octet, it is an
//! order (0 power off, 1 power on, 2 reset, 4 answer to reset), else a command APDU.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Cns;

/// A card in a reader. It is taken out when this is dropped.
pub(crate) struct Inserted {
    stream: TcpStream,
    pending: Arc<Mutex<Option<Pending>>>,
    thread: Option<JoinHandle<()>>,
}

/// What happens in the place of the answer to a command; the card is gone with it.
struct Pending {
    commands_left: usize,
    mishap: Box<dyn FnOnce() + Send>,
}

impl Inserted {
    /// Puts a card into the reader that listens on this port, as soon as it does.
    pub(crate) fn new(card: Arc<Mutex<Cns>>, port: u16) -> Self {
        let stream = connect(port);
        card.lock().unwrap().reset();
        let pending = Arc::new(Mutex::new(None));
        let link = Link { stream: stream.try_clone().unwrap(), card, pending: Arc::clone(&pending) };
        // However the link ends, the card is out of the reader then.
        let thread = thread::spawn(move || drop(link.serve()));
        Self { stream, pending, thread: Some(thread) }
    }

    /// Has something happen in the place of the answer to the command of this number, counted from now; then the card is
    /// out of the reader.
    pub(crate) fn at_command(&self, command: usize, mishap: impl FnOnce() + Send + 'static) {
        *self.pending.lock().unwrap() = Some(Pending { commands_left: command, mishap: Box::new(mishap) });
    }
}

impl Drop for Inserted {
    fn drop(&mut self) {
        // It may have been taken out already.
        let _closed = self.stream.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn connect(port: u16) -> TcpStream {
    let started = Instant::now();
    loop {
        match TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            Ok(stream) => return stream,
            Err(error) => assert!(started.elapsed() < Duration::from_secs(20), "no reader on port {port}: {error}"),
        }
        thread::park_timeout(Duration::from_millis(50));
    }
}

struct Link {
    stream: TcpStream,
    card: Arc<Mutex<Cns>>,
    pending: Arc<Mutex<Option<Pending>>>,
}

impl Link {
    fn serve(mut self) -> io::Result<()> {
        let served = self.messages();
        self.stream.shutdown(Shutdown::Both)?;
        served
    }

    fn messages(&mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        loop {
            let length = self.read(2)?;
            let message = self.read(usize::from(u16::from_be_bytes([length[0], length[1]])))?;
            let answer = match *message {
                [4] => self.card.lock().unwrap().atr().to_vec(),
                [_] => {
                    self.card.lock().unwrap().reset();
                    continue;
                }
                ref apdu => {
                    if let Some(mishap) = self.due() {
                        mishap();
                        return Ok(());
                    }
                    self.card.lock().unwrap().answer(apdu)
                }
            };
            let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
            self.stream.write_all(&[&length, answer.as_slice()].concat())?;
        }
    }

    /// What is to happen now, if anything is.
    fn due(&self) -> Option<Box<dyn FnOnce() + Send>> {
        let mut pending = self.pending.lock().unwrap();
        let waits = pending.as_mut()?;
        if waits.commands_left == 0 {
            return pending.take().map(|pending| pending.mishap);
        }
        waits.commands_left -= 1;
        None
    }

    /// `vpcd` sends length and message apart, with Nagle's algorithm on: without an acknowledgement at once the second
    /// waits for 40 ms. The option does not last, it is set again before each read.
    fn read(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut octets = vec![0; length];
        let mut filled = 0;
        while filled < length {
            self.stream.set_quickack(true)?;
            match self.stream.read(&mut octets[filled..])? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => filled += count,
            }
        }
        self.stream.set_quickack(true)?;
        Ok(octets)
    }
}
