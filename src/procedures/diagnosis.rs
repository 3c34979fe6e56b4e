//! Whether this machine can do the work: the algorithms compute what they must, the temporary folder takes files.

use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use time::UtcDateTime;
use time::macros::utc_datetime;

use crate::asn1::Source;
use crate::crypto::{DigestAlgorithm, PublicKey, SignatureScheme};
use crate::procedures::verification::FileSpool;
use crate::verify::{Spool, SpoolWriter};

/// An algorithm, tried on values with a known answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownAnswer {
    /// The algorithm.
    pub name: &'static str,
    /// Whether it gave the answer, and refused the wrong one.
    pub holds: bool,
}

/// Tries a digest or signature algorithm of each kind, those of OpenSSL (SHA3-224, RSA with SHA-3, brainpool) as well.
pub fn known_answers() -> Vec<KnownAnswer> {
    use DigestAlgorithm::{Sha3_224, Sha3_256, Sha256, Sha512};
    use SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
    let pss = RsaPss { digest: Sha256, mgf_digest: Sha256, salt_len: 32 };
    let digests = [(Sha256, SHA_256_ABC), (Sha512, SHA_512_ABC), (Sha3_256, SHA3_256_ABC), (Sha3_224, SHA3_224_ABC)];
    let signatures = [
        ("RSA PKCS#1 v1.5, SHA-256", RSA_KEY, RsaPkcs1(Sha256), RSA_SHA_256),
        ("RSA PKCS#1 v1.5, SHA3-256 (OpenSSL)", RSA_KEY, RsaPkcs1(Sha3_256), RSA_SHA3_256),
        ("RSA-PSS, SHA-256", RSA_KEY, pss, RSA_PSS),
        ("ECDSA P-256, SHA-256", P256_KEY, Ecdsa(Sha256), P256_SHA_256),
        ("ECDSA brainpoolP256r1, SHA-256 (OpenSSL)", BRAINPOOL_KEY, Ecdsa(Sha256), BRAINPOOL_SHA_256),
    ];
    let digests = digests.map(|(algorithm, answer)| KnownAnswer {
        name: algorithm.name(),
        holds: algorithm.digest(b"abc").to_hex() == answer,
    });
    let signatures =
        signatures.map(|(name, key, scheme, value)| KnownAnswer { name, holds: signature_holds(key, scheme, value) });
    digests.into_iter().chain(signatures).collect()
}

fn signature_holds(key: &str, scheme: SignatureScheme, value: &str) -> bool {
    let (Ok(key), Ok(value)) = (STANDARD.decode(key), STANDARD.decode(value)) else { return false };
    let Ok(key) = PublicKey::from_spki(&key) else { return false };
    key.verify(MESSAGE, scheme, &value).is_ok() && key.verify(b"varco d0ctor", scheme, &value).is_err()
}

/// The version of the OpenSSL that the program runs with.
pub fn openssl_version() -> &'static str {
    openssl::version::version()
}

/// Whether the clock can be right: not before this version was written. A machine whose clock stands still judges
/// expired and revoked certificates as good.
pub fn clock_is_plausible(now: UtcDateTime) -> bool {
    now >= WRITTEN && now < WRITTEN + time::Duration::days(50 * 365)
}

