//! The standard security handler (ISO 32000-2 §7.6.4): RC4 and AES under a password that is known or empty. Only reading:
//! a signature covers the file as it is, encrypted; what is deciphered here says what the file shows. Passwords count octet
//! by octet: outside ASCII none is normalised (`SASLprep`) or put into another character set.

use std::rc::Rc;

use crate::crypto::{DigestAlgorithm, Padding, aes_cbc_decrypt, aes_cbc_encrypt, rc4};
use crate::pdf::object::{Dictionary, Name, Object, Reference};

/// Why an encrypted file stays closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CryptError {
    /// By a handler, a version or a filter that is not known.
    #[error("by a method that is not known")]
    Unknown,
    /// It does not open without a password, and none was given.
    #[error("under a password")]
    NoPassword,
    /// The password is another.
    #[error("under another password")]
    OtherPassword,
}

/// Deciphers strings and streams.
pub(super) struct Decryptor {
    /// The file's key.
    key: Vec<u8>,
    strings: Method,
    streams: Method,
    /// Files inside the file.
    files: Method,
    /// The methods that a stream may name for itself.
    named: Vec<(Name, Method)>,
    /// The dictionary of the encryption itself, which is not encrypted.
    own: Option<u32>,
    encrypts_metadata: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Method {
    /// In clear.
    Identity,
    Rc4,
    /// AES-128 with a key for each object.
    AesV2,
    /// AES-256 with the file's key.
    AesV3,
}

/// Algorithm 2, step a.
const PAD: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e, 0x2e, 0x00,
    0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];

impl Decryptor {
    /// Derives the file's key from a password, which may be the user's or the owner's; without one, or where it is another,
    /// from the empty one.
    pub(super) fn new(
        encrypt: Option<&Rc<Dictionary>>,
        own: Option<Reference>,
        file_id: &[u8],
        password: Option<&[u8]>,
    ) -> Result<Self, CryptError> {
        let encrypt = encrypt.ok_or(CryptError::Unknown)?;
        if encrypt.get(b"Filter").and_then(Object::as_name) != Some(b"Standard") {
            return Err(CryptError::Unknown);
        }
        let integer = |name: &[u8]| encrypt.get(name).and_then(Object::as_integer);
        let (named, strings, streams, files) = match integer(b"V") {
            Some(1 | 2) => (Vec::new(), Method::Rc4, Method::Rc4, Method::Rc4),
            Some(4 | 5) => {
                let named = filters(encrypt);
                let of = |which: &[u8]| match encrypt.get(which) {
                    None => Ok(Method::Identity),
                    Some(name) => named_method(&named, name.as_name()).ok_or(CryptError::Unknown),
                };
                let (strings, streams) = (of(b"StrF")?, of(b"StmF")?);
                let files = if encrypt.get(b"EFF").is_some() { of(b"EFF")? } else { streams };
                (named, strings, streams, files)
            }
            _ => return Err(CryptError::Unknown),
        };
        let values = Values::read(encrypt, file_id)?;
        if !(2..=6).contains(&values.revision) {
            return Err(CryptError::Unknown);
        }
        let key = password.and_then(|password| values.key(password)).or_else(|| values.key(b""));
        let wrong = if password.is_some() { CryptError::OtherPassword } else { CryptError::NoPassword };
        let key = key.ok_or(wrong)?;
        let own = own.map(|own| own.number);
        Ok(Self { key, strings, streams, files, named, own, encrypts_metadata: values.encrypts_metadata })
    }

    /// Deciphers every string of an object.
    pub(super) fn object(&self, id: Reference, value: Object) -> Object {
        if self.own == Some(id.number) || self.strings == Method::Identity {
            return value;
        }
        self.strings_of(id, value)
    }

    fn strings_of(&self, id: Reference, value: Object) -> Object {
        match value {
            Object::String(octets) => Object::String(self.decipher(self.strings, id, &octets).into()),
            Object::Array(members) => {
                Object::Array(members.iter().map(|member| self.strings_of(id, member.clone())).collect())
            }
            Object::Dictionary(dictionary) => {
                let entries = dictionary.iter().map(|(name, value)| (name.clone(), self.strings_of(id, value.clone())));
                Object::Dictionary(Rc::new(Dictionary::new(entries.collect())))
            }
            other => other,
        }
    }

