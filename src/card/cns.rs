//! The files of a CNS that anybody may read: who the holder is, and whether the card agrees with itself.

use std::fmt;
use std::num::NonZeroU8;

use thiserror::Error;

use crate::asn1::oids;
use crate::card::apdu::{self, Command, StatusWord};
use crate::card::personal_data::{self, PersonalData, PersonalDataError};
use crate::card::transport::{Transport, TransportError};
use crate::domain::fiscal_code::FiscalCode;
use crate::trust::{Certificate, CertificateError};

/// What stands on the card about its holder.
pub struct Holder {
    /// `EF_DatiPersonali`.
    pub personal: PersonalData,
    /// The rest.
    pub facts: PublicFacts,
}

/// What stands on the card beside the personal data.
pub struct PublicFacts {
    /// `EF_IDCarta`.
    pub card_id: CardId,
    /// The authentication certificate (`EF.C_Carta`).
    pub certificate: HolderCertificate,
}

/// The number of a card, 16 letters or digits. `Debug` prints none of it: it leads to a person.
#[derive(Clone, Eq, PartialEq)]
pub struct CardId(String);

/// The authentication certificate, as far as the card has one.
pub enum HolderCertificate {
    /// It can be read. *Not* checked: whether anybody trusts it.
    Read(Box<Certificate>),
    /// The file is missing, empty or closed.
    Absent,
    /// What stands there is no certificate.
    Unreadable(CertificateError),
}

/// Whether two parts of a card say the same.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Agreement {
    /// They do.
    Match,
    /// They do not.
    Mismatch,
    /// One of the two is missing or cannot be read.
    Absent,
}

/// The files that are read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CnsFile {
    /// `EF_IDCarta`, 3F00/1000/1003: the number of the card.
    CardId,
    /// `EF_DatiPersonali`, 3F00/1100/1102.
    PersonalData,
    /// `EF.C_Carta`, 3F00/1100/1101: the authentication certificate.
    Certificate,
}

