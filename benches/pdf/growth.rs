//! How the time grows with signatures, octets and objects.

use std::error::Error;
use std::fs;
use std::time::Duration;

use super::files::Shape;
use super::plot::{Panel, Series, draw};
use super::{Bench, OnDisk, target};
use crate::measure::{Bound, Contender, Measured, Target, in_turns};

/// How many signatures, on ten pages.
const SIGNATURES: [usize; 8] = [1, 2, 5, 10, 24, 50, 100, 200];
/// pyHanko takes seconds for more.
const OF_PYHANKO: usize = 24;
/// One signature, and so many pages with a picture of so many octets.
const SIZES: [(usize, usize); 5] = [(10, 8_000), (10, 100_000), (10, 1_000_000), (100, 1_000_000), (500, 1_000_000)];
/// Three objects a page: with few and with ten thousand.
const OBJECTS: [usize; 2] = [10, 3_333];

/// Prints the tables and draws the plot; returns the targets.
pub(super) fn measure(bench: &Bench) -> Result<Vec<Target>, Box<dyn Error>> {
    let mut signatures = signatures(bench)?;
    let mut panels = sizes(bench)?;
    panels.insert(0, signatures.0);
    fs::write(bench.folder.join("pdf-growth.svg"), draw(&panels))?;
    signatures.1.push(objects(bench)?);
    Ok(signatures.1)
}

fn signatures(bench: &Bench) -> Result<(Panel, Vec<Target>), Box<dyn Error>> {
    println!("### PDF: signatures, one revision each, on ten pages\n");
    println!("| signatures | octets | Varco, CPU ms | pyHanko, CPU ms |\n| ---: | ---: | ---: | ---: |");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for count in SIGNATURES {
        let path = Shape { pages: 10, picture: 8_000, signatures: count }.file(&bench.folder)?;
        let octets = fs::read(&path)?;
        let mut contenders = vec![Contender::new("Varco", || bench.verify(&octets.as_slice(), &bench.uncached))];
        if count <= OF_PYHANKO {
            contenders.extend(bench.peer(&path));
        }
        let measured = in_turns(&mut contenders, 5, Duration::from_millis(10));
        let ms: Vec<f64> = measured.iter().map(milliseconds).collect();
        let [varco, peer @ ..] = ms.as_slice() else { continue };
        ours.push((number(count), *varco));
        theirs.extend(peer.iter().map(|peer| (number(count), *peer)));
        let peer = peer.first().map(|peer| format!("{peer:.0}")).unwrap_or_default();
        println!("| {count} | {} | {varco:.2} | {peer} |", octets.len());
    }
    println!();
    let of = |count: usize| {
        let at = |(x, _): &&(f64, f64)| (x - number(count)).abs() < 0.5;
        ours.iter().find(at).map_or(f64::NAN, |(_, y)| *y)
    };
    let targets = vec![target(
        "PDF, growth",
        "time for 200 signatures, of twice that for 100",
        of(200) / of(100) / 2.0,
        Bound::AtMost(1.25),
    )];
    let series = vec![Series::new("Varco", ours), Series::new("pyHanko", theirs)];
    Ok((Panel { title: "One revision for each signature", across: "signatures", series }, targets))
}

fn sizes(bench: &Bench) -> Result<Vec<Panel>, Box<dyn Error>> {
    println!("### PDF: octets, one signature, read from the disk's cache\n");
    println!("| octets | Varco, CPU ms | SHA-256, CPU ms | ratio |\n| ---: | ---: | ---: | ---: |");
    let (mut ours, mut hashes) = (Vec::new(), Vec::new());
    for (pages, picture) in SIZES {
        let path = Shape { pages, picture, signatures: 1 }.file(&bench.folder)?;
        let file = OnDisk::open(&path)?;
        let mut contenders = [
            Contender::new("Varco", || bench.verify(&file, &bench.uncached)),
            Contender::new("SHA-256 of the file", || file.hash()),
        ];
        let measured = in_turns(&mut contenders, 7, Duration::from_millis(10));
        let [varco, hash] = measured.as_slice() else { continue };
        let octets = fs::metadata(&path)?.len();
        let (ms, hash_ms) = (milliseconds(varco), milliseconds(hash));
        println!("| {octets} | {ms:.2} | {hash_ms:.2} | {:.2} |", varco.ratio(hash));
        let megabytes = Duration::from_micros(octets).as_secs_f64();
        ours.push((megabytes, ms));
        hashes.push((megabytes, hash_ms));
    }
    println!();
    let series = vec![Series::new("Varco", ours), Series::new("SHA-256 of the file", hashes)];
    Ok(vec![Panel { title: "One signature", across: "megabytes", series }])
}

/// What one more signature costs in a document of few objects and of many: what the revision changes, not what is there.
fn objects(bench: &Bench) -> Result<Target, Box<dyn Error>> {
    println!("### PDF: one more signature, in documents with more and more objects\n");
    println!("| objects | 4 signatures, CPU ms | 24 signatures, CPU ms | each further one, CPU ms |");
    println!("| ---: | ---: | ---: | ---: |");
    let mut documents = Vec::new();
    for pages in OBJECTS {
        for signatures in [4, 24] {
            documents.push(fs::read(Shape { pages, picture: 100, signatures }.file(&bench.folder)?)?);
        }
    }
    let contender = |octets| Contender::new("Varco", move || bench.verify(&Vec::as_slice(octets), &bench.uncached));
    let mut contenders: Vec<_> = documents.iter().map(contender).collect();
    // A difference of two is disturbed by little: many turns.
    let ms: Vec<f64> = in_turns(&mut contenders, 31, Duration::ZERO).iter().map(milliseconds).collect();
    let mut each = Vec::new();
    for (pages, pair) in OBJECTS.iter().zip(ms.chunks(2)) {
        let [few, many] = pair else { continue };
        println!("| {} | {few:.2} | {many:.2} | {:.3} |", pages * 3 + 5, (many - few) / 20.0);
        each.push((many - few) / 20.0);
    }
    println!();
    let ratio = each.last().zip(each.first()).map_or(f64::NAN, |(many, few)| many / few);
    Ok(target("PDF, growth", "one more signature among 10,000 objects, of that among 35", ratio, Bound::AtMost(2.0)))
}

fn milliseconds(one: &Measured) -> f64 {
    one.best().as_secs_f64() * 1e3
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}