/// Writes more to the temporary folder than is kept in memory, and reads it back.
pub fn try_temporary_folder(folder: &Path) -> io::Result<()> {
    let pattern: Vec<u8> = (0..=u8::MAX).cycle().take(1024 * 1024).collect();
    let mut writer = FileSpool::new(folder, u64::MAX).begin();
    for _ in 0..TRIED_MIB {
        writer.write_all(&pattern)?;
    }
    let written = SpoolWriter::finish(writer)?;
    let mut end = [0; 256];
    let offset = written.len().saturating_sub(Source::len(&end.as_slice()));
    let count = written.read_at(offset, &mut end)?;
    let same = pattern.ends_with(end.get(..count).unwrap_or_default()) && count == end.len();
    if same { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// So much is written to the temporary folder to try it.
const TRIED_MIB: usize = 16;

/// No clock that is right shows an earlier time.
const WRITTEN: UtcDateTime = utc_datetime!(2026-01-01 0:00);

// FIPS 180-4 and FIPS 202, examples for "abc".
const SHA_256_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const SHA_512_ABC: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
    2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
const SHA3_256_ABC: &str = "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532";
const SHA3_224_ABC: &str = "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf";

// Keys (SubjectPublicKeyInfo) and signatures made with the `openssl` command for this purpose; the private keys are gone.
const MESSAGE: &[u8] = b"varco doctor";

const RSA_KEY: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAwUrwT1cnM7IERQqxwzjD1lz9ELbIwOL3qMMZW3v6WV6IuZAOqDIq\
    HgwzRSBWc+upyBr+ADZ2L/ilRTrAE9N2ae97Mur9GZ0iupKiGJVtiZeT/MHwysLEOIIMxdHvux7yusS6g3mgRhmopE5ZtskR\
    ngpP88cJ/tbMQM8Y/UeVEnS4+q99iMFLyuQ93jbGub9ETHUnBeHzmYljdW6wT9a9QMhZgp7FMp6dAh0wag98lDuxB6f0QPRF\
    91JQwzBNuqK13LYJvwKs2gDgVjL2EzSTMVY99O0KAE8opgY8ESCfh6L6fRrAj5CGTLa0PZifhmLO2QBI4uyPEPDD4Ti3Q+RY\
    9QIDAQAB";

const RSA_SHA_256: &str = "drbFLbRPkhvT2fcVhHGvOkAB56AOo2JI23O6/YMmQm26cTzNK9kRgTbCpY05kO9ht1xEM34AvvISH9ffxIsAlKCtSkmUXYhm\
    kUBfFW3Z1WE7/BxfsF1rTvw6KTgyyAqfPJv7TVyQZwGJnqYnfiwMpfX7QzaaRAWAp959JDImirJHc+onTuVQ08T4FUvjAeJO\
    oaRImBekBU/F9NN+cSwMRUT4+NSK5jRTSKqrgpPDYnVOqz04zULgUuZNGCzRGNimqbze8Uvy+AEwrJgxj3kXRREvhH4bLX3r\
    o5+xQoCfGqAkc0iA+tilI6uO8YAIWtgxr6kmqomALVDh8REfZseTQA==";

const RSA_SHA3_256: &str = "UgDck/bIHjgQlmFyNEBBRn/MckhjX4pp3aTULV59pvQmCtSWXyOqT5pHC+lDhAOvJrh1Wfxof3DjK0UxswOp3mYsyXmL2Y2O\
    EaNYYzvdCvI3+X2hsl4n/V7jM/8TaIZWciXTRdmzYV5pyEUlQcLig5RoMKQMfk2+UI5pczS2ILsrEoUj70ivL4OmmJQTqigX\
    UR+olcLVvsRcN0wKLVgnKYcr0CbT5Mlu6VL8eB9SzUCnQFX77xp5hwJskQMbnOqTdBAH6iQpEImQ/bXuaB0QwZzUJh/DXVP3\
    txE7J+MTH8O+GvqgwFHtJoJIfDcw++jHqflwmGHUuCNwI6/Yv78S7A==";

const RSA_PSS: &str = "DLSLZ/n0S5noj9xPTBwhWlc5YJoLcxUMRJjxlmtIrmB4Ev+QRlqwmHHPc3lsfpfiYZ3cjThI1+0B9TpjW5RD5dByPCgEIwij\
    vwAkhHTOB2azn3ubh0F2Z94oi5gX32m+zf1wUrXIl023eAL2obLlXjHsIKkLdWmHadH0xlVGOFg4W5IdegasLsiaiMSSIle7\
    mTspK2cXQccGfRsopaV9OXD4khfz1XhaMEhNp4s//D/PRZXfxHVpi5R7gI6mr7wJHkzP+BrqmWMwu2lBsr94OxB9WZJhGRCq\
    CA4xU5PZWf7c6IOMn8FWLk0yJ8kxgYBOsOhhnGATnRAfs5NAFurMAA==";

const P256_KEY: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpuLBybKpkBLcwgXdaO9pzHLJZwyB3fZ4m2ySy0wtzoo0s9/5bdNj8h7eFRfk\
    FKTdkF9eaiSlO+fq9t/WUwg2BQ==";

const P256_SHA_256: &str =
    "MEUCIC6RS7cBXnS5mJTvp9tc3mHrtXlt+wFD9+qy/xqyFu3mAiEAhJ0nqBO1P+Vn6r2T3wWF8e1MlxH7XiDtq0AshGGxsng=";

const BRAINPOOL_KEY: &str = "MFowFAYHKoZIzj0CAQYJKyQDAwIIAQEHA0IABH4ZNnInvCxnkMUWWB6YgUbnqh52VGr52mZYxUHQlLfRTdniqEiJeG1vYtbn\
    CiTcYXHX8iwXUmfpcXfyxdfnTy8=";

const BRAINPOOL_SHA_256: &str =
    "MEQCIEzd/MusJjk3NtnqwtSzZXTeUE9FYjLHtlN/HLlzb4lyAiA8E/L0NLzEhLedSHFirKQ2NtsxxOBi5+qBbgrag5pVwQ==";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_answer_holds_here() {
        let failed: Vec<_> = known_answers().into_iter().filter(|answer| !answer.holds).collect();
        assert_eq!(failed, []);
    }

    #[test]
    fn a_wrong_value_is_noticed() {
        assert!(!signature_holds(P256_KEY, SignatureScheme::Ecdsa(DigestAlgorithm::Sha384), P256_SHA_256));
        assert!(!signature_holds(RSA_KEY, SignatureScheme::RsaPkcs1(DigestAlgorithm::Sha256), RSA_PSS));
    }

    #[test]
    fn a_temporary_folder_that_is_not_there_is_noticed() {
        assert!(try_temporary_folder(Path::new("/nonexistent")).is_err());
        assert!(!clock_is_plausible(utc_datetime!(1970-01-01 0:00)));
    }
}
