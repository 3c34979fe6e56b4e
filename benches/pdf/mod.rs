//! Signed PDF files: beside the least that any verifier must do, beside pyHanko, and as signatures and octets grow.

mod files;
mod growth;
mod plot;

use std::cell::RefCell;
use std::error::Error;
use std::fs::{self, File};
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{Context as Sha, SHA256};
use varco::asn1::Source;
use varco::trust::revocation::RevocationStore;
use varco::trust::{Times, TrustStore};
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy, Request, Verdict, verify};

use crate::floor::Floor;
use crate::large::peak_memory;
use crate::measure::{Bound, Contender, Measured, Target, in_turns};
use crate::peers::{Asked, PyHanko};
use crate::surroundings::{AT, revocation, trust};
use files::{CA, Shape};

/// An agreement of a few pages.
const SMALL: Shape = Shape { pages: 4, picture: 12_000, signatures: 1 };
/// One that goes round an office.
const MANY: Shape = Shape { pages: 50, picture: 11_000, signatures: 24 };
/// A page in a picture, two hundred times.
const SCANNED: Shape = Shape { pages: 200, picture: 1_000_000, signatures: 1 };

/// Prints the tables; returns the targets.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let pyhanko = PyHanko::start(CA).inspect_err(|error| eprintln!("Without pyHanko: {error}.")).ok();
    let bench = Bench {
        folder: folder.to_owned(),
        uncached: trust(0)?,
        cached: trust(1000)?,
        revocation: revocation()?,
        policy: Policy::italian(),
        pyhanko: pyhanko.map(RefCell::new),
    };
    let mut targets = bench.small()?;
    targets.extend(bench.many()?);
    targets.extend(bench.scanned()?);
    targets.extend(growth::measure(&bench)?);
    Ok(targets)
}

/// What all cases share.
struct Bench {
    folder: PathBuf,
    uncached: TrustStore,
    cached: TrustStore,
    revocation: RevocationStore,
    policy: Policy,
    pyhanko: Option<RefCell<PyHanko>>,
}

impl Bench {
    /// One signature: the floors, Varco, pyHanko.
    fn small(&self) -> Result<Vec<Target>, Box<dyn Error>> {
        let path = SMALL.file(&self.folder)?;
        let octets = fs::read(&path)?;
        let floor = Floor::of_pdf(&octets)?;
        let mut contenders = vec![
            Contender::new("floor", || floor.bare()),
            Contender::new("floor and chain", || floor.with_chain()),
            Contender::new("Varco, nothing cached", || self.verify(&octets.as_slice(), &self.uncached)),
            Contender::new("Varco, issuer's signature cached", || self.verify(&octets.as_slice(), &self.cached)),
        ];
        contenders.extend(self.peer(&path));
        let measured = in_turns(&mut contenders, 31, Duration::from_millis(10));
        let title = format!("PDF, one signature ({} octets)", octets.len());
        print_table(&title, &["of the floor", "of floor and chain"], &measured);
        let [bare, chain, uncached, cached, ..] = measured.as_slice() else { return Ok(Vec::new()) };
        let name = "PDF, one signature";
        let mut targets = vec![
            target(name, "nothing cached, of floor and chain", uncached.ratio(chain), Bound::AtMost(3.0)),
            target(name, "issuer's signature cached, of the floor", cached.ratio(bare), Bound::AtMost(3.0)),
        ];
        if let Some(pyhanko) = measured.get(4) {
            targets.push(target(name, PYHANKO_OF, pyhanko.ratio(uncached), Bound::AtLeast(20.0)));
        }
        Ok(targets)
    }

    /// 24 signatures, one revision each.
    fn many(&self) -> Result<Vec<Target>, Box<dyn Error>> {
        let path = MANY.file(&self.folder)?;
        let octets = fs::read(&path)?;
        let mut contenders = vec![
            Contender::new("Varco, nothing cached", || self.verify(&octets.as_slice(), &self.uncached)),
            Contender::new("Varco, issuer's signature cached", || self.verify(&octets.as_slice(), &self.cached)),
        ];
        contenders.extend(self.peer(&path));
        let measured = in_turns(&mut contenders, 5, Duration::from_millis(20));
        print_table(&format!("PDF, 24 signatures ({} octets)", octets.len()), &["of Varco"], &measured);
        let [uncached, ..] = measured.as_slice() else { return Ok(Vec::new()) };
        let name = "PDF, 24 signatures";
        let used = uncached.best().as_secs_f64() * 1e3;
        let mut targets = vec![target(name, "nothing cached, CPU ms", used, Bound::AtMost(60.0))];
        if let Some(pyhanko) = measured.get(2) {
            targets.push(target(name, PYHANKO_OF, pyhanko.ratio(uncached), Bound::AtLeast(100.0)));
        }
        Ok(targets)
    }

