//! The module, its tokens and one session: what the worker does with them.

use std::path::Path;
use std::thread;
use std::time::Duration;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::{RawAuthPin, Ulong};

use crate::sign::pkcs11::message::{Class, Fault, Login, ObjectFacts, Step, TokenFacts, TokenName};
use crate::sign::pkcs11::order::{Hash, Operation, Order};

/// The most tokens, and objects of a class on one, that are looked at.
const MAX_TOKENS: usize = 64;
const MAX_OBJECTS: usize = 256;
/// How long a token is given to be there again.
const MOMENT: Duration = Duration::from_millis(100);
/// The longest certificate, id or label that is taken from a token.
const MAX_VALUE: usize = 64 * 1024;

/// A loaded module.
pub(super) struct Device {
    module: Pkcs11,
    open: Option<Open>,
}

/// A session with a person logged in, and the key that signs.
struct Open {
    session: Session,
    key: ObjectHandle,
    mechanisms: Vec<MechanismType>,
    repetition: Repetition,
}

/// What each signature asks of the person.
enum Repetition {
    /// Nothing: one login lasts.
    None,
    /// `CKA_ALWAYS_AUTHENTICATE` (PKCS#11 v2.40 §4.9): the PIN again, which is kept until the session ends; `None` where it
    /// is entered on the reader.
    Always(Option<RawAuthPin>),
}

impl Device {
    /// Loads a module and initialises it.
    pub(super) fn load(path: &Path) -> Result<Self, Fault> {
        let module = Pkcs11::new(path).map_err(|error| match error {
            Error::Pkcs11(value, _) => Fault::Returned { value: value.into(), during: Step::Load },
            _ => Fault::NotAModule,
        })?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(Self { module, open: None }),
            Err(error) => Err(fault(Step::Load)(error)),
        }
    }

    /// The tokens that are present and initialised.
    pub(super) fn tokens(&self) -> Result<Vec<TokenFacts>, Fault> {
        let slots = self.module.get_slots_with_token().map_err(fault(Step::Look))?;
        let mut tokens = Vec::new();
        for slot in slots.into_iter().take(MAX_TOKENS) {
            match self.token(slot) {
                Ok(Some(token)) => tokens.push(token),
                // It was removed meanwhile, or it is a card of another kind.
                Ok(None) | Err(Fault::Returned { .. }) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(tokens)
    }

    fn token(&self, slot: Slot) -> Result<Option<TokenFacts>, Fault> {
        let reader = self.module.get_slot_info(slot).map_err(fault(Step::Look))?;
        let token = self.module.get_token_info(slot).map_err(fault(Step::Look))?;
        Ok(token.token_initialized().then(|| TokenFacts {
            slot: slot.id(),
            reader: reader.slot_description().trim_end().to_owned(),
            label: token.label().to_owned(),
            serial: token.serial_number().to_owned(),
            manufacturer: token.manufacturer_id().to_owned(),
            model: token.model().to_owned(),
            min_pin_len: token.min_pin_length(),
            max_pin_len: token.max_pin_length(),
            pinpad: token.protected_authentication_path(),
            count_low: token.user_pin_count_low(),
            final_try: token.user_pin_final_try(),
            locked: token.user_pin_locked(),
        }))
    }

    /// What can be seen of a token's certificates and keys without a PIN.
    pub(super) fn objects(&self, slot: u64) -> Result<Vec<ObjectFacts>, Fault> {
        let slot = Slot::try_from(slot).map_err(fault(Step::Look))?;
        let session = self.module.open_ro_session(slot).map_err(fault(Step::Look))?;
        let mut objects = Vec::new();
        for (class, of) in [
            (Class::Certificate, ObjectClass::CERTIFICATE),
            (Class::PublicKey, ObjectClass::PUBLIC_KEY),
            (Class::PrivateKey, ObjectClass::PRIVATE_KEY),
        ] {
            let found = session.iter_objects(&[Attribute::Class(of)]).map_err(fault(Step::Look))?;
            // All of them first: a module may have one search at a time, and no other call in between.
            let handles = found.take(MAX_OBJECTS).collect::<Result<Vec<_>, _>>().map_err(fault(Step::Look))?;
            for handle in handles {
                objects.push(read(&session, handle, class)?);
            }
        }
        Ok(objects)
    }

    /// Opens a session on the token wherever it is now, logs in, finds the private key.
    pub(super) fn begin(
        &mut self,
        name: &TokenName,
        key: &[u8],
        login: Login,
        pin: Option<RawAuthPin>,
    ) -> Result<(), Fault> {
        self.open = None;
        let is_it = |token: &TokenFacts| token.label == name.label && token.serial == name.serial;
        let mut token = self.tokens()?.into_iter().find(is_it);
        if token.is_none() {
            // It was there a moment ago: while another process logs in, a token of SoftHSM is not.
            thread::park_timeout(MOMENT);
            token = self.tokens()?.into_iter().find(is_it);
        }
        let token = token.ok_or(Fault::TokenGone)?;
        let slot = Slot::try_from(token.slot).map_err(fault(Step::Open))?;
        let mechanisms = self.module.get_mechanism_list(slot).map_err(fault(Step::Open))?;
        let session = self.module.open_ro_session(slot).map_err(fault(Step::Open))?;
        match (login, &pin) {
            (Login::OnTheReader, _) => session.login(UserType::User, None),
            (Login::PinFollows, Some(pin)) => session.login_with_raw(UserType::User, pin),
            (Login::PinFollows, None) => return Err(Fault::NotBegun),
        }
        .map_err(fault(Step::Login))?;
        match find_key(&session, key, pin) {
            Ok((key, repetition)) => {
                self.open = Some(Open { session, key, mechanisms, repetition });
                Ok(())
            }
            Err(fault) => {
                // Nobody will sign: the card is left as it was found, as far as it lets us.
                let _the_first_fault_counts = session.logout();
                Err(fault)
            }
        }
    }

    /// Signs with the key of the open session.
    pub(super) fn sign(&mut self, order: &Order) -> Result<Vec<u8>, Fault> {
        let open = self.open.as_ref().ok_or(Fault::NotBegun)?;
        let signed = open.sign(order);
        if matches!(&signed, Err(Fault::Returned { value, .. }) if value.lost_session()) {
            // Nothing can be done with this session any more, not even after the card is back.
            self.open = None;
        }
        signed
    }

    /// Logs out and closes the session; the PIN is wiped whatever the module says.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.take() else { return Ok(()) };
        match open.session.logout() {
            Err(Error::Pkcs11(value, _)) if ends_login(value) => Ok(()),
            done => done.map_err(fault(Step::Logout)),
        }
    }

    /// Ends the use of the module.
    pub(super) fn unload(mut self) {
        let _nobody_asks = self.end();
        let _nobody_asks = self.module.finalize();
    }
}

