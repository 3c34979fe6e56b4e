//! A virtual CNS: the card as a value that answers APDUs, and a `pcscd` of one's own with the card in its reader.
//!
//! In process: `Cns::carda_prova().answer(command)`. With the real parts: `let bench = CardBench::start();`, then
//! `bench.command("varco")` for whatever is to see the card; all stops when the bench is dropped.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod files;
mod keyset;
mod pcscd;
mod vpcd;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use files::{FileSystem, Selected};
use keyset::{Keyset, Pin};
pub(crate) use pcscd::Pcscd;
pub(crate) use vpcd::Inserted;

/// PIN and PUK of the keyset for authentication (CNS0), in which OpenSC finds key and certificate `01`.
pub(crate) const PIN: &str = "12345678";
pub(crate) const PUK: &str = "87654321";
/// PIN and PUK of the keyset for signatures (CNS1), key and certificate `10`, on the second token.
pub(crate) const SIGNATURE_PIN: &str = "23456789";
pub(crate) const SIGNATURE_PUK: &str = "98765432";

/// The sixteen texts of `EF_DatiPersonali` of the person whom the certificates name; nobody is called so.
pub(crate) const PERSONAL_DATA: [&str; 16] = [
    "7430",
    "15012025",
    "14012031",
    "PROVA",
    "CARDA",
    "01011990",
    "F",
    "170",
    "PRVCRD90A41H501L",
    "ITA",
    "H501",
    "",
    "0012P1A1990",
    "H501",
    "VIA DELLE PROVE 1",
    "",
];

/// A card. Files and keys survive a reset, what was selected and which PIN was given do not.
pub(crate) struct Cns {
    atr: Vec<u8>,
    files: FileSystem,
    keysets: Vec<Keyset>,
    selected: Selected,
    /// Keys chosen by MSE, for decipherment and for signatures; by their references.
    deciphering: Option<u8>,
    signing: Option<u8>,
    environment_restored: bool,
    chained: Vec<u8>,
    /// Every command since the card was made, secrets left out.
    log: Vec<Vec<u8>>,
}

impl Cns {
    /// The card of Carda Prova: `cns-good` to authenticate, `qualified-card-rsa` to sign.
    pub(crate) fn carda_prova() -> Self {
        Self::new(&personal_data_file(&PERSONAL_DATA), &card_id())
    }

    /// A card with this `EF_DatiPersonali` and this number, and the certificates of Carda Prova.
    pub(crate) fn new(personal_data: &[u8], card_id: &str) -> Self {
        let (authentication, signature) = (leaf("cns-good"), leaf("qualified-card-rsa"));
        let mut files = FileSystem::default();
        files.add(&[0x2F02], [&[0x5A, 0x0A, 0x80, 0x00], [0; 8].as_slice()].concat());
        files.add(&[0x3F02], vec![0; 8]);
        files.add(&[0x1000, 0x1002], [b"VIRTUALE".as_slice(), &[0; 46]].concat());
        files.add(&[0x1000, 0x1003], card_id.as_bytes().to_vec());
        files.add(&[0x1100, 0x1101], padded(authentication.certificate(), 2048));
        files.add(&[0x1100, 0x1102], padded(personal_data.to_vec(), 400));
        for file in [0x1201, 0x1202, 0x1203, 0x4142] {
            files.add(&[0x1200, file], vec![0; 32]);
        }
        files.add(&[0x1400, 0x9010], signature.certificate());
        files.add_closed(&[0x1400, 0x8110]);
        Self {
            atr: cns_atr(0x11),
            files,
            keysets: vec![
                Keyset::new(0x01, authentication.key(), 0x10, Pin::new(PIN, PUK)),
                Keyset::new(0x10, signature.key(), 0x1A, Pin::new(SIGNATURE_PIN, SIGNATURE_PUK)),
            ],
            selected: Selected::default(),
            deciphering: None,
            signing: None,
            environment_restored: false,
            chained: Vec::new(),
            log: Vec::new(),
        }
    }

    /// Another answer to reset, for a card of another kind.
    pub(crate) fn with_atr(mut self, atr: &[u8]) -> Self {
        self.atr = atr.to_vec();
        self
    }

    /// Puts other octets into a file, or takes the file off the card.
    pub(crate) fn with_file(mut self, path: &[u16], content: Option<&[u8]>) -> Self {
        match content {
            Some(content) => self.files.add(path, content.to_vec()),
            None => self.files.remove(path),
        }
        self
    }

