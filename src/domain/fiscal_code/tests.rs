use std::collections::HashSet;

use proptest::prelude::*;
use time::macros::utc_datetime;

use super::*;
use crate::domain::fiscal_code::check;

/// Codes whose verdict is known from the formation rules, worked by hand or by two independent libraries.
const MAN: &str = "RSSMRA85T10A562S";

fn code(text: &str) -> FiscalCode {
    FiscalCode::parse(text).unwrap()
}

fn error(text: &str) -> InvalidFiscalCode {
    FiscalCode::parse(text).unwrap_err()
}

/// The first fifteen characters with the check character that they want.
fn closed(head: &str) -> String {
    let head: [u8; 15] = head.as_bytes().try_into().unwrap();
    let mut text = String::from_utf8(head.to_vec()).unwrap();
    text.push(char::from(check::character(&head)));
    text
}

/// The variant in which the digits marked in `mask`, rightmost first, are letters.
fn variant(head: &str, mask: u8) -> String {
    let mut bytes = head.as_bytes()[..15].to_vec();
    for (bit, index) in [14, 13, 12, 10, 9, 7, 6].into_iter().enumerate() {
        if mask & (1 << bit) != 0 {
            bytes[index] = b"LMNPQRSTUV"[usize::from(bytes[index] - b'0')];
        }
    }
    closed(&String::from_utf8(bytes).unwrap())
}

#[test]
fn published_examples() {
    assert_eq!(code(MAN).as_str(), MAN);
    for text in ["PRVCRD90A41H501L", "RSSMRA80A01H501U", "MRTMTT91D08F205J"] {
        assert_eq!(code(text).canonical(), text);
        assert!(!code(text).is_omocodia());
        assert_eq!(code(text).kind(), FiscalCodeKind::Personal);
    }
}

#[test]
fn as_people_type_it() {
    for text in [
        "rssmra85t10a562s",
        "  RSS MRA 85T10 A562 S\r\n",
        "RSS\u{a0}MRA\u{202f}85T10\tA562S",
        "\u{feff}RSSMRA85T10A562S\u{200b}",
    ] {
        assert_eq!(code(text), code(MAN));
    }
}

#[test]
fn birth_and_place() {
    let man = code(MAN);
    let birth = man.birth().unwrap();
    assert_eq!((birth.year_of_century, birth.month, birth.day, birth.sex), (85, 12, 10, Sex::Male));
    assert_eq!(man.place().unwrap().code(), "A562");
    let woman = code("PRVCRD90A41H501L").birth().unwrap();
    assert_eq!((woman.month, woman.day, woman.sex), (1, 1, Sex::Female));
    assert_eq!(man.numeric_series(), None);
}

#[test]
fn omocodia() {
    let one = code("RSSMRA85T10A56NH");
    let seven = code("RSSMRAURTMLARSNL");
    for other in [&one, &seven] {
        assert!(other.is_omocodia());
        assert_eq!(other.canonical(), MAN);
        assert!(other.same_person(&code(MAN)));
        assert_ne!(*other, code(MAN));
        assert_eq!(other.birth(), code(MAN).birth());
        assert_eq!(other.place(), code(MAN).place());
    }
    assert!(!one.same_person(&code("PRVCRD90A41H501L")));
}

#[test]
fn what_is_refused_and_why() {
    assert_eq!(error(""), InvalidFiscalCode::Empty);
    assert_eq!(error(" \t\u{feff}"), InvalidFiscalCode::Empty);
    assert_eq!(error("RSSMRA85T10A562"), InvalidFiscalCode::Length(15));
    assert_eq!(error("RSSMRA85T10A562SS"), InvalidFiscalCode::Length(17));
    assert_eq!(error(&"A".repeat(70_000)), InvalidFiscalCode::Length(70_000));
    assert_eq!(error("RSSMRA-85T10A562S"), InvalidFiscalCode::Character(7));
    assert_eq!(error("RSSMR485T10A562S"), InvalidFiscalCode::LetterExpected(6));
    assert_eq!(error("RSSMRA8OT10A562S"), InvalidFiscalCode::DigitExpected(8));
    assert_eq!(error("RSSMRA85T10A56IS"), InvalidFiscalCode::DigitExpected(15));
    assert_eq!(error("RSSMRA85T1025628"), InvalidFiscalCode::LetterExpected(12));
    assert_eq!(error("RSSMRA85F10A562S"), InvalidFiscalCode::Month);
    assert_eq!(error("RSSMRA85T10A562T"), InvalidFiscalCode::CheckCharacter);
    assert_eq!(error("RSSMRA85T10A5628"), InvalidFiscalCode::CheckCharacter);
    assert_eq!(error("RSSMRA85T10"), InvalidFiscalCode::NotNumeric);
}

