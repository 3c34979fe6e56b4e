//! What opens encrypted PDF files (ISO 32000-2 §7.6). Nothing else may rely on it: RC4 protects nothing.

use openssl::symm::{Cipher, Crypter, Mode};

/// RC4, which is its own inverse; ours, since libraries leave it out by now.
pub fn rc4(key: &[u8], octets: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    let mut swap = 0_u8;
    for (at, key) in (0..=255_u8).zip(key.iter().cycle()) {
        swap = swap.wrapping_add(at_of(&state, at)).wrapping_add(*key);
        state.swap(at.into(), swap.into());
    }
    let (mut first, mut second) = (0_u8, 0_u8);
    let stream = octets.iter().map(|octet| {
        first = first.wrapping_add(1);
        second = second.wrapping_add(at_of(&state, first));
        state.swap(first.into(), second.into());
        octet ^ at_of(&state, at_of(&state, first).wrapping_add(at_of(&state, second)))
    });
    stream.collect()
}

fn at_of(state: &[u8; 256], at: u8) -> u8 {
    state.get(usize::from(at)).copied().unwrap_or_default()
}

/// Whether the last block of AES in CBC mode says how many of its octets count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Padding {
    /// RFC 8018 §6.1.1.
    Pkcs7,
    /// All octets count.
    None,
}

/// Deciphers AES in CBC mode, by a key of 16 or 32 octets; `None` where lengths or padding are wrong.
pub fn aes_cbc_decrypt(key: &[u8], iv: &[u8; 16], octets: &[u8], padding: Padding) -> Option<Vec<u8>> {
    aes_cbc(key, iv, octets, Mode::Decrypt, padding)
}

/// Enciphers AES-128 in CBC mode without padding: a step of the hash of ISO 32000-2, algorithm 2.B.
pub fn aes_cbc_encrypt(key: &[u8; 16], iv: &[u8; 16], octets: &[u8]) -> Option<Vec<u8>> {
    aes_cbc(key, iv, octets, Mode::Encrypt, Padding::None)
}

fn aes_cbc(key: &[u8], iv: &[u8; 16], octets: &[u8], mode: Mode, padding: Padding) -> Option<Vec<u8>> {
    let cipher = match key.len() {
        16 => Cipher::aes_128_cbc(),
        32 => Cipher::aes_256_cbc(),
        _ => return None,
    };
    let mut crypter = Crypter::new(cipher, mode, key, Some(iv)).ok()?;
    crypter.pad(padding == Padding::Pkcs7);
    let mut out = vec![0; octets.len() + cipher.block_size()];
    let count = crypter.update(octets, &mut out).ok()?;
    let rest = crypter.finalize(out.get_mut(count..)?).ok()?;
    out.truncate(count + rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6229 §2, 40 and 128 bits, the first octets of the key stream.
    #[test]
    fn rc4_makes_the_published_stream() {
        assert_eq!(rc4(&[1, 2, 3, 4, 5], &[0; 8]), [0xb2, 0x39, 0x63, 0x05, 0xf0, 0x3d, 0xc0, 0x27]);
        let key: Vec<u8> = (1..=16).collect();
        assert_eq!(rc4(&key, &[0; 8]), [0x9a, 0xc7, 0xcc, 0x9a, 0x60, 0x9d, 0x1e, 0xf7]);
    }

    /// NIST SP 800-38A, F.2.1.
    #[test]
    fn aes_makes_and_undoes_the_published_block() {
        let key = [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
        let iv: [u8; 16] = std::array::from_fn(|at| u8::try_from(at).unwrap());
        let plain = [0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a];
        let sealed = [0x76, 0x49, 0xab, 0xac, 0x81, 0x19, 0xb2, 0x46, 0xce, 0xe9, 0x8e, 0x9b, 0x12, 0xe9, 0x19, 0x7d];
        assert_eq!(aes_cbc_encrypt(&key, &iv, &plain).unwrap(), sealed);
        assert_eq!(aes_cbc_decrypt(&key, &iv, &sealed, Padding::None).unwrap(), plain);
        assert_eq!(aes_cbc_decrypt(&key, &iv, &sealed, Padding::Pkcs7), None);
        assert_eq!(aes_cbc_decrypt(&key, &iv, &sealed[..15], Padding::None), None);
    }
}
