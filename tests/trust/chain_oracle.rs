//! Random small PKIs, judged by us and by OpenSSL.
//!
//! Every PKI is drawn from a fixed seed, so a disagreement can be looked at again. What OpenSSL is known to see
//! otherwise is not drawn: a CA without basic constraints that has a key usage (it takes it for a CA unless told
//! to be strict), an expired root (it refuses it), candidates that only the signature tells apart (it does not go back). It also
//! accepts a mapping of anyPolicy in a CA without policies, against RFC 5280 §6.1.4 (a); these seeds have none.
//!
//! Initial policies cannot be set through the crate; without them OpenSSL fails wherever a policy is required. So the
//! policies are judged by its command.

use std::ops::Range;
use std::process::Command;
use std::sync::Arc;

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509Builder, X509Extension, X509Name, X509NameBuilder, X509StoreContext};
use time::macros::utc_datetime;
use varco::asn1::{encode, tag};
use varco::trust::chain::{ChainLimits, ChainSettings, InitialPolicies, PathInputs, RevocationChecking, validate};
use varco::trust::revocation::RevocationStore;
use varco::trust::{AlgorithmPolicy, Certificate, ObjectId, SignatureCache, Times, TrustStore};

/// 2026-02-01.
const NOW: i64 = 1_769_904_000;
const DAY: i64 = 86_400;

#[test]
fn openssl_agrees_on_random_chains() {
    compare(0..1_500, &Mixture { most_oddities: 3, draw: draw_oddity }, Pki::openssl_verdict);
}

#[test]
fn openssl_agrees_on_random_policies() {
    compare(10_000..10_300, &Mixture { most_oddities: 7, draw: draw_policy_oddity }, Pki::openssl_command_verdict);
}

/// What a set of PKIs is made of.
struct Mixture {
    most_oddities: usize,
    draw: fn(&mut Dice) -> Oddity,
}

fn compare(seeds: Range<u64>, mixture: &Mixture, oracle: fn(&Pki) -> String) {
    let keys: Vec<_> = (0..12).map(|_| new_key()).collect();
    let all = seeds.end - seeds.start;
    let mut passed = 0;
    let mut disagreements = Vec::new();
    for seed in seeds {
        let pki = Pki::draw(seed, &keys, mixture);
        let (ours, theirs) = (pki.our_verdict(), oracle(&pki));
        passed += u64::from(theirs == "ok");
        if (ours == "Passed") != (theirs == "ok") {
            disagreements.push(format!("seed {seed}: we say {ours}, OpenSSL {theirs}; {:?}", pki.drawn));
        }
    }
    assert!(disagreements.is_empty(), "{}\n{}", disagreements.len(), disagreements.join("\n"));
    assert!((all / 4..all * 3 / 4).contains(&passed), "{passed} of {all} pass: the mixture proves little");
}

/// One thing that a certificate has out of the ordinary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Oddity {
    NotACa,
    NoBasicConstraints,
    NoCertSign,
    NoKeyUsage,
    PathLen(u8),
    Expired,
    NotYetValid,
    WrongIssuerName,
    OtherKey,
    BrokenSignature,
    UnknownCritical,
    UnknownNotCritical,
    SelfIssued,
    Permitted(Subtree),
    Excluded(Subtree),
    RequireExplicit(u8),
    InhibitMapping(u8),
    InhibitAny(u8),
    Maps(u8, u8),
    MapsAny,
    NoPolicies,
    OnlyPolicy(u8),
    AnyPolicy,
    FoldedName,
    Distractor,
}

impl Oddity {
    fn is_of_policies(self) -> bool {
        use Oddity::{AnyPolicy, InhibitAny, InhibitMapping, Maps, MapsAny, NoPolicies, OnlyPolicy, RequireExplicit};
        matches!(self, RequireExplicit(_) | InhibitMapping(_) | InhibitAny(_) | Maps(..) | MapsAny)
            || matches!(self, NoPolicies | OnlyPolicy(_) | AnyPolicy)
    }
}

/// A constraint that may or may not suit the names that are drawn.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Subtree {
    Organization(bool),
    EmailHost(bool),
    EmailDomain(bool),
    Dns(bool),
    Address(bool),
}