    /// The answer to reset.
    pub(crate) fn atr(&self) -> &[u8] {
        &self.atr
    }

    /// Power off and on, or a reset: no PIN is remembered.
    pub(crate) fn reset(&mut self) {
        self.selected = Selected::default();
        (self.deciphering, self.signing) = (None, None);
        self.environment_restored = false;
        self.chained.clear();
        self.keysets.iter_mut().for_each(|keyset| keyset.pin.forget());
    }

    /// The commands that were answered, secrets left out.
    pub(crate) fn log(&self) -> &[Vec<u8>] {
        &self.log
    }

    /// How many wrong entries the PIN of a keyset (0 or 1) still takes.
    pub(crate) fn tries_left(&self, keyset: usize) -> u8 {
        self.keysets[keyset].pin.tries_left()
    }

    /// How many wrong entries its PUK still takes.
    pub(crate) fn unblocking_tries_left(&self, keyset: usize) -> u8 {
        self.keysets[keyset].pin.unblocking_tries_left()
    }

    /// Whether the PIN of a keyset (0 or 1) was given since the last reset.
    pub(crate) fn is_open(&self, keyset: usize) -> bool {
        self.keysets[keyset].pin.is_verified()
    }

    /// Answers a command APDU, short or extended, chained or not.
    pub(crate) fn answer(&mut self, apdu: &[u8]) -> Vec<u8> {
        let holds_secret = apdu.get(1).is_some_and(|instruction| matches!(instruction, 0x20 | 0x24 | 0x2C));
        self.log.push(apdu.iter().copied().take(if holds_secret { 5 } else { usize::MAX }).collect());
        let answer = Received::parse(apdu).and_then(|command| self.carry_out(command));
        let (data, status) = match answer {
            Ok(data) => (data, 0x9000),
            Err(Status(status, data)) => (data, status),
        };
        [data.as_slice(), &status.to_be_bytes()].concat()
    }

    fn carry_out(&mut self, command: Received) -> Result<Vec<u8>, Status> {
        if command.class & 0x10 != 0 {
            self.chained.extend(command.data);
            return Ok(Vec::new());
        }
        let data = [std::mem::take(&mut self.chained), command.data].concat();
        if command.class != 0 {
            return Err(Status::of(0x6E00));
        }
        let (p1, p2) = (command.p1, command.p2);
        match command.instruction {
            0xA4 => self.selected.select(&self.files, p1, p2, &data),
            0xB0 => self.selected.read(&self.files, p1, p2, command.expected),
            0x20 => self.pin(p2)?.verify(&data),
            0x24 => self.pin(p2)?.change(&data),
            0x2C => self.pin(p2)?.unblock(&data),
            0x22 => self.manage_environment(p1, p2, &data),
            0x2A => self.perform_operation(p1, p2, &data),
            0x84 => Ok((0..command.expected.unwrap_or(8)).map(|octet| octet.to_le_bytes()[0]).collect()),
            _ => Err(Status::of(0x6D00)),
        }
    }

    /// A PIN by its reference; its first bit, which ST Incard cards want, does not count.
    fn pin(&mut self, reference: u8) -> Result<&mut Pin, Status> {
        let keyset = self.keysets.iter_mut().find(|keyset| keyset.pin_reference == reference & 0x7F);
        keyset.map(|keyset| &mut keyset.pin).ok_or(Status::of(0x6A88))
    }