/// Whether a logout that fails so leaves nobody logged in.
fn ends_login(value: RvError) -> bool {
    value == RvError::UserNotLoggedIn || crate::sign::pkcs11::ReturnValue::from(value).lost_session()
}

impl Open {
    fn sign(&self, order: &Order) -> Result<Vec<u8>, Fault> {
        let raw = raw_mechanism(order.operation);
        let hashing = hashing_mechanism(order.operation);
        let has = |mechanism: &Mechanism<'_>| self.mechanisms.contains(&mechanism.mechanism_type());
        match (&self.repetition, &order.message) {
            (Repetition::None, _) if has(&raw) => self.session.sign(&raw, self.key, &order.data),
            (Repetition::None, Some(message)) if has(&hashing) => self.session.sign(&hashing, self.key, message),
            // Between C_SignInit and the signature comes a login, and the crate has no C_Sign without C_SignInit: the
            // data are handed over in parts, which PKCS#11 promises only for mechanisms that hash.
            (Repetition::Always(pin), Some(message)) if has(&hashing) => {
                self.sign_in_parts(&hashing, message, pin.as_ref())
            }
            (Repetition::Always(pin), _) if has(&raw) => self.sign_in_parts(&raw, &order.data, pin.as_ref()),
            _ => return Err(Fault::MechanismAbsent),
        }
        .map_err(fault(Step::Sign))
    }

    fn sign_in_parts(
        &self,
        mechanism: &Mechanism<'_>,
        data: &[u8],
        pin: Option<&RawAuthPin>,
    ) -> Result<Vec<u8>, Error> {
        self.session.sign_init(mechanism, self.key)?;
        match pin {
            Some(pin) => self.session.login_with_raw(UserType::ContextSpecific, pin)?,
            None => self.session.login(UserType::ContextSpecific, None)?,
        }
        self.session.sign_update(data)?;
        self.session.sign_final()
    }
}

