//! Reads one text per line from standard input and prints the verdict on each as a fiscal code.
//!
//! Fields separated by tabs: `ok`, characters, canonical form, `omocodia` or `plain`, place status
//! or series, findings; or `no` and the machine code of the reason. `tools/codicefiscale/compare.py`
//! compares these verdicts with those of other libraries.

use std::io;
use std::io::BufRead;
use std::io::Write;

use time::UtcDateTime;
use time::macros::utc_datetime;
use varco::domain::fiscal_code::FiscalCode;
use varco::domain::fiscal_code::FiscalCodeFinding;

/// Findings depend on the day; a fixed one keeps the comparison repeatable.
const NOW: UtcDateTime = utc_datetime!(2026-11-22 12:00);

fn main() -> io::Result<()> {
    let mut output = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().split(b'\n') {
        writeln!(output, "{}", verdict(&String::from_utf8_lossy(&line?)))?;
    }
    output.flush()
}

fn verdict(text: &str) -> String {
    let code = match FiscalCode::parse(text) {
        Ok(code) => code,
        Err(reason) => return format!("no\t{}", reason.code()),
    };
    let form = if code.is_omocodia() { "omocodia" } else { "plain" };
    let status =
        code.place().map_or_else(|| format!("{:?}", code.numeric_series()), |place| format!("{:?}", place.status()));
    let findings: Vec<_> = code.findings(NOW).into_iter().map(FiscalCodeFinding::code).collect();
    format!("ok\t{}\t{}\t{form}\t{status}\t{}", code.as_str(), code.canonical(), findings.join(","))
}