struct Pki {
    root: X509,
    intermediates: Vec<X509>,
    target: X509,
    /// Explicit policy, mapping inhibited, any-policy inhibited.
    inputs: [bool; 3],
    drawn: Vec<(usize, Oddity)>,
}

impl Pki {
    fn draw(seed: u64, keys: &[PKey<Private>], mixture: &Mixture) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let depth = 1 + dice.below(4);
        let mut drawn = Vec::new();
        for _ in 0..dice.below(mixture.most_oddities + 1) {
            drawn.push((dice.below(depth + 1), (mixture.draw)(&mut dice)));
        }
        let mut root = None;
        let mut certificates: Vec<X509> = Vec::new();
        let mut distractors = Vec::new();
        let mut issuer = Issuer { name: (0, Spelling::Plain), key: 0 };
        for level in 0..=depth {
            let oddities: Vec<Oddity> =
                drawn.iter().filter(|(at, _)| *at == level).map(|(_, oddity)| *oddity).collect();
            let draft = Draft { level, depth, issuer, oddities: &oddities };
            let certificate = draft.sign(keys, level);
            if oddities.contains(&Oddity::Distractor) && level > 0 && level < depth {
                distractors.push(Draft { level, depth, issuer, oddities: &[] }.sign(keys, level + 6));
            }
            issuer = Issuer { name: draft.subject(), key: level };
            if level == 0 { root = Some(certificate) } else { certificates.push(certificate) }
        }
        let target = certificates.pop().unwrap();
        distractors.append(&mut certificates);
        let with_policies = drawn.iter().any(|(_, oddity)| oddity.is_of_policies());
        let inputs = [1, 3, 3].map(|sides| with_policies && dice.below(sides) == 0);
        Self { root: root.unwrap(), intermediates: distractors, target, inputs, drawn }
    }

    fn our_verdict(&self) -> String {
        let read = |x509: &X509| Arc::new(Certificate::from_der(&x509.to_der().unwrap()).unwrap());
        let mut trust = TrustStore::new(SignatureCache::new(0));
        trust.add_anchor(read(&self.root));
        let candidates: Vec<_> = self.intermediates.iter().map(read).collect();
        let at = utc_datetime!(2026-02-01 0:00);
        let [require_explicit_policy, inhibit_policy_mapping, inhibit_any_policy] = self.inputs;
        let settings = ChainSettings {
            inputs: PathInputs {
                initial_policies: InitialPolicies::Any,
                require_explicit_policy,
                inhibit_policy_mapping,
                inhibit_any_policy,
                max_intermediates: 16,
            },
            algorithms: AlgorithmPolicy::ts_119_312(),
            revocation: RevocationChecking::Skipped,
            limits: ChainLimits::STANDARD,
        };
        let none = RevocationStore::new(at);
        let report = validate(&read(&self.target), &candidates, &trust, &none, &settings, Times::at(at));
        format!("{:?}", report.conclusion)
    }

    fn openssl_verdict(&self) -> String {
        let mut parameters = X509VerifyParam::new().unwrap();
        parameters.set_time(NOW);
        let mut builder = X509StoreBuilder::new().unwrap();
        builder.set_param(&parameters).unwrap();
        builder.add_cert(self.root.clone()).unwrap();
        let store = builder.build();
        let mut chain = Stack::new().unwrap();
        for certificate in &self.intermediates {
            chain.push(certificate.clone()).unwrap();
        }
        let mut context = X509StoreContext::new().unwrap();
        context
            .init(&store, &self.target, &chain, |context| {
                Ok(if context.verify_cert()? { "ok".to_owned() } else { context.error().error_string().to_owned() })
            })
            .unwrap()
    }
}