    /// Deciphers a stream. References in `dictionary` must be resolved.
    pub(super) fn stream(&self, id: Reference, dictionary: &Dictionary, octets: &[u8]) -> Result<Vec<u8>, CryptError> {
        let is = |kind: &[u8]| dictionary.get(b"Type").and_then(Object::as_name) == Some(kind);
        let first = |name: &[u8]| match dictionary.get(name) {
            Some(Object::Array(members)) => members.first().cloned(),
            value => value.cloned(),
        };
        let method = if first(b"Filter").as_ref().and_then(Object::as_name) == Some(b"Crypt") {
            let parameters = first(b"DecodeParms");
            let name = parameters.as_ref().and_then(Object::as_dictionary).and_then(|named| named.get(b"Name"));
            let name = name.map_or(Some(IDENTITY), Object::as_name);
            named_method(&self.named, name).ok_or(CryptError::Unknown)?
        } else if is(b"XRef") || is(b"Metadata") && !self.encrypts_metadata {
            Method::Identity
        } else if is(b"EmbeddedFile") {
            self.files
        } else {
            self.streams
        };
        Ok(self.decipher(method, id, octets))
    }

    /// Deciphers octets; what is no cipher text of this method stays as it is, so that two such are not taken for the same.
    fn decipher(&self, method: Method, id: Reference, octets: &[u8]) -> Vec<u8> {
        let aes = |key: &[u8]| {
            let (iv, sealed) = octets.split_first_chunk::<16>()?;
            aes_cbc_decrypt(key, iv, sealed, Padding::Pkcs7)
        };
        match method {
            Method::Identity => None,
            Method::Rc4 => self.key_of_object(id, b"").map(|key| rc4(&key, octets)),
            Method::AesV2 => self.key_of_object(id, b"sAlT").and_then(|key| aes(&key)),
            Method::AesV3 => aes(&self.key),
        }
        .unwrap_or_else(|| octets.to_vec())
    }

    /// Algorithm 1.
    fn key_of_object(&self, id: Reference, salt: &[u8]) -> Option<Vec<u8>> {
        let number = id.number.to_le_bytes();
        let generation = id.generation.to_le_bytes();
        let digest = md5(&[&self.key, number.get(..3)?, &generation, salt])?;
        Some(digest.get(..(self.key.len() + 5).min(16))?.to_vec())
    }
}

/// The crypt filters (§7.6.6) whose method is known.
fn filters(encrypt: &Dictionary) -> Vec<(Name, Method)> {
    let method = |filter: &Object| match filter.as_dictionary()?.get(b"CFM").map(Object::as_name) {
        None | Some(Some(b"None")) => Some(Method::Identity),
        Some(Some(b"V2")) => Some(Method::Rc4),
        Some(Some(b"AESV2")) => Some(Method::AesV2),
        Some(Some(b"AESV3")) => Some(Method::AesV3),
        Some(_) => None,
    };
    let filters = encrypt.get(b"CF").and_then(Object::as_dictionary);
    let known = filters.iter().flat_map(|filters| filters.iter());
    known.filter_map(|(name, filter)| Some((name.clone(), method(filter)?))).collect()
}

/// The method of a name; `None` where it is not known.
fn named_method(filters: &[(Name, Method)], name: Option<&[u8]>) -> Option<Method> {
    match name? {
        IDENTITY => Some(Method::Identity),
        name => filters.iter().find(|(known, _)| known.as_bytes() == name).map(|(_, method)| *method),
    }
}

/// The filter that does nothing, which no dictionary needs to have.
const IDENTITY: &[u8] = b"Identity";

/// What passwords are checked by (table 21).
struct Values<'a> {
    revision: i64,
    key_len: usize,
    owner: &'a [u8],
    user: &'a [u8],
    owner_key: &'a [u8],
    user_key: &'a [u8],
    permissions: [u8; 4],
    file_id: &'a [u8],
    encrypts_metadata: bool,
}

impl<'a> Values<'a> {
    fn read(encrypt: &'a Dictionary, file_id: &'a [u8]) -> Result<Self, CryptError> {
        let string = |name: &[u8]| encrypt.get(name).and_then(Object::as_string).unwrap_or_default();
        let integer = |name: &[u8]| encrypt.get(name).and_then(Object::as_integer);
        let revision = integer(b"R").ok_or(CryptError::Unknown)?;
        // Of 32 bits, written by some without its sign.
        let permissions = integer(b"P").ok_or(CryptError::Unknown)?.to_le_bytes();
        let permissions = permissions.first_chunk().copied().ok_or(CryptError::Unknown)?;
        let bits = match (revision, integer(b"V")) {
            (2, _) => 40,
            (_, Some(4)) => 128,
            _ => integer(b"Length").unwrap_or(40),
        };
        let key_len = usize::try_from(bits / 8).ok().filter(|len| (5..=32).contains(len)).ok_or(CryptError::Unknown)?;
        Ok(Self {
            revision,
            key_len: key_len.min(16),
            owner: string(b"O"),
            user: string(b"U"),
            owner_key: string(b"OE"),
            user_key: string(b"UE"),
            permissions,
            file_id,
            encrypts_metadata: encrypt.get(b"EncryptMetadata") != Some(&Object::Boolean(false)),
        })
    }