    /// 200 MB on the disk.
    fn scanned(&self) -> Result<Vec<Target>, Box<dyn Error>> {
        let path = SCANNED.file(&self.folder)?;
        let file = OnDisk::open(&path)?;
        let mut contenders = [
            Contender::new("SHA-256 of the file", || file.hash()),
            Contender::new("Varco", || self.verify(&file, &self.uncached)),
        ];
        let measured = in_turns(&mut contenders, 9, Duration::ZERO);
        print_table(
            &format!("PDF, scanned ({} octets, read from the disk's cache)", file.len()),
            &["of hashing"],
            &measured,
        );
        let (peak, wall) = peak_memory(&path)?;
        println!("`varco verify` of the same file: {peak:.1} MiB resident at the peak, {:.2} s.\n", wall.as_secs_f64());
        let [hash, varco] = measured.as_slice() else { return Ok(Vec::new()) };
        let name = "PDF, scanned, 200 MB";
        Ok(vec![
            target(name, "CPU, of hashing the file", varco.ratio(hash), Bound::AtMost(1.3)),
            target(name, "time on the clock, of hashing the file", varco.wall_ratio(hash), Bound::AtMost(1.3)),
            target(name, "MiB resident", peak, Bound::AtMost(128.0)),
        ])
    }

    /// pyHanko on a file, with chain, CRL and its comparison of revisions.
    fn peer<'b>(&'b self, path: &'b Path) -> Option<Contender<'b>> {
        let pyhanko = self.pyhanko.as_ref()?;
        let run = move || {
            let used = pyhanko.borrow_mut().verify(Asked::Pdf, path);
            assert!(used.is_ok(), "pyHanko accepts it: {used:?}");
            used.ok()
        };
        Some(Contender { name: "pyHanko, chain, CRL and comparison", run: Box::new(run) })
    }

    /// Judges a document and writes the report as JSON.
    fn verify(&self, document: &dyn Source, trust: &TrustStore) {
        let context = Context {
            trust,
            revocation: &self.revocation,
            policy: &self.policy,
            limits: &Limits::STANDARD,
            deadline: &NoDeadline,
            spool: &MemorySpool,
            chains: None,
        };
        let request = Request {
            name: "accordo.pdf",
            document,
            detached: None,
            fiscal_code: None,
            expected: None,
            times: Times::at(AT),
            existence_source: None,
            password: None,
        };
        let report = verify(&request, &context);
        assert!(report.as_ref().is_ok_and(|report| report.verdict == Verdict::Accepted), "accepted: {report:?}");
        let mut json = Vec::with_capacity(4096);
        black_box(report.ok().map(|report| serde_json::to_writer(&mut json, &report)));
        black_box(json);
    }
}

const PYHANKO_OF: &str = "pyHanko, of nothing cached";

/// A file that is read where it is.
struct OnDisk {
    file: File,
    len: u64,
}

impl OnDisk {
    fn open(path: &Path) -> Result<Self, Box<dyn Error>> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }

    /// The least: every octet read and hashed once.
    fn hash(&self) {
        let mut sha = Sha::new(&SHA256);
        let mut buffer = vec![0; 256 * 1024];
        let mut at = 0;
        while let Some(read) = self.read_at(at, &mut buffer).ok().filter(|read| *read > 0) {
            sha.update(buffer.get(..read).unwrap_or_default());
            at += u64::try_from(read).unwrap_or(u64::MAX);
        }
        assert_eq!(at, self.len, "all of it was read");
        black_box(sha.finish());
    }
}

impl Source for OnDisk {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.file.read_at(buffer, offset)
    }
}

fn target(case: &str, what: &str, measured: f64, bound: Bound) -> Target {
    Target { text: format!("{case}: {what}"), measured, bound }
}

/// A row for each contender; the columns after the first say how many times the first ones it takes.
fn print_table(title: &str, columns: &[&str], measured: &[Measured]) {
    println!("### {title}\n\n| | CPU ms | {} |", columns.join(" | "));
    println!("| --- | ---: |{}", " ---: |".repeat(columns.len()));
    for one in measured {
        print!("| {} | {:.3} |", one.name, one.best().as_secs_f64() * 1e3);
        for (_, other) in columns.iter().zip(measured) {
            print!(" {:.2} |", one.ratio(other));
        }
        println!();
    }
    println!();
}
