//! The password of encrypted documents: read from a file, never from a command line, and wiped when it is done with.

use std::fs::File;
use std::io::{self, Read};

use secrecy::SecretSlice;
use secrecy::zeroize::Zeroizing;

use crate::procedures::verification::{FileFault, Location};

/// Octets of a password and the end of its line; the formats that we read take at most 127.
pub const MAX_PASSWORD_LEN: u64 = 1024;

/// Reads the first line of a file, without what ends it. Octets count as they are, whatever characters they stand for.
pub fn read_password(location: Location<'_>) -> Result<SecretSlice<u8>, FileFault> {
    match location {
        Location::File(path) => read(File::open(path)?),
        Location::StandardInput => read(Unbuffered),
    }
}

/// Standard input without the buffer of the standard library, which nobody wipes.
struct Unbuffered;

impl Read for Unbuffered {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(rustix::stdio::stdin(), into)?)
    }
}

fn read(source: impl Read) -> Result<SecretSlice<u8>, FileFault> {
    let room = usize::try_from(MAX_PASSWORD_LEN).unwrap_or_default().saturating_add(1);
    // Of this size from the start: growing would leave a copy behind.
    let mut octets = Zeroizing::new(Vec::with_capacity(room));
    source.take(MAX_PASSWORD_LEN + 1).read_to_end(&mut octets)?;
    if octets.len() == room {
        return Err(FileFault::TooLarge(MAX_PASSWORD_LEN));
    }
    let line = octets.split(|octet| matches!(octet, b'\r' | b'\n')).next().unwrap_or_default();
    Ok(SecretSlice::from(line.to_vec()))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_password_is_one_line_without_its_end() {
        for (text, expected) in
            [(&b"solo per le prove"[..], &b"solo per le prove"[..]), (b" a \r\nb", b" a "), (b"\n", b""), (b"", b"")]
        {
            assert_eq!(read(text).unwrap().expose_secret(), expected);
        }
        assert!(matches!(read(&[b'x'; 1025][..]), Err(FileFault::TooLarge(1024))));
    }
}