    /// The key, if the password is the user's or the owner's.
    fn key(&self, password: &[u8]) -> Option<Vec<u8>> {
        match self.revision {
            2..=4 => self.key_of_user(password).or_else(|| self.key_of_user(&self.user_by_owner(password)?)),
            _ => self.key_of_256_bits(password),
        }
    }

    /// Algorithms 2, 4 to 6: the key, if the password is the user's.
    fn key_of_user(&self, password: &[u8]) -> Option<Vec<u8>> {
        let no_metadata: &[u8] = if self.revision >= 4 && !self.encrypts_metadata { &[0xff; 4] } else { &[] };
        let owner = self.owner.get(..32)?;
        let mut digest = md5(&[&padded(password), owner, &self.permissions, self.file_id, no_metadata])?;
        let key_len = if self.revision == 2 { 5 } else { self.key_len };
        if self.revision >= 3 {
            for _ in 0..50 {
                digest = md5(&[digest.get(..key_len)?])?;
            }
        }
        let key = digest.get(..key_len)?.to_vec();
        let holds = if self.revision == 2 {
            self.user.get(..32)? == rc4(&key, &PAD)
        } else {
            let mut value = md5(&[&PAD, self.file_id])?.to_vec();
            for round in 0..20_u8 {
                value = rc4(&altered(&key, round), &value);
            }
            self.user.get(..16)? == value
        };
        holds.then_some(key)
    }

    /// Algorithm 7: the user's password, out of the owner's.
    fn user_by_owner(&self, password: &[u8]) -> Option<Vec<u8>> {
        let mut digest = md5(&[&padded(password)])?;
        let key_len = if self.revision == 2 { 5 } else { self.key_len };
        let rounds = if self.revision == 2 { 1 } else { 20_u8 };
        if self.revision >= 3 {
            for _ in 0..50 {
                digest = md5(&[digest.get(..key_len)?])?;
            }
        }
        let mut value = self.owner.get(..32)?.to_vec();
        for round in (0..rounds).rev() {
            value = rc4(&altered(digest.get(..key_len)?, round), &value);
        }
        Some(value)
    }

    /// Algorithm 2.A: the key, if the password is the user's or the owner's.
    fn key_of_256_bits(&self, password: &[u8]) -> Option<Vec<u8>> {
        let password = password.get(..password.len().min(127))?;
        let (user, owner) = (self.user.get(..48)?, self.owner.get(..48)?);
        let (salts, sealed, of_owner) = if owner.get(..32)? == self.hash(password, owner.get(32..40)?, user)? {
            (owner, self.owner_key, user)
        } else if user.get(..32)? == self.hash(password, user.get(32..40)?, &[])? {
            (user, self.user_key, &[][..])
        } else {
            return None;
        };
        let key = self.hash(password, salts.get(40..48)?, of_owner)?;
        aes_cbc_decrypt(&key, &[0; 16], sealed.get(..32)?, Padding::None)
    }

    /// Algorithm 2.B; of revision 5 its first step only.
    fn hash(&self, password: &[u8], salt: &[u8], user: &[u8]) -> Option<Vec<u8>> {
        let sha = |algorithm: DigestAlgorithm, octets: &[u8]| algorithm.digest(octets).as_bytes().to_vec();
        let mut key = sha(DigestAlgorithm::Sha256, &[password, salt, user].concat());
        if self.revision == 5 {
            return Some(key);
        }
        let mut round = 0_u32;
        loop {
            let block = [password, &key, user].concat().repeat(64);
            let (cipher_key, rest) = key.split_first_chunk::<16>()?;
            let sealed = aes_cbc_encrypt(cipher_key, rest.first_chunk::<16>()?, &block)?;
            let remainder = sealed.get(..16)?.iter().map(|octet| u32::from(*octet)).sum::<u32>() % 3;
            let algorithm = match remainder {
                0 => DigestAlgorithm::Sha256,
                1 => DigestAlgorithm::Sha384,
                _ => DigestAlgorithm::Sha512,
            };
            key = sha(algorithm, &sealed);
            round += 1;
            if round >= 64 && u32::from(*sealed.last()?) <= round - 32 {
                key.truncate(32);
                return Some(key);
            }
        }
    }
}

fn md5(parts: &[&[u8]]) -> Option<[u8; 16]> {
    DigestAlgorithm::Md5.digest(&parts.concat()).as_bytes().try_into().ok()
}

/// The first 32 octets of a password and padding.
fn padded(password: &[u8]) -> [u8; 32] {
    let mut octets = password.iter().chain(&PAD).copied();
    std::array::from_fn(|_| octets.next().unwrap_or_default())
}

fn altered(key: &[u8], round: u8) -> Vec<u8> {
    key.iter().map(|octet| octet ^ round).collect()
}
