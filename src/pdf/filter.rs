//! Decoding streams of cross-references and objects (ISO 32000-2 §7.4). Streams of pages are never decoded.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use crate::pdf::object::{Dictionary, Object};

/// Why a stream could not be decoded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum FilterError {
    /// It is not what its filter makes.
    Damaged,
    /// A filter that nobody uses for such streams.
    Unknown,
    /// It is longer than allowed.
    TooLong,
}

/// Decodes the octets of a stream to at most `limit` octets. References in `dictionary` must be resolved.
pub(super) fn decode(dictionary: &Dictionary, octets: &[u8], limit: usize) -> Result<Vec<u8>, FilterError> {
    let filters = list(dictionary.get(b"Filter"));
    let parameters = list(dictionary.get(b"DecodeParms"));
    if filters.len() > MAX_FILTERS {
        return Err(FilterError::Unknown);
    }
    let mut decoded = octets.to_vec();
    for (place, filter) in filters.iter().enumerate() {
        let parameters = parameters.get(place).and_then(Object::as_dictionary);
        decoded = match filter.as_name().unwrap_or_default() {
            b"FlateDecode" | b"Fl" => inflate(&decoded, limit)?,
            b"ASCIIHexDecode" | b"AHx" => from_hexadecimal(&decoded)?,
            // Deciphered already.
            b"Crypt" if place == 0 => decoded,
            _ => return Err(FilterError::Unknown),
        };
        if let Some(parameters) = parameters {
            decoded = undo_prediction(decoded, parameters)?;
        }
    }
    if decoded.len() > limit { Err(FilterError::TooLong) } else { Ok(decoded) }
}

const MAX_FILTERS: usize = 4;

/// One value, or an array of them.
fn list(value: Option<&Object>) -> Vec<Object> {
    match value {
        None | Some(Object::Null) => Vec::new(),
        Some(Object::Array(members)) => members.to_vec(),
        Some(one) => vec![one.clone()],
    }
}

/// zlib (RFC 1950). The check value at the end is not asked for: writers get it wrong, readers do not look.
fn inflate(octets: &[u8], limit: usize) -> Result<Vec<u8>, FilterError> {
    const FLAGS: u32 = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = DecompressorOxide::new();
    let mut out = vec![0; octets.len().saturating_mul(4).clamp(1024, limit.max(1024))];
    let (mut read, mut written) = (0, 0);
    loop {
        let input = octets.get(read..).unwrap_or_default();
        let (status, consumed, produced) = decompress(&mut state, input, &mut out, written, FLAGS);
        read += consumed;
        written += produced;
        match status {
            TINFLStatus::Done | TINFLStatus::Adler32Mismatch => break,
            TINFLStatus::HasMoreOutput if out.len() >= limit => return Err(FilterError::TooLong),
            TINFLStatus::HasMoreOutput => out.resize(out.len().saturating_mul(2).min(limit), 0),
            _ => return Err(FilterError::Damaged),
        }
    }
    out.truncate(written);
    Ok(out)
}

