//! Commands and answers of ISO/IEC 7816-4, as far as files are read without a PIN.
//!
//! There is no VERIFY here, and none may be sent with an empty body to learn how many tries are left: some cards count it
//! as a wrong PIN.

use std::fmt;
use std::num::NonZeroU8;

use crate::card::transport::{Transport, TransportError};

/// A command APDU of the short form; none that is made here holds a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Command {
    octets: Vec<u8>,
}

/// The answer to a command. `Debug` prints no data: it may be personal.
#[derive(Clone, Eq, PartialEq)]
pub struct Answer {
    /// What stands before the status word.
    pub data: Vec<u8>,
    /// How it went.
    pub status: StatusWord,
}

/// The last two octets of an answer (ISO/IEC 7816-4 §5.6).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusWord {
    /// `9000`.
    Done,
    /// `61xx`: so many octets more can be had by GET RESPONSE; 0 is 256.
    MoreData(u8),
    /// `6282`: the file ended before as much as was asked for.
    EndOfFile,
    /// `63Cx`: a wrong PIN or PUK, with so many tries left.
    TriesLeft(u8),
    /// `6700`.
    WrongLength,
    /// `6982`: a PIN is needed.
    SecurityStatus,
    /// `6983`: the PIN or PUK is blocked.
    Blocked,
    /// `6A82`: there is no such file.
    NotFound,
    /// `6B00`: the offset lies beyond the file.
    BeyondFile,
    /// `6Cxx`: as many octets can be had, and not as many as were asked for; 0 is 256.
    ExactLength(u8),
    /// Any other.
    Other(u16),
}

/// How many answers one command may be spread over, repetitions with another length among them.
const MAX_TURNS: usize = 16;

impl Command {
    /// SELECT by path from the master file, without asking for control information.
    pub fn select(path: &[u16]) -> Self {
        let path: Vec<u8> = path.iter().flat_map(|identifier| identifier.to_be_bytes()).collect();
        // No path of a card has 128 components; a longer one would select nothing.
        let length = u8::try_from(path.len()).unwrap_or(0);
        Self { octets: [&[0x00, 0xA4, 0x08, 0x0C, length], path.as_slice()].concat() }
    }

    /// READ BINARY of the selected file. The first bit of the offset must be 0 (§11.3.3), else it would name another file.
    pub fn read_binary(offset: u16, length: NonZeroU8) -> Self {
        let [high, low] = (offset & 0x7FFF).to_be_bytes();
        Self { octets: vec![0x00, 0xB0, high, low, length.get()] }
    }

    /// As it is sent.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The same, asking for another length.
    fn expecting(&self, length: u8) -> Self {
        let header = self.octets.iter().copied().take(4);
        Self { octets: header.chain([length]).collect() }
    }

    const fn asks_for_data(&self) -> bool {
        self.octets.len() == 5
    }

    fn get_response(length: u8) -> Self {
        Self { octets: vec![0x00, 0xC0, 0x00, 0x00, length] }
    }
}

/// Sends a command, and what the card asks for to answer it whole: GET RESPONSE, or the length that it names.
///
/// `Ok(None)` is an answer that is none: shorter than a status word, or going on without end.
pub fn exchange(transport: &mut dyn Transport, command: &Command) -> Result<Option<Answer>, TransportError> {
    let mut next = command.clone();
    let mut data = Vec::new();
    for _turn in 0..MAX_TURNS {
        let octets = transport.transmit(next.octets())?;
        let Some((part, [sw1, sw2])) = octets.split_last_chunk() else { return Ok(None) };
        data.extend_from_slice(part);
        let status = StatusWord::of(*sw1, *sw2);
        next = match status {
            StatusWord::MoreData(length) => Command::get_response(length),
            StatusWord::ExactLength(length) if next.asks_for_data() => next.expecting(length),
            status => return Ok(Some(Answer { data, status })),
        };
    }
    Ok(None)
}

impl StatusWord {
    const fn of(sw1: u8, sw2: u8) -> Self {
        match (sw1, sw2) {
            (0x90, 0x00) => Self::Done,
            (0x61, length) => Self::MoreData(length),
            (0x62, 0x82) => Self::EndOfFile,
            (0x63, 0xC0..=0xCF) => Self::TriesLeft(sw2 & 0x0F),
            (0x67, 0x00) => Self::WrongLength,
            (0x69, 0x82) => Self::SecurityStatus,
            (0x69, 0x83) => Self::Blocked,
            (0x6A, 0x82) => Self::NotFound,
            (0x6B, 0x00) => Self::BeyondFile,
            (0x6C, length) => Self::ExactLength(length),
            _ => Self::Other(u16::from_be_bytes([sw1, sw2])),
        }
    }

