//! A signed text of 10 KiB: what a day at the counter is made of.

use std::cell::RefCell;
use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

use varco::domain::fiscal_code::FiscalCode;
use varco::trust::revocation::RevocationStore;
use varco::trust::{Times, TrustStore};
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy, Request, Verdict, verify};

use crate::envelope::{self, Encoding};
use crate::floor::Floor;
use crate::measure::{Bound, Contender, Measured, Target, in_turns};
use crate::peers::{Asked, OpenSsl, PyHanko};
use crate::surroundings::{AT, revocation, trust};

/// Octets of the signed text.
const LEN: usize = 10 * 1024;
/// Turns, and how long each contender runs in one.
const TURNS: usize = 61;
const SLICE: Duration = Duration::from_millis(10);

/// Leaves of the synthetic PKI, with the declared fiscal code of each, all under one RSA-4096 CA.
const SIGNERS: [(&str, &str); 2] = [("RSA-2048", RSA), ("P-256", "qualified-p256")];
const RSA: &str = "qualified-good";
const CA: &str = "qualified";

/// Prints the table; returns the targets.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let pyhanko = PyHanko::start(CA).inspect_err(|error| eprintln!("Without pyHanko: {error}.")).ok();
    let pyhanko = pyhanko.map(RefCell::new);
    let (uncached, cached, revocation) = (trust(0)?, trust(1000)?, revocation()?);
    let mut targets = Vec::new();
    for (key, leaf) in SIGNERS {
        let path = folder.join(format!("{leaf}.p7m"));
        envelope::write(leaf, CA, LEN, &mut [(Encoding::Der, &mut File::create(&path)?)])?;
        let case = Case {
            p7m: fs::read(&path)?,
            fiscal_code: fiscal_code(leaf)?,
            path,
            stores: [&uncached, &cached],
            revocation: &revocation,
            policy: Policy::italian(),
        };
        let measured = case.run(pyhanko.as_ref())?;
        print_table(key, case.p7m.len(), &measured);
        targets.extend(targets_of(key, &measured));
    }
    if let Some(pyhanko) = &pyhanko {
        println!("The peer in Python is {}.\n", pyhanko.borrow().version);
    }
    Ok(targets)
}

/// The time to judge for, as the service is told it.
pub(crate) const AT_TEXT: &str = "2026-02-01T00:00:00Z";

/// The document that the service is given, and the codice fiscale that is declared with it.
pub(crate) fn document(folder: &Path) -> Result<(Vec<u8>, String), Box<dyn Error>> {
    Ok((document_of(folder, LEN)?, fiscal_code(RSA)?.as_str().to_owned()))
}

/// The same with so many octets of content.
pub(crate) fn document_of(folder: &Path, len: usize) -> Result<Vec<u8>, Box<dyn Error>> {
    let path = folder.join("service.p7m");
    envelope::write(RSA, CA, len, &mut [(Encoding::Der, &mut File::create(&path)?)])?;
    Ok(fs::read(&path)?)
}

/// Verifications a second of one thread in this process, with so many signers remembered.
pub(crate) fn rate_of_one_thread(folder: &Path, remembered: usize) -> Result<f64, Box<dyn Error>> {
    let (trust, revocation) = (trust(remembered)?, revocation()?);
    let (p7m, _) = document(folder)?;
    let case = Case {
        path: PathBuf::new(),
        p7m,
        fiscal_code: fiscal_code(RSA)?,
        stores: [&trust, &trust],
        revocation: &revocation,
        policy: Policy::italian(),
    };
    let measured = in_turns(&mut [Contender::new("one thread", || case.verify(&trust))], TURNS, SLICE);
    Ok(measured.first().map_or(f64::NAN, |one| 1.0 / one.best_wall().as_secs_f64()))
}

struct Case<'a> {
    path: PathBuf,
    p7m: Vec<u8>,
    fiscal_code: FiscalCode,
    /// Without memory of verified certificates, and with it.
    stores: [&'a TrustStore; 2],
    revocation: &'a RevocationStore,
    policy: Policy,
}

/// Places in the table.
const FLOOR: usize = 0;
const FLOOR_AND_CHAIN: usize = 1;
const UNCACHED: usize = 4;
const CACHED: usize = 5;
const OPENSSL: usize = 6;
const PYHANKO: usize = 8;
const PYHANKO_REMEMBERS: usize = 9;