#[test]
fn bytes_outside_ascii_never_become_letters() {
    // Sixteen bytes; a Kelvin sign; full-width letters; a dotless i, whose upper case is I.
    assert_eq!(error("SSÀMRA85T10A56S"), InvalidFiscalCode::Character(3));
    assert_eq!(error("RSS\u{212a}RA85T10A562S"), InvalidFiscalCode::Character(4));
    assert_eq!(error("ＲSSMRA85T10A562S"), InvalidFiscalCode::Character(1));
    assert_eq!(error("RSSMRA85T10A562ı"), InvalidFiscalCode::Character(16));
    assert_eq!(error("RSSMRA8\u{665}T10A562S"), InvalidFiscalCode::Character(8));
    assert_eq!(error("RSSMRA85T10A562S\0"), InvalidFiscalCode::Length(17));
    assert_eq!(error("RSSMRA85T10A562\0"), InvalidFiscalCode::Character(16));
}

#[test]
fn days() {
    for (month, last) in "ABCDEHLMPRST".chars().zip([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]) {
        for (day, sex) in [(0, 0), (0, 40)] {
            let text = closed(&format!("RSSMRA85{month}{:02}A562", day + sex));
            assert_eq!(error(&text), InvalidFiscalCode::Day);
        }
        for sex in [0, 40] {
            assert!(FiscalCode::parse(&closed(&format!("RSSMRA85{month}{:02}A562", last + sex))).is_ok());
            if last < 31 {
                let text = closed(&format!("RSSMRA85{month}{:02}A562", last + 1 + sex));
                assert_eq!(error(&text), InvalidFiscalCode::Date);
            }
        }
        for day in [32, 39, 72, 99] {
            let text = closed(&format!("RSSMRA85{month}{day}A562"));
            assert_eq!(error(&text), InvalidFiscalCode::Day);
        }
    }
    for other in "FGIJKNOQUVWXYZ".chars() {
        assert_eq!(error(&closed(&format!("RSSMRA85{other}10A562"))), InvalidFiscalCode::Month);
    }
}

#[test]
fn twenty_ninth_of_february() {
    for year in 0..100 {
        let text = closed(&format!("RSSMRA{year:02}B29A562"));
        // In a century with a leap year of that number: 1900 was not one, 2000 was.
        assert_eq!(FiscalCode::parse(&text).is_ok(), year % 4 == 0, "{year}");
        assert_eq!(error(&closed(&format!("RSSMRA{year:02}B70A562"))), InvalidFiscalCode::Date);
    }
    // Hidden behind omocodia letters too: 30 February.
    assert_eq!(error(&closed("RSSMRAURBPLA562")), InvalidFiscalCode::Date);
}

#[test]
fn eleven_digits() {
    let body = code("97735020584"); // the example of AGID's guidelines for an organisation
    assert_eq!(body.kind(), FiscalCodeKind::Numeric);
    assert_eq!(body.numeric_series(), Some(NumericSeries::Body));
    assert_eq!((body.canonical(), body.is_omocodia()), ("97735020584", false));
    assert!(body.birth().is_none() && body.place().is_none());
    assert_eq!(error("97735020585"), InvalidFiscalCode::CheckCharacter);
    assert_eq!(error("00000000000"), InvalidFiscalCode::SerialZero);
    assert_eq!(error("9773502058O"), InvalidFiscalCode::NotNumeric);
    assert_eq!(error("٩7735020584"), InvalidFiscalCode::Character(1));
    let series = |office: &str| {
        (0..10)
            .find_map(|check| FiscalCode::parse(&format!("0123456{office}{check}")).ok())
            .unwrap()
            .numeric_series()
            .unwrap()
    };
    for office in ["000", "151", "245", "301", "766", "900", "950"] {
        assert_eq!(series(office), NumericSeries::Provisional, "{office}");
    }
    for office in ["001", "058", "100", "120", "121", "888", "999"] {
        assert_eq!(series(office), NumericSeries::Body, "{office}");
    }
    for office in ["101", "119", "122", "150", "246", "300", "767", "887", "899", "951", "998"] {
        assert_eq!(series(office), NumericSeries::Unknown, "{office}");
    }
}