    /// As the card sent it.
    pub fn code(self) -> u16 {
        let [sw1, sw2] = match self {
            Self::Done => [0x90, 0x00],
            Self::MoreData(length) => [0x61, length],
            Self::EndOfFile => [0x62, 0x82],
            Self::TriesLeft(left) => [0x63, 0xC0 | left],
            Self::WrongLength => [0x67, 0x00],
            Self::SecurityStatus => [0x69, 0x82],
            Self::Blocked => [0x69, 0x83],
            Self::NotFound => [0x6A, 0x82],
            Self::BeyondFile => [0x6B, 0x00],
            Self::ExactLength(length) => [0x6C, length],
            Self::Other(code) => return code,
        };
        u16::from_be_bytes([sw1, sw2])
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.code())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer {{ data: <{} octets>, status: {} }}", self.data.len(), self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers with what it was given, and remembers the commands.
    struct Script {
        answers: Vec<Vec<u8>>,
        commands: Vec<Vec<u8>>,
    }

    impl Transport for Script {
        fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
            self.commands.push(command.to_vec());
            if self.answers.len() == 1 { Ok(self.answers[0].clone()) } else { Ok(self.answers.remove(0)) }
        }
    }

    fn play(answers: &[&[u8]]) -> (Option<Answer>, Vec<Vec<u8>>) {
        let answers = answers.iter().map(|answer| answer.to_vec()).collect();
        let mut script = Script { answers, commands: Vec::new() };
        let command = Command::read_binary(0x0102, NonZeroU8::new(0xFF).unwrap());
        (exchange(&mut script, &command).unwrap(), script.commands)
    }

    #[test]
    fn commands_have_the_octets_of_the_standard() {
        assert_eq!(Command::select(&[0x1100, 0x1102]).octets(), [0x00, 0xA4, 0x08, 0x0C, 4, 0x11, 0x00, 0x11, 0x02]);
        let length = NonZeroU8::new(0x10).unwrap();
        assert_eq!(Command::read_binary(0x0123, length).octets(), [0x00, 0xB0, 0x01, 0x23, 0x10]);
        // With the first bit set, P1 would be a short file identifier.
        assert_eq!(Command::read_binary(0x8123, length).octets(), [0x00, 0xB0, 0x01, 0x23, 0x10]);
    }

    #[test]
    fn an_answer_in_pieces_is_joined() {
        let (answer, commands) = play(&[&[1, 2, 0x61, 0x02], &[3, 4, 0x90, 0x00]]);
        assert_eq!(answer.unwrap().data, [1, 2, 3, 4]);
        assert_eq!(commands[1], [0x00, 0xC0, 0x00, 0x00, 0x02]);
    }

    #[test]
    fn the_length_that_the_card_names_is_asked_for() {
        let (answer, commands) = play(&[&[0x6C, 0x03], &[1, 2, 3, 0x90, 0x00]]);
        assert_eq!(answer.unwrap(), Answer { data: vec![1, 2, 3], status: StatusWord::Done });
        assert_eq!(commands[1], [0x00, 0xB0, 0x01, 0x02, 0x03]);
    }

    #[test]
    fn an_answer_without_a_status_word_or_without_an_end_is_none() {
        assert_eq!(play(&[&[]]).0, None);
        assert_eq!(play(&[&[0x90]]).0, None);
        for endless in [[0x61, 0x00], [0x6C, 0xFF]] {
            let (answer, commands) = play(&[&endless]);
            assert_eq!((answer, commands.len()), (None, MAX_TURNS));
        }
    }

    #[test]
    fn every_status_word_keeps_its_code() {
        for code in 0..=u16::MAX {
            let [sw1, sw2] = code.to_be_bytes();
            assert_eq!(StatusWord::of(sw1, sw2).code(), code);
        }
    }

    #[test]
    fn debug_shows_no_data() {
        let (answer, _) = play(&[b"PROVA\x90\x00"]);
        assert_eq!(format!("{:?}", answer.unwrap()), "Answer { data: <5 octets>, status: 9000 }");
    }
}
