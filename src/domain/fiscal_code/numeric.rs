//! Eleven digits: seven of serial number, three of office, one of check.

use crate::domain::fiscal_code::InvalidFiscalCode;
use crate::domain::fiscal_code::check;

/// To whom the series of an eleven-digit code was given, by its office number.
///
/// Source: the formal-correctness program of Agenzia delle Entrate. The series of a provisional
/// code says how it was meant; only the registry knows who holds it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum NumericSeries {
    /// A provisional code, given to a person by the registry (office 000) or by a tax office.
    Provisional,
    /// The code of a body, or a VAT number.
    Body,
    /// An office number of no known series.
    Unknown,
}

/// Reads eleven letters and digits in upper case.
pub(super) fn read(code: &[u8; 11]) -> Result<NumericSeries, InvalidFiscalCode> {
    if !code.iter().all(u8::is_ascii_digit) {
        return Err(InvalidFiscalCode::NotNumeric);
    }
    let [serial @ .., o1, o2, o3, _] = code;
    if serial == b"0000000" {
        return Err(InvalidFiscalCode::SerialZero);
    }
    if !check::digits_agree(code) {
        return Err(InvalidFiscalCode::CheckCharacter);
    }
    Ok(series([*o1, *o2, *o3]))
}

fn series(office: [u8; 3]) -> NumericSeries {
    match &office {
        b"000" => NumericSeries::Provisional,
        b"120" | b"121" | b"888" | b"999" => NumericSeries::Body,
        office if office <= b"100" => NumericSeries::Body,
        office
            if (b"151"..=b"245").contains(&office)
                || (b"301"..=b"766").contains(&office)
                || (b"900"..=b"950").contains(&office) =>
        {
            NumericSeries::Provisional
        }
        _ => NumericSeries::Unknown,
    }
}