/// For the command, which takes initial policies.
impl Pki {
    fn openssl_command_verdict(&self) -> String {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, certificates: &[X509]| {
            let pem: Vec<u8> = certificates.iter().flat_map(|one| one.to_pem().unwrap()).collect();
            let path = folder.path().join(name);
            std::fs::write(&path, pem).unwrap();
            path
        };
        let one = std::slice::from_ref;
        let mut command = Command::new("openssl");
        command.args(["verify", "-attime", &NOW.to_string(), "-policy_check", "-policy", "2.5.29.32.0"]);
        for (set, flag) in self.inputs.iter().zip(["-explicit_policy", "-inhibit_map", "-inhibit_any"]) {
            command.args(set.then_some(flag));
        }
        command.arg("-CAfile").arg(write("root.pem", one(&self.root)));
        if !self.intermediates.is_empty() {
            command.arg("-untrusted").arg(write("others.pem", &self.intermediates));
        }
        command.args(["-no-CApath", "-no-CAstore"]).arg(write("target.pem", one(&self.target)));
        let output = command.output().unwrap();
        if output.status.success() { "ok".to_owned() } else { String::from_utf8_lossy(&output.stderr).into_owned() }
    }
}

fn draw_policy_oddity(dice: &mut Dice) -> Oddity {
    let small = u8::try_from(dice.below(3)).unwrap();
    let (from, to) = (u8::try_from(1 + dice.below(3)).unwrap(), u8::try_from(1 + dice.below(3)).unwrap());
    match dice.below(10) {
        0 => Oddity::RequireExplicit(small),
        1 => Oddity::InhibitMapping(small),
        2 => Oddity::InhibitAny(small),
        3..=5 => Oddity::Maps(from, to),
        6 => Oddity::MapsAny,
        7 => Oddity::NoPolicies,
        8 => Oddity::OnlyPolicy(from),
        9 => Oddity::AnyPolicy,
        _ => Oddity::SelfIssued,
    }
}

fn draw_oddity(dice: &mut Dice) -> Oddity {
    let small = u8::try_from(dice.below(3)).unwrap();
    let suits = dice.below(3) > 0;
    let subtree = match dice.below(5) {
        0 => Subtree::Organization(suits),
        1 => Subtree::EmailHost(suits),
        2 => Subtree::EmailDomain(suits),
        3 => Subtree::Dns(suits),
        _ => Subtree::Address(suits),
    };
    match dice.below(24) {
        0 => Oddity::NotACa,
        1 => Oddity::NoBasicConstraints,
        2 => Oddity::NoCertSign,
        3 | 4 => Oddity::NoKeyUsage,
        5..=7 => Oddity::PathLen(small),
        8 => Oddity::Expired,
        9 => Oddity::NotYetValid,
        10 => Oddity::WrongIssuerName,
        11 => Oddity::OtherKey,
        12 => Oddity::BrokenSignature,
        13 => Oddity::UnknownCritical,
        14 => Oddity::UnknownNotCritical,
        15 | 16 => Oddity::SelfIssued,
        17..=19 => Oddity::Permitted(subtree),
        20 | 21 => Oddity::Excluded(subtree),
        22 => Oddity::FoldedName,
        _ => Oddity::Distractor,
    }
}

/// A certificate about to be made.
struct Draft<'a> {
    level: usize,
    depth: usize,
    issuer: Issuer,
    oddities: &'a [Oddity],
}

#[derive(Clone, Copy)]
struct Issuer {
    name: (usize, Spelling),
    key: usize,
}

#[derive(Clone, Copy)]
enum Spelling {
    Plain,
    Folded,
}

