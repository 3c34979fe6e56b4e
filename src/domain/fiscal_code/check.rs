//! The check characters: sum modulo 26 for sixteen characters, Luhn for eleven digits.

/// Returns the sixteenth character that follows from the first fifteen, letters and digits in upper case.
pub(super) fn character(first: &[u8; 15]) -> u8 {
    let sum = first.iter().enumerate().fold(0, |sum, (index, byte)| {
        // The first character is in an odd position.
        let value = if index % 2 == 0 { odd_value(*byte) } else { even_value(*byte) };
        (sum + value) % 26
    });
    b'A' + sum
}

/// Whether the last of the eleven digits follows from the others.
pub(super) fn digits_agree(digits: &[u8; 11]) -> bool {
    let sum = digits.iter().enumerate().fold(0, |sum, (index, byte)| {
        let digit = even_value(*byte);
        let value = if index % 2 == 0 {
            digit
        } else {
            // Doubled, and the two digits of the result added.
            (digit * 2) / 10 + (digit * 2) % 10
        };
        (sum + value) % 10
    });
    sum == 0
}

/// A digit is worth itself, a letter its place in the alphabet from zero.
fn even_value(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A',
        _ => 0,
    }
}

/// The table of DM 23 December 1976 for the odd positions.
fn odd_value(byte: u8) -> u8 {
    match byte {
        b'0' | b'A' => 1,
        b'2' | b'C' => 5,
        b'3' | b'D' => 7,
        b'4' | b'E' => 9,
        b'5' | b'F' => 13,
        b'6' | b'G' => 15,
        b'7' | b'H' => 17,
        b'8' | b'I' => 19,
        b'9' | b'J' => 21,
        b'K' => 2,
        b'L' => 4,
        b'M' => 18,
        b'N' => 20,
        b'O' => 11,
        b'P' => 3,
        b'Q' => 6,
        b'R' => 8,
        b'S' => 12,
        b'T' => 14,
        b'U' => 16,
        b'V' => 10,
        b'W' => 22,
        b'X' => 25,
        b'Y' => 24,
        b'Z' => 23,
        // `1` and `B`.
        _ => 0,
    }
}
