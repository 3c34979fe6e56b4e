//! The card in a reader of `vpcd`, the virtual reader of vsmartcard.
//!
//! The card is a TCP client. Each message is two octets of length and as many octets, both ways; of one octet, it is an
//! order (0 power off, 1 power on, 2 reset, 4 answer to reset), else a command APDU.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Cns;

/// A card in a reader. It is taken out when this is dropped.
pub(crate) struct Inserted {
    stream: TcpStream,
    commands_left: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Inserted {
    /// Puts a card into the reader that listens on this port, as soon as it does.
    pub(crate) fn new(card: Arc<Mutex<Cns>>, port: u16) -> Self {
        let stream = connect(port);
        card.lock().unwrap().reset();
        let commands_left = Arc::new(AtomicUsize::new(usize::MAX));
        let link = Link { stream: stream.try_clone().unwrap(), card, commands_left: Arc::clone(&commands_left) };
        // However the link ends, the card is out of the reader then.
        let thread = thread::spawn(move || drop(link.serve()));
        Self { stream, commands_left, thread: Some(thread) }
    }

    /// Takes the card out in the place of its answer to the command of this number, counted from now.
    pub(crate) fn remove_at(&self, command: usize) {
        self.commands_left.store(command, Ordering::SeqCst);
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
    commands_left: Arc<AtomicUsize>,
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
                    if self.commands_left.fetch_sub(1, Ordering::SeqCst) == 0 {
                        return Ok(());
                    }
                    self.card.lock().unwrap().answer(apdu)
                }
            };
            let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
            self.stream.write_all(&[&length, answer.as_slice()].concat())?;
        }
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