/// Why a card cannot be read. It holds no personal data.
#[derive(Debug, Error)]
pub enum CnsError {
    /// The card did not answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A file that every CNS has is not there.
    #[error("{0:?} is not on the card")]
    NoFile(CnsFile),
    /// The card does not let the file be read.
    #[error("the card answers {status} to {file:?}")]
    Refused {
        /// Which file.
        file: CnsFile,
        /// What the card answered.
        status: StatusWord,
    },
    /// The card answers against its own standard.
    #[error("the card answers {0:?} with what is no answer")]
    BadAnswer(CnsFile),
    /// `EF_IDCarta` is not 16 letters or digits.
    #[error("the number of the card is not 16 letters or digits")]
    BadCardId,
    /// `EF_DatiPersonali` is malformed.
    #[error(transparent)]
    PersonalData(#[from] PersonalDataError),
}

/// As many octets as are read at once; cards of every generation take it.
const PIECE: NonZeroU8 = NonZeroU8::MAX;

/// The largest certificate that is read, in octets.
const MAX_CERTIFICATE: usize = 8192;

const CARD_ID_LEN: usize = 16;

oids! {
    COMMON_NAME = 2.5.4.3;
}

/// Reads all that the card says about its holder.
pub fn read_holder(card: &mut dyn Transport) -> Result<Holder, CnsError> {
    let facts = read_facts(card)?;
    Ok(Holder { personal: read_personal_data(card)?, facts })
}

/// Reads number and certificate, and no personal data but what is in the certificate.
pub fn read_facts(card: &mut dyn Transport) -> Result<PublicFacts, CnsError> {
    select(card, CnsFile::CardId)?;
    let card_id = CardId::parse(&read(card, CnsFile::CardId, 0..CARD_ID_LEN)?).ok_or(CnsError::BadCardId)?;
    Ok(PublicFacts { card_id, certificate: read_certificate(card)? })
}

fn read_personal_data(card: &mut dyn Transport) -> Result<PersonalData, CnsError> {
    let file = CnsFile::PersonalData;
    select(card, file)?;
    let mut octets = read(card, file, 0..personal_data::HEADER)?;
    let total = personal_data::total_length(&octets)?;
    octets.extend(read(card, file, personal_data::HEADER..personal_data::HEADER + total)?);
    Ok(PersonalData::parse(&octets)?)
}

/// Reads the certificate without the filling that follows it in its file.
fn read_certificate(card: &mut dyn Transport) -> Result<HolderCertificate, CnsError> {
    let file = CnsFile::Certificate;
    let head = match select(card, file).and_then(|()| read(card, file, 0..4)) {
        Ok(head) => head,
        Err(CnsError::NoFile(_) | CnsError::Refused { .. }) => return Ok(HolderCertificate::Absent),
        Err(error) => return Err(error),
    };
    // A certificate is a SEQUENCE of more than 255 octets: `30 82` and its length.
    let length = match *head {
        [0x30, 0x82, high, low] => 4 + usize::from(u16::from_be_bytes([high, low])),
        _ if head.iter().all(|octet| matches!(octet, 0x00 | 0xFF)) => return Ok(HolderCertificate::Absent),
        _ => head.len(),
    };
    let mut octets = head;
    octets.extend(read(card, file, 4..length.min(MAX_CERTIFICATE))?);
    Ok(match Certificate::from_der(&octets) {
        Ok(certificate) => HolderCertificate::Read(Box::new(certificate)),
        Err(error) => HolderCertificate::Unreadable(error),
    })
}

fn select(card: &mut dyn Transport, file: CnsFile) -> Result<(), CnsError> {
    let answer = apdu::exchange(card, &Command::select(file.path()))?.ok_or(CnsError::BadAnswer(file))?;
    match answer.status {
        StatusWord::Done => Ok(()),
        StatusWord::NotFound => Err(CnsError::NoFile(file)),
        status => Err(CnsError::Refused { file, status }),
    }
}

/// Reads these octets of the selected file, or those of them that it has.
fn read(card: &mut dyn Transport, file: CnsFile, wanted: std::ops::Range<usize>) -> Result<Vec<u8>, CnsError> {
    let mut octets = Vec::new();
    while wanted.start + octets.len() < wanted.end {
        let missing = wanted.end - wanted.start - octets.len();
        let offset = u16::try_from(wanted.start + octets.len()).map_err(|_| CnsError::BadAnswer(file))?;
        let piece = u8::try_from(missing).ok().and_then(NonZeroU8::new).unwrap_or(PIECE);
        let command = Command::read_binary(offset, piece);
        let answer = apdu::exchange(card, &command)?.ok_or(CnsError::BadAnswer(file))?;
        match answer.status {
            // More than was asked for would be somebody's mistake; it must not grow without a bound.
            StatusWord::Done | StatusWord::EndOfFile => octets.extend(answer.data.iter().take(missing)),
            StatusWord::BeyondFile => break,
            status => return Err(CnsError::Refused { file, status }),
        }
        if answer.status == StatusWord::EndOfFile || answer.data.is_empty() {
            break;
        }
    }
    Ok(octets)
}

impl Holder {
    /// Whether the codice fiscale of the personal data is the one in the certificate; omocodia variants are one code.
    pub fn fiscal_code_agrees(&self) -> Agreement {
        let in_certificate = self.facts.certificate.name().and_then(|name| FiscalCode::parse(name.fiscal_code()).ok());
        match (self.personal.fiscal_code(), in_certificate) {
            (Ok(one), Some(other)) => Agreement::of(one.same_person(&other)),
            _ => Agreement::Absent,
        }
    }
}

impl PublicFacts {
    /// Whether the number of the card is the one in the certificate.
    pub fn card_id_agrees(&self) -> Agreement {
        match self.certificate.name().and_then(|name| name.card_id().map(str::to_owned)) {
            Some(card_id) => Agreement::of(card_id == self.card_id.0),
            None => Agreement::Absent,
        }
    }
}

impl HolderCertificate {
    fn name(&self) -> Option<CardName> {
        let Self::Read(certificate) = self else { return None };
        certificate.subject().values(COMMON_NAME).into_iter().next().map(CardName)
    }
}

/// The common name of a CNS: `<codice fiscale>/<card number>.<base64 of a digest>`, where the digest too may hold a `/`.
struct CardName(String);

impl CardName {
    fn fiscal_code(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    fn card_id(&self) -> Option<&str> {
        let (_, after) = self.0.split_once('/')?;
        after.split_once('.').map(|(card_id, _)| card_id)
    }
}

impl Agreement {
    const fn of(same: bool) -> Self {
        if same { Self::Match } else { Self::Mismatch }
    }

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Mismatch => "mismatch",
            Self::Absent => "absent",
        }
    }
}

impl CnsFile {
    /// From the master file, which is left out as ISO/IEC 7816-4 §11.1.1 asks.
    const fn path(self) -> &'static [u16] {
        match self {
            Self::CardId => &[0x1000, 0x1003],
            Self::PersonalData => &[0x1100, 0x1102],
            Self::Certificate => &[0x1100, 0x1101],
        }
    }

    /// Its name in the CNS file system.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CardId => "EF_IDCarta",
            Self::PersonalData => "EF_DatiPersonali",
            Self::Certificate => "EF.C_Carta",
        }
    }
}

impl CardId {
    fn parse(octets: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(octets).ok()?;
        let plain = text.len() == CARD_ID_LEN && text.bytes().all(|octet| octet.is_ascii_alphanumeric());
        plain.then(|| Self(text.to_owned()))
    }

    /// The number; it is personal data.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardId(<personal>)")
    }
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder(<personal>)")
    }
}

impl fmt::Debug for PublicFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicFacts(<personal>)")
    }
}