impl Case<'_> {
    fn run(&self, pyhanko: Option<&RefCell<PyHanko>>) -> Result<Vec<Measured>, Box<dyn Error>> {
        let floor = Floor::of(&self.p7m)?;
        let openssl = OpenSsl::new(CA)?;
        let [uncached, cached] = self.stores;
        let mut contenders = vec![
            Contender::new("floor", || floor.bare()),
            Contender::new("floor and chain", || floor.with_chain()),
            Contender::new("floor, and the document's digest", || floor.of_the_report()),
            Contender::new("floor and chain, and both digests of the report", || floor.of_the_report_with_chain()),
            Contender::new("Varco, nothing cached", || self.verify(uncached)),
            Contender::new("Varco, issuer's signature cached", || self.verify(cached)),
            Contender::new("openssl crate, store reused", || openssl.verify(&self.p7m)),
        ];
        let asked = [
            ("pyHanko, integrity", Asked::Integrity),
            ("pyHanko, chain and CRL", Asked::Anew),
            ("pyHanko, path remembered", Asked::Remembered),
        ];
        for (name, asked) in asked {
            let Some(pyhanko) = pyhanko else { continue };
            let run = move || {
                let used = pyhanko.borrow_mut().verify(asked, &self.path);
                assert!(used.is_ok(), "pyHanko accepts it: {used:?}");
                used.ok()
            };
            contenders.push(Contender { name, run: Box::new(run) });
        }
        Ok(in_turns(&mut contenders, TURNS, SLICE))
    }

    /// Judges the document and writes the report as JSON.
    fn verify(&self, trust: &TrustStore) {
        let context = Context {
            trust,
            revocation: self.revocation,
            policy: &self.policy,
            limits: &Limits::STANDARD,
            deadline: &NoDeadline,
            spool: &MemorySpool,
            chains: None,
        };
        let request = Request {
            name: "documento.p7m",
            document: &self.p7m.as_slice(),
            detached: None,
            fiscal_code: Some(&self.fiscal_code),
            expected: None,
            times: Times::at(AT),
            existence_source: None,
            password: None,
        };
        let report = verify(&request, &context);
        assert!(report.as_ref().is_ok_and(|report| report.verdict == Verdict::Accepted), "accepted: {report:?}");
        let mut json = Vec::with_capacity(4096);
        std::hint::black_box(report.ok().map(|report| serde_json::to_writer(&mut json, &report)));
        std::hint::black_box(json);
    }
}

/// The code that the PKI's index gives for a leaf.
fn fiscal_code(leaf: &str) -> Result<FiscalCode, Box<dyn Error>> {
    let index = fs::read_to_string(crate::pki("index.tsv"))?;
    let row = index.lines().find(|line| line.split('\t').next() == Some(leaf)).ok_or("no such leaf")?;
    Ok(row.split('\t').nth(4).unwrap_or_default().parse()?)
}

fn print_table(key: &str, len: usize, measured: &[Measured]) {
    let [floor, chain, ..] = measured else { return };
    println!("### 10 KiB p7m, {key} signer under an RSA-4096 CA ({len} octets)\n");
    println!("| | µs | of the floor | of floor and chain | a second |\n| --- | ---: | ---: | ---: | ---: |");
    for one in measured {
        let best = one.best().as_secs_f64();
        let (of_floor, of_chain) = (one.ratio(floor), one.ratio(chain));
        println!("| {} | {:.1} | {of_floor:.2} | {of_chain:.2} | {:.0} |", one.name, best * 1e6, 1.0 / best);
    }
    println!();
}

fn targets_of(key: &str, measured: &[Measured]) -> Vec<Target> {
    let ratio = |one: usize, other: usize| Some(measured.get(one)?.ratio(measured.get(other)?));
    let rows = [
        ("nothing cached, of floor and chain", ratio(UNCACHED, FLOOR_AND_CHAIN), Bound::AtMost(1.3)),
        ("issuer's signature cached, of the floor", ratio(CACHED, FLOOR), Bound::AtMost(1.6)),
        ("openssl crate, of nothing cached", ratio(OPENSSL, UNCACHED), Bound::AtLeast(2.5)),
        ("openssl crate, of issuer's signature cached", ratio(OPENSSL, CACHED), Bound::AtLeast(3.0)),
        ("pyHanko with chain and CRL, of nothing cached", ratio(PYHANKO, UNCACHED), Bound::AtLeast(40.0)),
        (
            "pyHanko with path remembered, of issuer's signature cached",
            ratio(PYHANKO_REMEMBERS, CACHED),
            Bound::AtLeast(40.0),
        ),
    ];
    let target = |(text, measured, bound): (&str, Option<f64>, Bound)| {
        Some(Target { text: format!("10 KiB, {key}: {text}"), measured: measured?, bound })
    };
    rows.into_iter().filter_map(target).collect()
}