fn find_key(session: &Session, id: &[u8], pin: Option<RawAuthPin>) -> Result<(ObjectHandle, Repetition), Fault> {
    let wanted = [Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id.to_vec())];
    let found = session.find_objects(&wanted).map_err(fault(Step::Open))?;
    let key = *found.first().ok_or(Fault::KeyAbsent)?;
    let attributes = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).map_err(fault(Step::Open))?;
    let always = attributes.iter().any(|attribute| matches!(attribute, Attribute::AlwaysAuthenticate(true)));
    Ok((key, if always { Repetition::Always(pin) } else { Repetition::None }))
}

fn read(session: &Session, handle: ObjectHandle, class: Class) -> Result<ObjectFacts, Fault> {
    let mut wanted = vec![AttributeType::Id, AttributeType::Label];
    if class == Class::Certificate {
        wanted.push(AttributeType::Value);
    }
    let mut object = ObjectFacts { class, id: Vec::new(), label: Vec::new(), value: Vec::new() };
    for attribute in session.get_attributes(handle, &wanted).map_err(fault(Step::Look))? {
        match attribute {
            Attribute::Id(id) if id.len() <= MAX_VALUE => object.id = id,
            Attribute::Label(label) if label.len() <= MAX_VALUE => object.label = label,
            Attribute::Value(value) if value.len() <= MAX_VALUE => object.value = value,
            _ => {}
        }
    }
    Ok(object)
}

fn raw_mechanism<'a>(operation: Operation) -> Mechanism<'a> {
    match operation {
        Operation::RsaPkcs1 { .. } => Mechanism::RsaPkcs,
        Operation::RsaPss { hash, mask, salt_len } => Mechanism::RsaPkcsPss(pss(hash, mask, salt_len)),
        Operation::Ecdsa { .. } => Mechanism::Ecdsa,
    }
}

fn hashing_mechanism<'a>(operation: Operation) -> Mechanism<'a> {
    match operation {
        Operation::RsaPkcs1 { hash: Hash::Sha256 } => Mechanism::Sha256RsaPkcs,
        Operation::RsaPkcs1 { hash: Hash::Sha384 } => Mechanism::Sha384RsaPkcs,
        Operation::RsaPkcs1 { hash: Hash::Sha512 } => Mechanism::Sha512RsaPkcs,
        Operation::RsaPss { hash, mask, salt_len } => match hash {
            Hash::Sha256 => Mechanism::Sha256RsaPkcsPss(pss(hash, mask, salt_len)),
            Hash::Sha384 => Mechanism::Sha384RsaPkcsPss(pss(hash, mask, salt_len)),
            Hash::Sha512 => Mechanism::Sha512RsaPkcsPss(pss(hash, mask, salt_len)),
        },
        Operation::Ecdsa { hash: Hash::Sha256 } => Mechanism::EcdsaSha256,
        Operation::Ecdsa { hash: Hash::Sha384 } => Mechanism::EcdsaSha384,
        Operation::Ecdsa { hash: Hash::Sha512 } => Mechanism::EcdsaSha512,
    }
}

fn pss(hash: Hash, mask: Hash, salt_len: u32) -> PkcsPssParams {
    let hash_alg = match hash {
        Hash::Sha256 => MechanismType::SHA256,
        Hash::Sha384 => MechanismType::SHA384,
        Hash::Sha512 => MechanismType::SHA512,
    };
    let mgf = match mask {
        Hash::Sha256 => PkcsMgfType::MGF1_SHA256,
        Hash::Sha384 => PkcsMgfType::MGF1_SHA384,
        Hash::Sha512 => PkcsMgfType::MGF1_SHA512,
    };
    PkcsPssParams { hash_alg, mgf, s_len: Ulong::new(salt_len.into()) }
}

/// What went wrong, as it is told to whoever asked.
fn fault(during: Step) -> impl Fn(Error) -> Fault {
    move |error| match error {
        Error::Pkcs11(value, _) => Fault::Returned { value: value.into(), during },
        _ => Fault::Senseless { during },
    }
}
