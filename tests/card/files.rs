//! The files of a CNS, read in process.

use varco::card::{
    Agreement, CnsError, CnsFile, Field, HolderCertificate, PersonalDataError, StatusWord, Transport, TransportError,
    read_facts, read_holder,
};

use crate::support::cns::{Cns, PERSONAL_DATA, card_id, personal_data_file};

const CARD_ID: [u16; 2] = [0x1000, 0x1003];
const PERSONAL: [u16; 2] = [0x1100, 0x1102];
const CERTIFICATE: [u16; 2] = [0x1100, 0x1101];

/// A card in the same process, that may be taken out before a command, and whose answers may come in small pieces.
struct Direct {
    card: Cns,
    removed_at: Option<usize>,
    piece: usize,
    commands: usize,
}

impl Direct {
    fn new(card: Cns) -> Self {
        Self { card, removed_at: None, piece: usize::MAX, commands: 0 }
    }
}

impl Transport for Direct {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.removed_at == Some(self.commands) {
            return Err(TransportError::CardRemoved);
        }
        self.commands += 1;
        let answer = self.card.answer(command);
        let (data, status) = answer.split_at(answer.len() - 2);
        Ok([&data[..data.len().min(self.piece)], status].concat())
    }
}

fn read(card: Cns) -> Result<varco::card::Holder, CnsError> {
    read_holder(&mut Direct::new(card))
}

#[test]
fn all_fields_are_read_and_the_card_agrees_with_itself() {
    for piece in [usize::MAX, 100, 1] {
        let mut direct = Direct { piece, ..Direct::new(Cns::carda_prova()) };
        let holder = read_holder(&mut direct).unwrap();
        for (field, value) in Field::ALL.into_iter().zip(PERSONAL_DATA) {
            assert_eq!(holder.personal.get(field), value, "{field:?}");
        }
        assert_eq!(holder.facts.card_id.as_str(), card_id());
        assert_eq!((holder.facts.card_id_agrees(), holder.fiscal_code_agrees()), (Agreement::Match, Agreement::Match));
        let HolderCertificate::Read(certificate) = &holder.facts.certificate else { panic!("no certificate") };
        let pem = std::fs::read("certs/pki/leaves/cns-good.pem").unwrap();
        assert_eq!(certificate.der(), openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap());
    }
}

#[test]
fn reading_sends_nothing_but_select_and_read_binary() {
    let mut direct = Direct::new(Cns::carda_prova());
    read_holder(&mut direct).unwrap();
    let instructions = direct.card.log().iter().map(|command| command[1]);
    assert!(
        instructions.clone().all(|instruction| matches!(instruction, 0xA4 | 0xB0)),
        "{:02X?}",
        instructions.collect::<Vec<_>>()
    );
    assert_eq!((direct.card.tries_left(0), direct.card.tries_left(1)), (3, 3));
}

#[test]
fn a_card_that_is_taken_out_before_any_command_says_so_and_is_read_afterwards() {
    let mut whole = Direct::new(Cns::carda_prova());
    read_holder(&mut whole).unwrap();
    assert!(whole.commands > 10);
    let mut direct = Direct::new(Cns::carda_prova());
    for command in 0..whole.commands {
        (direct.commands, direct.removed_at) = (0, Some(command));
        let error = read_holder(&mut direct).err();
        assert!(matches!(error, Some(CnsError::Transport(TransportError::CardRemoved))), "{command}: {error:?}");
        direct.card.reset();
        (direct.commands, direct.removed_at) = (0, None);
        read_holder(&mut direct).unwrap();
    }
}

#[test]
fn malformed_personal_data_have_an_error_for_each_shape() {
    let whole = personal_data_file(&PERSONAL_DATA);
    let with = |octets: &[u8]| Cns::new(octets, &card_id());
    let cases = [
        (with(b""), PersonalDataError::Empty),
        (with(&[0xFF; 400]), PersonalDataError::Empty),
        (Cns::carda_prova().with_file(&PERSONAL, Some(b"0000")), PersonalDataError::CutHeader { found: 4 }),
        (with(b"0000ZZ047430"), PersonalDataError::BadTotal),
        (with(b"000FFF047430"), PersonalDataError::TooLong { announced: 0xFFF }),
        (
            Cns::carda_prova().with_file(&PERSONAL, Some(&whole[..50])),
            PersonalDataError::Cut { announced: whole.len() - 6, found: 44 },
        ),
        (with(b"000006047430"), PersonalDataError::MissingField { field: Field::IssueDate }),
        (with(b"000006-47430"), PersonalDataError::BadLength { field: Field::IssuerCode }),
        (with(b"000006057430"), PersonalDataError::FieldBeyondEnd { field: Field::IssuerCode }),
        (with(b"00000604\x00430"), PersonalDataError::NotText { field: Field::IssuerCode }),
    ];
    for (card, expected) in cases {
        let error = read(card).err();
        assert!(matches!(error, Some(CnsError::PersonalData(found)) if found == expected), "{expected:?}: {error:?}");
    }
}

