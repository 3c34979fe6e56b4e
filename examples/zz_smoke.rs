use varco::pdf::*;
fn main() {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let source: &[u8] = &bytes;
        let t = std::time::Instant::now();
        match Document::open(&source, b"", Limits::STANDARD) {
            Err(e) => println!("ERR {path}: {e}"),
            Ok(d) => {
                let mut bad = 0; let mut n = 0;
                let mut firstbad=String::new();
                for (r, rev) in d.revisions().iter().enumerate() {
                    let v = d.at(r);
                    for o in &rev.objects { n += 1; if let Err(e) = v.object(*o) { bad += 1; if firstbad.is_empty() { firstbad=format!("{e} {:?}", v.place(*o)); } } }
                }
                let ends: Vec<_> = d.revisions().iter().map(|r| r.end).collect();
                println!("ok {path}: rev {} n {n} bad {bad} enc {} len {} ends {:?} {firstbad} {:?}", d.revisions().len(), d.is_encrypted(), d.len(), ends, t.elapsed());
            }
        }
    }
}
