//! A token without a card: how many signatures a second, beside `C_Sign` alone.

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use varco::sign::pkcs11::{AfterUse, ModuleSettings, Token};

use crate::hsm::{Hsm, PIN, real_module};
use crate::measure::{Bound, Contender, Measured, Target, in_turns};
use crate::path::{Key, workers};

/// Turns, and how long each contender runs in one.
const TURNS: usize = 41;
const SLICE: Duration = Duration::from_millis(60);

/// Label, name of the kind of key, and the least part of the rate of `C_Sign`.
const KEYS: [(&str, &str, f64); 2] = [("a1", "RSA-2048", 0.9), ("b1", "P-256", 0.4)];

/// Where the module finds the token.
pub(crate) fn configuration(folder: &Path) -> PathBuf {
    folder.join("softhsm2.conf")
}

/// Prints the tables; returns the targets.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let hsm = Hsm::new();
    std::os::unix::fs::symlink(hsm.configuration(), configuration(folder))?;
    let module = ModuleSettings::default().find("softhsm2")?;
    let token = Token::find(module, Some("FIRMA"), AfterUse::LogOut, workers(hsm.environment()))?;
    let raw = Raw::open()?;
    let mut targets = Vec::new();
    for (name, kind, least) in KEYS {
        let key = Key::find(name, &token)?;
        let handle = raw.key(key.id())?;
        let mut batch = key.begin(PIN, &token)?;
        // One of each before, so that what fails does so with words.
        key.sign(&mut batch)?;
        let prepared = key.prepare()?;
        let data = raw_data(&key)?;
        let verifying = key.certificate().public_key().map_err(Clone::clone)?;
        let value = batch.sign(prepared.digest(), Some(prepared.signed_attributes()), prepared.scheme())?;
        let measured = in_turns(
            &mut [
                Contender::new("`C_Sign` alone, in this process", || {
                    black_box(raw.sign(handle, &data).is_ok());
                }),
                Contender::new("Varco: prepare, sign, verify, assemble", || {
                    assert!(key.sign(&mut batch).is_ok(), "it signs");
                }),
                Contender::new("of this, verifying the value once", || {
                    assert!(verifying.verify_digest(prepared.digest(), prepared.scheme(), &value).is_ok(), "it holds");
                }),
                Contender::new("of this, preparing", || {
                    black_box(key.prepare().is_ok());
                }),
            ],
            TURNS,
            SLICE,
        );
        batch.finish()?;
        print_table(kind, &measured);
        let [c_sign, varco, ..] = measured.as_slice() else { return Err("not all were measured".into()) };
        targets.push(Target {
            text: format!("SoftHSM, {kind}: signatures per second, of those of `C_Sign` alone"),
            measured: c_sign.wall_ratio(varco),
            bound: Bound::AtLeast(least),
        });
    }
    Ok(targets)
}

fn print_table(kind: &str, measured: &[Measured]) {
    println!("### SoftHSM, {kind}, a text of 10 KiB, CAdES-B\n");
    println!("| | µs (shortest) | signatures/s |\n| --- | --- | --- |");
    for one in measured {
        let micros = one.best_wall().as_secs_f64() * 1e6;
        println!("| {} | {micros:.0} | {:.0} |", one.name, 1e6 / micros);
    }
    println!();
}

/// What the module is handed: as many octets as in the path.
fn raw_data(key: &Key) -> Result<(Mechanism<'static>, Vec<u8>), Box<dyn Error>> {
    let digest = key.prepare()?.digest().as_bytes().to_vec();
    Ok(match key.certificate().public_key().map_err(Clone::clone)?.kind() {
        varco::crypto::KeyKind::Rsa { .. } => {
            // The `DigestInfo` of SHA-256 (RFC 8017 §9.2).
            let prefix = [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
            let info = [&prefix[..], &[0x05, 0x00, 0x04, 0x20], &digest].concat();
            (Mechanism::RsaPkcs, info)
        }
        _ => (Mechanism::Ecdsa, digest),
    })
}

/// The module in this process, and a session with the user logged in.
struct Raw {
    session: Session,
}

impl Raw {
    fn open() -> Result<Self, Box<dyn Error>> {
        let module = Pkcs11::new(real_module())?;
        module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        let slot = module.get_slots_with_initialized_token()?.into_iter().next().ok_or("no token")?;
        let session = module.open_ro_session(slot)?;
        session.login(UserType::User, Some(&AuthPin::new(PIN.into())))?;
        Ok(Self { session })
    }

    fn key(&self, id: &[u8]) -> Result<ObjectHandle, Box<dyn Error>> {
        let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id.to_vec())];
        self.session.find_objects(&wanted)?.first().copied().ok_or_else(|| "no key".into())
    }

    fn sign(&self, key: ObjectHandle, (mechanism, data): &(Mechanism<'_>, Vec<u8>)) -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(self.session.sign(mechanism, key, data)?)
    }
}