    /// MANAGE SECURITY ENVIRONMENT: RESTORE `F3 03`, or SET of a key for a template (`B8` confidentiality, `B6` signature).
    fn manage_environment(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result<Vec<u8>, Status> {
        match (p1, p2, data) {
            (0xF3, 0x03, _) => {
                self.environment_restored = true;
                (self.deciphering, self.signing) = (None, None);
            }
            (0xF1, 0xB6 | 0xB8, [0x83 | 0x84, 0x01, key]) => {
                if !self.keysets.iter().any(|keyset| keyset.key_reference == *key) {
                    return Err(Status::of(0x6A88));
                }
                let template = if p2 == 0xB6 { &mut self.signing } else { &mut self.deciphering };
                *template = Some(*key);
            }
            _ => return Err(Status::of(0x6A86)),
        }
        Ok(Vec::new())
    }

    /// PERFORM SECURITY OPERATION: COMPUTE DIGITAL SIGNATURE `9E 9A` or DECIPHER `80 86`, both the bare RSA operation.
    fn perform_operation(&mut self, p1: u8, p2: u8, data: &[u8]) -> Result<Vec<u8>, Status> {
        let (key, input) = match (p1, p2, data) {
            (0x9E, 0x9A, input) => (self.signing, input),
            // The first octet says how the cryptogram is padded.
            (0x80, 0x86, [0x00, input @ ..]) => (self.deciphering, input),
            _ => return Err(Status::of(0x6A86)),
        };
        let key = key.filter(|_| self.environment_restored).ok_or(Status::of(0x6985))?;
        let keyset = self.keysets.iter().find(|keyset| keyset.key_reference == key).ok_or(Status::of(0x6A88))?;
        keyset.operate(input)
    }
}

/// A status word that is not `9000`, with what may stand before it.
struct Status(u16, Vec<u8>);

impl Status {
    const fn of(word: u16) -> Self {
        Self(word, Vec::new())
    }
}

/// A command as it was received (ISO/IEC 7816-4 §5.2).
struct Received {
    class: u8,
    instruction: u8,
    p1: u8,
    p2: u8,
    data: Vec<u8>,
    expected: Option<usize>,
}

impl Received {
    fn parse(apdu: &[u8]) -> Result<Self, Status> {
        let [class, instruction, p1, p2, body @ ..] = apdu else { return Err(Status::of(0x6700)) };
        let (data, expected) = match body {
            [] => (&[][..], None),
            [length] => (&[][..], Some(short(*length))),
            [0, high, low] => (&[][..], Some(extended(*high, *low))),
            [0, high, low, rest @ ..] => split(rest, usize::from(u16::from_be_bytes([*high, *low])))?,
            [length, rest @ ..] => split(rest, usize::from(*length))?,
        };
        Ok(Self { class: *class, instruction: *instruction, p1: *p1, p2: *p2, data: data.to_vec(), expected })
    }
}

fn split(rest: &[u8], length: usize) -> Result<(&[u8], Option<usize>), Status> {
    let (data, after) = rest.split_at_checked(length).ok_or(Status::of(0x6700))?;
    match after {
        [] => Ok((data, None)),
        [length] => Ok((data, Some(short(*length)))),
        [high, low] => Ok((data, Some(extended(*high, *low)))),
        _ => Err(Status::of(0x6700)),
    }
}

fn short(length: u8) -> usize {
    if length == 0 { 256 } else { usize::from(length) }
}

fn extended(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65_536,
        length => usize::from(length),
    }
}

/// `EF_DatiPersonali` with these texts.
pub(crate) fn personal_data_file(values: &[&str]) -> Vec<u8> {
    let fields = values.iter().map(|value| format!("{:02X}{value}", value.len())).collect::<Vec<_>>().concat();
    format!("{:06X}{fields}", fields.len()).into_bytes()
}

/// The number of the card of Carda Prova: in the name of its certificate, between the first `/` and the `.`.
pub(crate) fn card_id() -> String {
    let certificate = openssl::x509::X509::from_der(&leaf("cns-good").certificate()).unwrap();
    let name = certificate.subject_name().entries_by_nid(openssl::nid::Nid::COMMONNAME).next().unwrap();
    let name = name.data().to_string().unwrap();
    name.split_once('/').unwrap().1.split_once('.').unwrap().0.to_owned()
}

/// The answer to reset of a CNS whose makers have no number, with this version of the specification.
pub(crate) fn cns_atr(version: u8) -> Vec<u8> {
    let mut atr = vec![0x3B, 0xFF, 0x18, 0x00, 0x00, 0x81, 0x31, 0xFE, 0x45];
    atr.extend([0x00, 0x6B, 0x00, 0x00, 0x01, 0x00, 0x01, 0x11, 0x01]);
    atr.extend([b'C', b'N', b'S', version, 0x31, 0x80]);
    atr.push(atr.iter().skip(1).fold(0, |check, octet| check ^ octet));
    atr
}

fn padded(mut octets: Vec<u8>, length: usize) -> Vec<u8> {
    octets.resize(length.max(octets.len()), 0);
    octets
}

/// A certificate of the synthetic PKI and its key.
struct Leaf {
    stem: PathBuf,
}

fn leaf(name: &str) -> Leaf {
    Leaf { stem: repository().join("certs/pki/leaves").join(name) }
}