#[test]
fn a_card_that_is_put_together_from_two_contradicts_itself() {
    let other_number = Cns::new(&personal_data_file(&PERSONAL_DATA), "7430000000000001");
    assert_eq!(read(other_number).unwrap().facts.card_id_agrees(), Agreement::Mismatch);
    let mut values = PERSONAL_DATA;
    values[8] = "DVRLTR78S23F205R";
    let other_person = read(Cns::new(&personal_data_file(&values), &card_id())).unwrap();
    assert_eq!(other_person.fiscal_code_agrees(), Agreement::Mismatch);
    // The same person's code with an omocodia letter, and a code that is none.
    values[8] = "PRVCRD90A41H50MD";
    assert_eq!(
        read(Cns::new(&personal_data_file(&values), &card_id())).unwrap().fiscal_code_agrees(),
        Agreement::Match
    );
    values[8] = "PRVCRD90A41H501X";
    assert_eq!(
        read(Cns::new(&personal_data_file(&values), &card_id())).unwrap().fiscal_code_agrees(),
        Agreement::Absent
    );
}

#[test]
fn a_card_without_a_certificate_is_read_and_agrees_with_nothing() {
    for content in [None, Some(&[][..]), Some(&[0; 2048]), Some(&[0xFF; 2048])] {
        let facts = read_facts(&mut Direct::new(Cns::carda_prova().with_file(&CERTIFICATE, content))).unwrap();
        assert!(matches!(facts.certificate, HolderCertificate::Absent));
        assert_eq!(facts.card_id_agrees(), Agreement::Absent);
    }
    for content in [&b"\x30\x82\xFF\xFF"[..], b"\x30\x82\x00\x04\x30\x02\x05\x00", b"\x30\x03\x02\x01\x00", b"0"] {
        let facts = read_facts(&mut Direct::new(Cns::carda_prova().with_file(&CERTIFICATE, Some(content)))).unwrap();
        assert!(matches!(facts.certificate, HolderCertificate::Unreadable(_)), "{}", content.escape_ascii());
        assert_eq!(facts.card_id_agrees(), Agreement::Absent);
    }
}

#[test]
fn files_that_are_missing_or_wrong_are_named() {
    let error = read(Cns::carda_prova().with_file(&CARD_ID, None)).err();
    assert!(matches!(error, Some(CnsError::NoFile(CnsFile::CardId))), "{error:?}");
    let error = read(Cns::carda_prova().with_file(&PERSONAL, None)).err();
    assert!(matches!(error, Some(CnsError::NoFile(CnsFile::PersonalData))), "{error:?}");
    for number in [&b"743000000000000"[..], b"74300000000000/1", &[0; 16]] {
        let error = read(Cns::carda_prova().with_file(&CARD_ID, Some(number))).err();
        assert!(matches!(error, Some(CnsError::BadCardId)), "{error:?}");
    }
}

/// Answers every command alike.
struct Stubborn(&'static [u8]);

impl Transport for Stubborn {
    fn transmit(&mut self, _command: &[u8]) -> Result<Vec<u8>, TransportError> {
        Ok(self.0.to_vec())
    }
}

#[test]
fn senseless_answers_end_in_an_error() {
    for answer in [&b""[..], b"\x90", b"\x61\x00", b"\x01\x61\x01"] {
        let error = read_facts(&mut Stubborn(answer)).err();
        assert!(matches!(error, Some(CnsError::BadAnswer(CnsFile::CardId))), "{error:?}");
    }
    let error = read_facts(&mut Stubborn(b"\x69\x82")).err();
    let refused = CnsFile::CardId;
    assert!(
        matches!(error, Some(CnsError::Refused { file, status: StatusWord::SecurityStatus }) if file == refused),
        "{error:?}"
    );
    assert!(matches!(read_facts(&mut Stubborn(b"\x90\x00")).err(), Some(CnsError::BadCardId)));
}

#[test]
fn debug_shows_nothing_personal() {
    let holder = read(Cns::carda_prova()).unwrap();
    let shown = format!("{holder:?} {:?} {:?} {:?}", holder.facts, holder.facts.card_id, holder.personal);
    for personal in ["PROVA", "CARDA", "PRVCRD", "7430", "VIA"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}