#[test]
fn findings_of_places() {
    let now = utc_datetime!(2026-11-22 12:00);
    let of = |head: &str| code(&closed(head)).findings(now);
    assert_eq!(of("RSSMRA85T10H501"), []);
    assert_eq!(of("RSSMRA85T10Z404"), []);
    assert_eq!(of("RSSMRA85T10D160"), [FiscalCodeFinding::PlaceAbolished]);
    assert_eq!(of("RSSMRA85T10A000"), [FiscalCodeFinding::PlaceUnknown]);
    assert_eq!(of("RSSMRA85T10N001"), [FiscalCodeFinding::PlaceUnknown]);
    assert_eq!(of("RSSMRA85T10M328"), [FiscalCodeFinding::PlaceOutsideLifeSpan]);
    // Born in 2020, not in 1920.
    assert_eq!(of("RSSMRA20T10M328"), []);
    // D163 ended in 1927.
    assert_eq!(of("RSSMRA20T10D163"), [FiscalCodeFinding::PlaceAbolished]);
    assert_eq!(of("RSSMRA30T10D163"), [FiscalCodeFinding::PlaceOutsideLifeSpan]);
    assert_eq!(code("97735020584").findings(now), [FiscalCodeFinding::NumberOfBody]);
}

#[test]
fn debug_hides_the_code() {
    let shown = format!("{:?} {:?}", code(MAN), code(MAN).birth());
    assert_eq!(shown, "FiscalCode(…) Some(Birth(…))");
}

#[test]
fn all_variants_of_one_code() {
    let all: HashSet<String> = (0..128).map(|mask| variant(MAN, mask)).collect();
    assert_eq!(all.len(), 128);
    for text in &all {
        assert_eq!(code(text).canonical(), MAN);
        assert_eq!(code(text).is_omocodia(), text != MAN);
    }
}

/// The first fifteen characters of a well-formed code.
fn heads() -> impl Strategy<Value = String> {
    let day = prop_oneof![1..=28u8, 41..=68u8];
    ("[A-Z]{6}", 0..100u8, "[ABCDEHLMPRST]", day, "[A-Z][0-9]{3}")
        .prop_map(|(name, year, month, day, place)| format!("{name}{year:02}{month}{day:02}{place}"))
}

proptest! {
    #[test]
    fn variants_share_one_canonical_form(head in heads(), mask in 0..128u8) {
        let text = variant(&head, mask);
        let read = code(&text);
        prop_assert_eq!(read.as_str(), &text);
        prop_assert_eq!(read.canonical(), closed(&head));
        let again = code(read.canonical());
        prop_assert_eq!(again.canonical(), read.canonical());
        prop_assert_eq!(read.is_omocodia(), mask != 0);
    }

    #[test]
    fn another_check_character_is_refused(head in heads(), mask in 0..128u8, other in "[0-9A-Z]") {
        let mut text = variant(&head, mask);
        prop_assume!(!text.ends_with(&other));
        text.pop();
        prop_assert_eq!(error(&(text + &other)), InvalidFiscalCode::CheckCharacter);
    }

    #[test]
    fn two_people_never_share_a_canonical_form(one in heads(), two in heads(), mask in 0..128u8) {
        prop_assume!(one != two);
        prop_assert!(!code(&closed(&one)).same_person(&code(&variant(&two, mask))));
    }

    #[test]
    fn case_and_space_do_not_matter(head in heads(), at in 0..16usize, space in "[ \t\r\n\u{a0}]{1,3}") {
        let text = closed(&head);
        let mut typed = text.to_lowercase();
        typed.insert_str(at, &space);
        prop_assert_eq!(code(&typed), code(&text));
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>(), short in "\\PC{0,20}", near in "[0-9A-Za-z \u{e0}]{11,17}") {
        for text in [text, short, near] {
            if let Ok(read) = FiscalCode::parse(&text) {
                prop_assert_eq!(code(read.as_str()), read.clone());
                prop_assert!(read.as_str().bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()));
            }
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
        drop(FiscalCode::parse(&String::from_utf8_lossy(&bytes)));
    }

    #[test]
    fn eleven_digits_have_one_check_digit(number in 10_000..10_000_000_000u64) {
        let valid = (0..10).filter(|check| FiscalCode::parse(&format!("{number:010}{check}")).is_ok());
        prop_assert_eq!(valid.count(), 1);
    }
}
