//! Entries in little memory: sorted rows with the whole serial number in each.
//!
//! A large Italian CRL has over a million entries. Rows are 14, 22 or 26 octets by the length of the serial
//! number; nothing of the CRL itself is kept.

use time::UtcDateTime;

use crate::trust::revocation::{CrlError, Entry, Reason};

/// Rows in order of serial number; an entry is in exactly one of the lists.
#[derive(Default)]
pub(super) struct Index {
    short: Vec<Row<8>>,
    medium: Vec<Row<16>>,
    /// RFC 5280 §4.1.2.2 ends here.
    long: Vec<Row<20>>,
    /// Authorities that do not read RFC 5280.
    longest: Vec<Row<48>>,
    /// Entries with an `invalidityDate`.
    dated: Vec<(Row<48>, [u8; 4])>,
}

impl Index {
    pub(super) fn add(&mut self, serial: &[u8], entry: &Entry) -> Result<(), CrlError> {
        match (entry.invalidity_date, significant(serial).len()) {
            (Some(date), 0..=48) => self.dated.push((Row::new(serial, entry), seconds(date))),
            (None, 0..=8) => self.short.push(Row::new(serial, entry)),
            (None, 9..=16) => self.medium.push(Row::new(serial, entry)),
            (None, 17..=20) => self.long.push(Row::new(serial, entry)),
            (None, 21..=48) => self.longest.push(Row::new(serial, entry)),
            _ => return Err(CrlError::SerialTooLong),
        }
        Ok(())
    }

    pub(super) fn sort(&mut self) {
        settle(&mut self.short);
        settle(&mut self.medium);
        settle(&mut self.long);
        settle(&mut self.longest);
        settle(&mut self.dated);
    }

    pub(super) fn find(&self, serial: &[u8]) -> Option<Entry> {
        let dated = equal(&self.dated, serial, |(row, _)| row).map(|(row, date)| row.entry(Some(*date)));
        match significant(serial).len() {
            0..=8 => worst(equal(&self.short, serial, |row| row).map(|row| row.entry(None)).chain(dated)),
            9..=16 => worst(equal(&self.medium, serial, |row| row).map(|row| row.entry(None)).chain(dated)),
            17..=20 => worst(equal(&self.long, serial, |row| row).map(|row| row.entry(None)).chain(dated)),
            _ => worst(equal(&self.longest, serial, |row| row).map(|row| row.entry(None)).chain(dated)),
        }
    }
}

fn settle<T: Ord>(rows: &mut Vec<T>) {
    rows.sort_unstable();
    rows.shrink_to_fit();
}

/// The rows of one serial number.
fn equal<'a, T, const N: usize>(
    rows: &'a [T],
    serial: &[u8],
    row: impl Fn(&T) -> &Row<N>,
) -> impl Iterator<Item = &'a T> {
    let wanted = Row::<N>::key(serial);
    let start = rows.partition_point(|candidate| row(candidate).as_key() < wanted);
    rows.iter().skip(start).take_while(move |candidate| row(candidate).as_key() == wanted)
}

/// A lasting revocation before a suspension, a suspension before a release, an early date before a late one.
fn worst(entries: impl Iterator<Item = Entry>) -> Option<Entry> {
    entries.min_by_key(|entry| {
        let rank = match entry.reason {
            Reason::RemoveFromCrl => 2,
            Reason::CertificateHold => 1,
            _ => 0,
        };
        (rank, entry.revocation_date)
    })
}

/// One entry. The serial number is kept without leading zeros, with the length of its shortest INTEGER: −1 and 255
/// differ in that length only (`ff` and `00ff`).
#[derive(Clone, Copy, Eq, Ord, PartialEq, PartialOrd)]
struct Row<const N: usize> {
    len: u8,
    serial: [u8; N],
    revoked: [u8; 4],
    reason: u8,
}

impl<const N: usize> Row<N> {
    fn new(serial: &[u8], entry: &Entry) -> Self {
        let (len, serial) = Self::key(serial);
        Self { len, serial, revoked: seconds(entry.revocation_date), reason: entry.reason.code() }
    }

    fn key(serial: &[u8]) -> (u8, [u8; N]) {
        let mut octets = [0; N];
        for (to, from) in octets.iter_mut().zip(significant(serial)) {
            *to = *from;
        }
        (u8::try_from(shortest(serial).len()).unwrap_or(u8::MAX), octets)
    }

    const fn as_key(&self) -> (u8, [u8; N]) {
        (self.len, self.serial)
    }

    fn entry(&self, invalidity: Option<[u8; 4]>) -> Entry {
        Entry {
            revocation_date: date(self.revoked),
            reason: Reason::from_code(self.reason),
            invalidity_date: invalidity.map(date),
        }
    }
}

/// The shortest two's-complement form (X.690 §8.3.2): a padded serial number is the same number.
pub(super) fn shortest(serial: &[u8]) -> &[u8] {
    let padded = serial.windows(2).take_while(|pair| matches!(pair, [0x00, 0x00..=0x7f] | [0xff, 0x80..=0xff])).count();
    serial.get(padded..).unwrap_or_default()
}

fn significant(serial: &[u8]) -> &[u8] {
    let serial = shortest(serial);
    serial.strip_prefix(&[0]).unwrap_or(serial)
}

/// Seconds since 1970, in 32 bits.
fn seconds(time: UtcDateTime) -> [u8; 4] {
    u32::try_from(time.unix_timestamp().max(0)).unwrap_or(u32::MAX).to_be_bytes()
}

fn date(seconds: [u8; 4]) -> UtcDateTime {
    UtcDateTime::from_unix_timestamp(i64::from(u32::from_be_bytes(seconds))).unwrap_or(UtcDateTime::UNIX_EPOCH)
}