impl Draft<'_> {
    fn subject(&self) -> (usize, Spelling) {
        let has = |oddity| self.oddities.contains(&oddity) && self.level > 0;
        match () {
            () if has(Oddity::SelfIssued) && self.level < self.depth => self.issuer.name,
            () if has(Oddity::FoldedName) => (self.level, Spelling::Folded),
            () => (self.level, Spelling::Plain),
        }
    }

    fn sign(&self, keys: &[PKey<Private>], own_key: usize) -> X509 {
        let has = |oddity| self.oddities.contains(&oddity);
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        let serial = BigNum::from_u32(u32::try_from(1 + own_key).unwrap()).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        let wrong_name = has(Oddity::WrongIssuerName) && self.level > 0;
        let issuer_name = if wrong_name { (9, Spelling::Plain) } else { self.issuer.name };
        builder.set_issuer_name(&name(issuer_name)).unwrap();
        builder.set_subject_name(&name(self.subject())).unwrap();
        let (from, to) = match () {
            () if has(Oddity::Expired) && self.level > 0 => (-30, -1),
            () if has(Oddity::NotYetValid) && self.level > 0 => (1, 30),
            () => (-30, 30),
        };
        builder.set_not_before(&Asn1Time::from_unix(NOW + from * DAY).unwrap()).unwrap();
        builder.set_not_after(&Asn1Time::from_unix(NOW + to * DAY).unwrap()).unwrap();
        builder.set_pubkey(key(keys, own_key)).unwrap();
        for (oid, critical, value) in self.extensions(own_key) {
            let oid = Asn1Object::from_str(&oid).unwrap();
            let value = Asn1OctetString::new_from_bytes(&value).unwrap();
            builder.append_extension(X509Extension::new_from_der(&oid, critical, &value).unwrap()).unwrap();
        }
        let signer = if has(Oddity::OtherKey) && self.level > 0 { 11 } else { self.issuer.key };
        builder.sign(key(keys, signer), MessageDigest::sha256()).unwrap();
        let certificate = builder.build();
        if has(Oddity::BrokenSignature) && self.level > 0 {
            let mut der = certificate.to_der().unwrap();
            *der.last_mut().unwrap() ^= 1;
            return X509::from_der(&der).unwrap();
        }
        certificate
    }

    /// Identifier, whether critical, value.
    fn extensions(&self, own_key: usize) -> Vec<(String, bool, Vec<u8>)> {
        let has = |oddity| self.oddities.contains(&oddity);
        let is_ca = self.level < self.depth;
        let mut extensions = vec![
            ("2.5.29.14".to_owned(), false, encode(tag::OCTET_STRING, &key_id(own_key))),
            ("2.5.29.35".to_owned(), false, sequence(&[encode(tag::context(0), &key_id(self.issuer.key))])),
        ];
        let without_constraints = has(Oddity::NoBasicConstraints) && self.level > 0;
        if is_ca && !without_constraints {
            extensions.push(("2.5.29.19".to_owned(), true, self.basic_constraints()));
        }
        if !has(Oddity::NoKeyUsage) && !without_constraints {
            let usage = match () {
                () if !is_ca => [6, 0xc0],
                () if has(Oddity::NoCertSign) => [1, 0x02],
                () => [1, 0x06],
            };
            extensions.push(("2.5.29.15".to_owned(), true, encode(tag::BIT_STRING, &usage)));
        }
        extensions.extend(self.policy_extensions());
        let mut names = Vec::new();
        for oddity in self.oddities {
            match oddity {
                Oddity::UnknownCritical => extensions.push(("1.2.3.4".to_owned(), true, vec![5, 0])),
                Oddity::UnknownNotCritical => extensions.push(("1.2.3.5".to_owned(), false, vec![5, 0])),
                Oddity::Permitted(subtree) if is_ca => names.push((0, *subtree)),
                Oddity::Excluded(subtree) if is_ca => names.push((1, *subtree)),
                _ => {}
            }
        }
        if !names.is_empty() {
            let list = |which| {
                let subtrees: Vec<Vec<u8>> = names
                    .iter()
                    .filter(|(list, _)| *list == which)
                    .map(|(_, subtree)| sequence(&[subtree.encode()]))
                    .collect();
                if subtrees.is_empty() {
                    Vec::new()
                } else {
                    encode(tag::context_constructed(which), &subtrees.concat())
                }
            };
            extensions.push(("2.5.29.30".to_owned(), true, sequence(&[list(0), list(1)])));
        }
        if !is_ca {
            let alternatives = [
                encode(tag::context(1), b"anna@posta.ente.example"),
                encode(tag::context(2), b"www.ente.example"),
                encode(tag::context(7), &[192, 0, 2, 7]),
            ];
            extensions.push(("2.5.29.17".to_owned(), false, sequence(&alternatives)));
        }
        // One extension may come only once.
        let mut seen = Vec::new();
        extensions.retain(|(oid, ..)| {
            !seen.contains(oid) && {
                seen.push(oid.clone());
                true
            }
        });
        extensions
    }

    fn basic_constraints(&self) -> Vec<u8> {
        if self.oddities.contains(&Oddity::NotACa) && self.level > 0 {
            return sequence(&[]);
        }
        let limit = self.oddities.iter().find_map(|oddity| match oddity {
            Oddity::PathLen(limit) => Some(encode(tag::INTEGER, &[*limit])),
            _ => None,
        });
        sequence(&[encode(tag::BOOLEAN, &[0xff]), limit.unwrap_or_default()])
    }

    fn policy_extensions(&self) -> Vec<(String, bool, Vec<u8>)> {
        let mut policies = vec![policy(1), policy(2)];
        let mut extensions = Vec::new();
        for oddity in self.oddities {
            match oddity {
                Oddity::NoPolicies => policies.clear(),
                Oddity::OnlyPolicy(which) => policies = vec![policy(*which)],
                Oddity::AnyPolicy => policies = vec![policy(0)],
                _ => {}
            }
            if self.level == self.depth {
                continue;
            }
            let extension = match oddity {
                Oddity::RequireExplicit(after) => ("2.5.29.36", sequence(&[encode(tag::context(0), &[*after])])),
                Oddity::InhibitMapping(after) => ("2.5.29.36", sequence(&[encode(tag::context(1), &[*after])])),
                Oddity::InhibitAny(after) => ("2.5.29.54", encode(tag::INTEGER, &[*after])),
                Oddity::Maps(from, to) => ("2.5.29.33", sequence(&[sequence(&[policy(*from), policy(*to)])])),
                Oddity::MapsAny => ("2.5.29.33", sequence(&[sequence(&[policy(0), policy(1)])])),
                _ => continue,
            };
            extensions.push((extension.0.to_owned(), true, extension.1));
        }
        if !policies.is_empty() {
            let list: Vec<Vec<u8>> = policies.iter().map(|policy| sequence(std::slice::from_ref(policy))).collect();
            extensions.push(("2.5.29.32".to_owned(), false, sequence(&list)));
        }
        extensions
    }
}