fn from_hexadecimal(octets: &[u8]) -> Result<Vec<u8>, FilterError> {
    let mut digits = octets.iter().take_while(|octet| **octet != b'>').filter(|octet| !octet.is_ascii_whitespace());
    let mut decoded = Vec::with_capacity(octets.len() / 2);
    let value = |digit: &u8| char::from(*digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    while let Some(high) = digits.next() {
        let high = value(high).ok_or(FilterError::Damaged)?;
        let low = digits.next().map_or(Some(0), value).ok_or(FilterError::Damaged)?;
        decoded.push(high << 4 | low);
    }
    Ok(decoded)
}

/// Undoes the predictors of PNG (§7.4.4.4), one octet a component; TIFF's, which nobody uses for such streams, is not known.
fn undo_prediction(octets: Vec<u8>, parameters: &Dictionary) -> Result<Vec<u8>, FilterError> {
    let number = |name: &[u8], default: usize| match parameters.get(name) {
        None | Some(Object::Null) => Ok(default),
        Some(value) => value.as_offset().and_then(|value| usize::try_from(value).ok()).ok_or(FilterError::Damaged),
    };
    match number(b"Predictor", 1)? {
        1 => return Ok(octets),
        10..=15 => {}
        _ => return Err(FilterError::Unknown),
    }
    let (colors, columns) = (number(b"Colors", 1)?, number(b"Columns", 1)?);
    if number(b"BitsPerComponent", 8)? != 8 || !(1..=32).contains(&colors) || !(1..=MAX_COLUMNS).contains(&columns) {
        return Err(FilterError::Unknown);
    }
    let width = colors * columns;
    let mut above = vec![0; width];
    let mut decoded = Vec::with_capacity(octets.len());
    for row in octets.chunks(width + 1) {
        let Some((kind, row)) = row.split_first() else { break };
        let mut row = row.to_vec();
        row.resize(width, 0);
        undo_row(*kind, &mut row, &above, colors)?;
        decoded.extend_from_slice(&row);
        above = row;
    }
    Ok(decoded)
}

const MAX_COLUMNS: usize = 65_536;

fn undo_row(kind: u8, row: &mut [u8], above: &[u8], step: usize) -> Result<(), FilterError> {
    for at in 0..row.len() {
        let before = |line: &[u8]| at.checked_sub(step).and_then(|at| line.get(at)).copied().unwrap_or_default();
        let (left, up, corner) = (before(row), above.get(at).copied().unwrap_or_default(), before(above));
        let predicted = match kind {
            0 => 0,
            1 => left,
            2 => up,
            3 => left.midpoint(up),
            4 => paeth(left, up, corner),
            _ => return Err(FilterError::Damaged),
        };
        if let Some(octet) = row.get_mut(at) {
            *octet = octet.wrapping_add(predicted);
        }
    }
    Ok(())
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |value: u8| (estimate - i16::from(value)).abs();
    match (distance(left), distance(up), distance(corner)) {
        (a, b, c) if a <= b && a <= c => left,
        (_, b, c) if b <= c => up,
        _ => corner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::syntax::Parser;

    fn dictionary(text: &str) -> std::rc::Rc<Dictionary> {
        Parser::new(text.as_bytes(), 0).object().unwrap().as_dictionary().unwrap().clone()
    }

    #[test]
    fn flate_with_the_predictors_of_png_is_undone() {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&[2, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1, 4, 1, 1, 1], 6);
        let parameters = dictionary("<</Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 3>>>>");
        let decoded = decode(&parameters, &packed, 100).unwrap();
        assert_eq!(decoded, [1, 2, 3, 2, 3, 4, 5, 6, 7, 6, 7, 8]);
        let plain = dictionary("<</Filter[/ASCIIHexDecode/FlateDecode]>>");
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(b"text", 6);
        let digits = format!("{}>", crate::crypto::hex(&packed));
        assert_eq!(decode(&plain, digits.as_bytes(), 100).unwrap(), b"text");
    }

    #[test]
    fn a_bomb_stops_at_the_limit_and_damage_is_told() {
        let flate = dictionary("<</Filter/FlateDecode>>");
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 10_000_000], 6);
        assert_eq!(decode(&flate, &bomb, 1_000_000), Err(FilterError::TooLong));
        assert_eq!(decode(&flate, b"\x78\x9c\xff\xff", 1000), Err(FilterError::Damaged));
        assert_eq!(decode(&flate, b"", 1000), Err(FilterError::Damaged));
        assert_eq!(decode(&dictionary("<</Filter/LZWDecode>>"), b"", 1000), Err(FilterError::Unknown));
        let wide = dictionary("<</Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 99999999>>>>");
        assert_eq!(decode(&wide, &miniz_oxide::deflate::compress_to_vec_zlib(b"x", 6), 10), Err(FilterError::Unknown));
    }
}
