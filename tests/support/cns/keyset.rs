//! A key of the card and the PIN that it wants.

use openssl::pkey::Private;
use openssl::rsa::{Padding, Rsa};

use super::Status;

/// A key, and the PIN that it wants.
pub(super) struct Keyset {
    pub(super) key_reference: u8,
    pub(super) pin_reference: u8,
    pub(super) pin: Pin,
    key: Rsa<Private>,
}

/// A PIN with its PUK and the counters of both.
pub(super) struct Pin {
    value: [u8; 8],
    unblocking: [u8; 8],
    tries_left: u8,
    unblocking_tries_left: u8,
    verified: bool,
}

const TRIES: u8 = 3;
const UNBLOCKING_TRIES: u8 = 10;

impl Keyset {
    pub(super) fn new(key_reference: u8, key: Rsa<Private>, pin_reference: u8, pin: Pin) -> Self {
        Self { key_reference, pin_reference, pin, key }
    }

    /// The bare operation with the private key. A shorter input is padded as a signature is (RFC 8017 §9.2, type 1).
    pub(super) fn operate(&self, input: &[u8]) -> Result<Vec<u8>, Status> {
        if !self.pin.verified {
            return Err(Status::of(0x6982));
        }
        let size = usize::try_from(self.key.size()).unwrap();
        let padding = if input.len() == size { Padding::NONE } else { Padding::PKCS1 };
        let mut output = vec![0; size];
        self.key.private_encrypt(input, &mut output, padding).map_err(|_| Status::of(0x6A80))?;
        Ok(output)
    }
}

impl Pin {
    pub(super) fn new(value: &str, unblocking: &str) -> Self {
        Self {
            value: block(value),
            unblocking: block(unblocking),
            tries_left: TRIES,
            unblocking_tries_left: UNBLOCKING_TRIES,
            verified: false,
        }
    }

    pub(super) fn tries_left(&self) -> u8 {
        self.tries_left
    }

    pub(super) fn unblocking_tries_left(&self) -> u8 {
        self.unblocking_tries_left
    }

    pub(super) fn is_verified(&self) -> bool {
        self.verified
    }

    pub(super) fn forget(&mut self) {
        self.verified = false;
    }

    /// VERIFY. An empty body counts as a wrong PIN: there are cards that do so.
    pub(super) fn verify(&mut self, data: &[u8]) -> Result<Vec<u8>, Status> {
        if self.tries_left == 0 {
            return Err(Status::of(0x6983));
        }
        self.verified = *data == self.value;
        if self.verified {
            self.tries_left = TRIES;
            return Ok(Vec::new());
        }
        self.tries_left -= 1;
        Err(refusal(self.tries_left))
    }

    /// CHANGE REFERENCE DATA: the old PIN, then the new one.
    pub(super) fn change(&mut self, data: &[u8]) -> Result<Vec<u8>, Status> {
        let (old, new) = two(data)?;
        self.verify(&old)?;
        self.value = new;
        Ok(Vec::new())
    }

    /// RESET RETRY COUNTER: the PUK, then the new PIN.
    pub(super) fn unblock(&mut self, data: &[u8]) -> Result<Vec<u8>, Status> {
        let (puk, new) = two(data)?;
        if self.unblocking_tries_left == 0 {
            return Err(Status::of(0x6983));
        }
        if puk != self.unblocking {
            self.unblocking_tries_left -= 1;
            return Err(refusal(self.unblocking_tries_left));
        }
        self.unblocking_tries_left = UNBLOCKING_TRIES;
        (self.value, self.tries_left) = (new, TRIES);
        Ok(Vec::new())
    }
}

fn refusal(tries_left: u8) -> Status {
    Status::of(if tries_left == 0 { 0x6983 } else { 0x63C0 | u16::from(tries_left) })
}

fn two(data: &[u8]) -> Result<([u8; 8], [u8; 8]), Status> {
    let (first, second) = data.split_at_checked(8).ok_or(Status::of(0x6700))?;
    let second = second.try_into().map_err(|_| Status::of(0x6700))?;
    Ok((first.try_into().unwrap(), second))
}

/// A PIN fills eight octets, `FF` after it.
fn block(pin: &str) -> [u8; 8] {
    let mut block = [0xFF; 8];
    block[..pin.len()].copy_from_slice(pin.as_bytes());
    block
}
