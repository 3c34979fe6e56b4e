//! Documents of 100 MiB and 1 GiB: time beside hashing, and memory.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use varco::trust::Times;
use varco::verify::{Context, Limits, MemorySpool, NoDeadline, Policy, Request, Verdict, verify};

use crate::envelope::{self, Encoding};
use crate::measure::{Bound, Contender, Target, in_turns};
use crate::pki;
use crate::surroundings::{AT, revocation, trust};

const MIB: usize = 1024 * 1024;
const LEAF: &str = "qualified-good";
const CA: &str = "qualified";

/// Prints the tables; returns the targets.
pub(crate) fn measure(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let mut targets = time()?;
    targets.extend(memory(folder)?);
    Ok(targets)
}

/// 100 MiB in memory. The report has the digest of the document and the digest of the content: two passes.
fn time() -> Result<Vec<Target>, Box<dyn Error>> {
    let mut p7m = Vec::new();
    envelope::write(LEAF, CA, 100 * MIB, &mut [(Encoding::Der, &mut p7m)])?;
    let text: Vec<u8> = envelope::text(100 * MIB).flatten().collect();
    let (trust, revocation, policy) = (trust(0)?, revocation()?, Policy::italian());
    let context = Context {
        trust: &trust,
        revocation: &revocation,
        policy: &policy,
        limits: &Limits::STANDARD,
        deadline: &NoDeadline,
        spool: &MemorySpool,
        chains: None,
    };
    let request = Request {
        name: "documento.p7m",
        document: &p7m.as_slice(),
        detached: None,
        fiscal_code: None,
        expected: None,
        times: Times::at(AT),
        existence_source: None,
        password: None,
    };
    let hash = |octets: &[u8]| {
        std::hint::black_box(digest(&SHA256, octets));
    };
    let mut contenders = [
        Contender::new("SHA-256 of the document", || hash(&p7m)),
        Contender::new("SHA-256 of the document and of the content", || {
            hash(&p7m);
            hash(&text);
        }),
        Contender::new("Varco", || {
            let report = verify(&request, &context);
            assert!(report.is_ok_and(|report| report.verdict == Verdict::Accepted), "accepted");
        }),
    ];
    let measured = in_turns(&mut contenders, 15, Duration::ZERO);
    let [once, twice, varco] = measured.as_slice() else { return Ok(Vec::new()) };
    println!("### 100 MiB attached p7m, in memory\n");
    println!(
        "| | CPU ms | of one hash | of both | wall ms | of one hash |\n| --- | ---: | ---: | ---: | ---: | ---: |"
    );
    for one in &measured {
        println!(
            "| {} | {:.0} | {:.2} | {:.2} | {:.0} | {:.2} |",
            one.name,
            one.best().as_secs_f64() * 1e3,
            one.ratio(once),
            one.ratio(twice),
            one.best_wall().as_secs_f64() * 1e3,
            one.wall_ratio(once),
        );
    }
    println!();
    let target =
        |what: &str, measured| Target { text: format!("100 MiB: {what}"), measured, bound: Bound::AtMost(1.15) };
    Ok(vec![
        target("time on the clock, of hashing the document", varco.wall_ratio(once)),
        target("CPU, of the two hashes that the report has", varco.ratio(twice)),
    ])
}

/// 1 GiB from a file, with the released command.
fn memory(folder: &Path) -> Result<Vec<Target>, Box<dyn Error>> {
    let (der, ber) = (folder.join("1-gib-der.p7m"), folder.join("1-gib-ber.p7m"));
    let mut files = [BufWriter::new(File::create(&der)?), BufWriter::new(File::create(&ber)?)];
    let [der_file, ber_file] = &mut files;
    let outputs: &mut [(Encoding, &mut dyn Write)] =
        &mut [(Encoding::Der, der_file), (Encoding::BerIndefinite, ber_file)];
    envelope::write(LEAF, CA, 1024 * MIB, outputs)?;
    println!("### 1 GiB attached p7m, `varco verify`\n");
    println!("| | peak resident MiB | wall s |\n| --- | ---: | ---: |");
    let mut targets = Vec::new();
    for (name, path) in [("DER", &der), ("BER, indefinite lengths", &ber)] {
        let (peak, wall) = peak_memory(path)?;
        println!("| {name} | {peak:.1} | {:.1} |", wall.as_secs_f64());
        let text = format!("1 GiB, {name}: MiB resident");
        targets.push(Target { text, measured: peak, bound: Bound::AtMost(32.0) });
        fs::remove_file(path)?;
    }
    println!();
    Ok(targets)
}

/// Runs the command and reads the high-water mark of its memory while it runs: it only grows, and a run of seconds
/// is looked at hundreds of times.
pub(crate) fn peak_memory(document: &Path) -> Result<(f64, Duration), Box<dyn Error>> {
    let start = Instant::now();
    let mut varco = Command::new(env!("CARGO_BIN_EXE_varco"))
        .args(["verify", "--format", "json", "--at", "2026-02-01T00:00:00Z", "--trust"])
        .arg(pki("trust"))
        .arg("--crl")
        .arg(pki("crl"))
        .arg(document)
        .stdout(Stdio::null())
        .spawn()?;
    let status = format!("/proc/{}/status", varco.id());
    let mut peak = 0.0_f64;
    let exit = loop {
        if let Some(exit) = varco.try_wait()? {
            break exit;
        }
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = peak.max(mark.and_then(|kib| kib.parse().ok()).unwrap_or(0.0) / 1024.0);
        #[expect(clippy::disallowed_methods, reason = "nothing wakes us when memory grows")]
        std::thread::sleep(Duration::from_millis(5));
    };
    if !exit.success() || peak == 0.0 {
        return Err(format!("varco verify {}: {exit}", document.display()).into());
    }
    Ok((peak, start.elapsed()))
}