impl Leaf {
    fn certificate(&self) -> Vec<u8> {
        let pem = std::fs::read(self.stem.with_extension("pem")).unwrap();
        openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap()
    }

    fn key(&self) -> openssl::rsa::Rsa<openssl::pkey::Private> {
        let pem = std::fs::read(self.stem.with_extension("key")).unwrap();
        openssl::pkey::PKey::private_key_from_pem(&pem).unwrap().rsa().unwrap()
    }
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What happens while a card is used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Mishap {
    CardPulled,
    ReaderUnplugged,
    /// `pcscd` is gone without a word.
    ServiceKilled,
}

/// A `pcscd` with the card of Carda Prova in its first reader.
pub(crate) struct CardBench {
    card: Arc<Mutex<Cns>>,
    inserted: Option<Inserted>,
    pub(crate) pcscd: Pcscd,
}

impl CardBench {
    /// Starts it with the card of Carda Prova.
    pub(crate) fn start() -> Self {
        Self::with(Cns::carda_prova())
    }

    /// Starts it with another card.
    pub(crate) fn with(card: Cns) -> Self {
        let mut bench = Self { card: Arc::new(Mutex::new(card)), inserted: None, pcscd: Pcscd::start() };
        bench.insert();
        bench
    }

    /// A program that is to see the card: it gets the socket of this `pcscd`, our configuration of OpenSC, and a home of
    /// its own.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.pcscd.command(program)
    }

    /// The name of the reader with the card.
    #[expect(clippy::unused_self, reason = "whoever has a bench asks it")]
    pub(crate) fn reader(&self) -> String {
        Pcscd::reader(0)
    }

    /// The card itself, to look at it or to change it.
    pub(crate) fn card(&self) -> MutexGuard<'_, Cns> {
        self.card.lock().unwrap()
    }

    /// Puts the card in; returns when readers tell of it.
    pub(crate) fn insert(&mut self) {
        // The virtual reader may take a card for the one that was pulled out a moment ago: it is put in once more then.
        for _ in 0..6 {
            self.inserted = None;
            self.inserted = Some(Inserted::new(Arc::clone(&self.card), self.pcscd.port(0)));
            if self.holds_within(Duration::from_secs(5), |bench| bench.is_told(true)) {
                return;
            }
        }
        panic!("the reader never told that there is a card");
    }

    /// Takes the card out; returns when readers tell of it.
    pub(crate) fn remove(&mut self) {
        self.inserted = None;
        let is_told = self.holds_within(Duration::from_secs(30), |bench| bench.is_told(false));
        assert!(is_told, "the reader never told that there is no card");
    }

    fn holds_within(&self, allowed: Duration, holds: impl Fn(&Self) -> bool) -> bool {
        let started = Instant::now();
        while !holds(self) {
            if started.elapsed() > allowed {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(100));
        }
        true
    }

    fn is_told(&self, present: bool) -> bool {
        let readers = self.listed();
        readers[0]["present"] == present && readers[0]["atr"].is_string() == present
    }

    fn listed(&self) -> serde_json::Value {
        let output =
            self.command(env!("CARGO_BIN_EXE_varco")).args(["card", "list", "--format", "json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Has a mishap happen in the place of the card's answer to the command of this number, counted from now.
    pub(crate) fn suffer(&self, mishap: Mishap, command: usize) {
        let folder = self.pcscd.folder().to_owned();
        self.inserted.as_ref().unwrap().at_command(command, move || match mishap {
            Mishap::CardPulled => {}
            Mishap::ReaderUnplugged => Pcscd::unplug(&folder),
            Mishap::ServiceKilled => Pcscd::kill_of(&folder),
        });
    }

    /// Does what a person does after a mishap, which may not have happened.
    pub(crate) fn recover(&mut self, mishap: Mishap) {
        self.inserted = None;
        match mishap {
            Mishap::ReaderUnplugged if self.pcscd.is_unplugged() => {
                let has_gone = |bench: &Self| bench.listed().as_array().is_some_and(Vec::is_empty);
                assert!(self.holds_within(Duration::from_secs(30), has_gone), "the reader never went away");
                self.pcscd.plug_in();
            }
            Mishap::ServiceKilled => self.pcscd.restart(),
            Mishap::CardPulled | Mishap::ReaderUnplugged => {}
        }
        self.insert();
    }
}