impl Subtree {
    fn encode(self) -> Vec<u8> {
        match self {
            Self::Organization(suits) => {
                let organization = if suits { "ente  DI prova" } else { "Altro ente" };
                let mut builder = X509NameBuilder::new().unwrap();
                builder.append_entry_by_text("C", "IT").unwrap();
                builder.append_entry_by_text("O", organization).unwrap();
                encode(tag::context_constructed(4), &builder.build().to_der().unwrap())
            }
            Self::EmailHost(suits) => {
                encode(tag::context(1), if suits { b"posta.ente.example" } else { b"ente.example".as_slice() })
            }
            Self::EmailDomain(suits) => {
                encode(tag::context(1), if suits { b".ente.example" } else { b".altro.example".as_slice() })
            }
            Self::Dns(suits) => {
                encode(tag::context(2), if suits { b"ente.example" } else { b"nte.example".as_slice() })
            }
            Self::Address(suits) => encode(tag::context(7), &[192, 0, if suits { 2 } else { 3 }, 0, 255, 255, 255, 0]),
        }
    }
}

/// The same name in two spellings, one with other case and more white space.
fn name((level, spelling): (usize, Spelling)) -> X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    builder.append_entry_by_text("C", "IT").unwrap();
    let organization = match spelling {
        Spelling::Plain => "Ente di prova",
        Spelling::Folded => " ENTE di  Prova",
    };
    builder.append_entry_by_text("O", organization).unwrap();
    builder.append_entry_by_text("CN", &format!("Livello numero {level}")).unwrap();
    builder.build()
}

fn policy(number: u8) -> Vec<u8> {
    let dotted = if number == 0 { "2.5.29.32.0".to_owned() } else { format!("1.3.76.99.{number}") };
    encode(tag::OID, ObjectId::parse(&dotted).unwrap().oid().as_bytes())
}

fn key(keys: &[PKey<Private>], which: usize) -> &PKey<Private> {
    keys.get(which).expect("a key for each level and distractor")
}

fn key_id(key: usize) -> [u8; 4] {
    [0xa0, 0, 0, u8::try_from(key).unwrap()]
}

fn sequence(members: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &members.concat())
}

fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// A small generator (xorshift64*), so that a seed names a PKI.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(drawn).unwrap() % sides
    }
}
