//! What the answer to reset (ATR, ISO/IEC 7816-3 §8) says of a card.
//!
//! An ATR is a hint for people and for the choice of a module, and no proof: any card can answer any of them.

use std::fmt;

/// An answer to reset, at most 33 octets (ISO/IEC 7816-3 §8.2.1). `Display` writes it in hexadecimal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Atr {
    octets: Vec<u8>,
}

/// The word of the contract for a card.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CardKind {
    /// *Carta Nazionale dei Servizi*, or a health card that is one (TS-CNS).
    Cns,
    /// *Carta d'Identità Elettronica*.
    Cie,
    /// Any other.
    Other,
}

/// What family of cards an ATR belongs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Family {
    /// Its historical bytes are those of a CNS.
    Cns(CnsCard),
    /// Its historical bytes are those of a chip that CIE are made with.
    Cie(CieChip),
    /// None that is known. Contactless CNS are among them: their ATR is that of any contactless card.
    Other,
}

/// What the historical bytes of a CNS say (CNS functional specification; as OpenSC reads them).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct CnsCard {
    /// Who made the chip, a number of ISO/IEC 7816-6.
    pub chip_manufacturer: u8,
    /// Who made the operating system: `05` IDEMIA, `08` Siemens, `09` ST Incard, `0C` Athena.
    pub mask_manufacturer: u8,
    /// Its version, two octets.
    pub firmware: [u8; 2],
    /// The version of the CNS specification: `10` is 1.0, `11` is 1.1. OpenSC signs with RSA-2048 keys from 1.1 on only.
    pub version: u8,
}

/// Who made the chip of a CIE.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CieChip {
    /// NXP.
    Nxp,
    /// Gemalto.
    Gemalto,
    /// `STMicroelectronics`.
    Stm,
    /// Actalis and Bit4id.
    Actalis,
}

/// The longest ATR.
const MAX_LEN: usize = 33;

/// Historical bytes of CIE as the official middleware knows them; all of a pattern stands there in this order, in one
/// piece. Left out is its `80 80 01 01`: that is every contactless card without historical bytes.
const CIE: [(CieChip, &[u8]); 11] = [
    (CieChip::Nxp, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4E, 0x58, 0x50]),
    (CieChip::Gemalto, &[0x80, 0x31, 0x80, 0x65, 0xB0, 0x85, 0x04, 0x00, 0x11]),
    (CieChip::Gemalto, &[0x80, 0x31, 0x80, 0x65, 0xB0, 0x85, 0x03, 0x00, 0xEF]),
    (CieChip::Stm, &[0x80, 0x66, 0x47, 0x50, 0x00, 0xB8, 0x00, 0x7F]),
    (CieChip::Stm, &[0x80, 0x66, 0x47, 0x50, 0x00, 0xB8, 0x00, 0x94]),
    (CieChip::Actalis, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4A, 0x34, 0x41]),
    (CieChip::Actalis, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4A, 0x34, 0x43]),
    (CieChip::Actalis, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4A, 0x34, 0x4C]),
    (CieChip::Actalis, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4A, 0x34, 0x42]),
    (CieChip::Actalis, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4A, 0x34, 0x44]),
    (CieChip::Actalis, &[0x80, 0x31, 0x80, 0x65, 0x49, 0x54, 0x4A, 0x34, 0x49]),
];

impl Atr {
    /// Takes the octets that a reader gave; what goes beyond the longest ATR is left out.
    pub fn new(octets: &[u8]) -> Self {
        Self { octets: octets.iter().copied().take(MAX_LEN).collect() }
    }

    /// As the reader gave it.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The family that it belongs to; a malformed ATR belongs to none.
    pub fn family(&self) -> Family {
        let Some(historical) = self.historical_bytes() else { return Family::Other };
        // 15 octets: category 00, 6x pre-issuing data of 11, `CNS` and its version, status 31 80.
        if let [0x00, 0x6B, chip, mask, major, minor, _, _, _, b'C', b'N', b'S', version, _, _] = *historical {
            return Family::Cns(CnsCard {
                chip_manufacturer: chip,
                mask_manufacturer: mask,
                firmware: [major, minor],
                version,
            });
        }
        let found = CIE.iter().find(|(_, pattern)| historical.windows(pattern.len()).any(|piece| piece == *pattern));
        found.map_or(Family::Other, |(chip, _)| Family::Cie(*chip))
    }

    /// The word for the family.
    pub fn kind(&self) -> CardKind {
        match self.family() {
            Family::Cns(_) => CardKind::Cns,
            Family::Cie(_) => CardKind::Cie,
            Family::Other => CardKind::Other,
        }
    }

    /// The historical bytes (§8.2.3): what is left after the interface bytes, whose number each TD announces.
    fn historical_bytes(&self) -> Option<&[u8]> {
        let (_ts, rest) = self.octets.split_first()?;
        let (t0, mut rest) = rest.split_first()?;
        let mut announced = *t0;
        loop {
            let plain = usize::try_from((announced & 0x70).count_ones()).ok()?;
            rest = rest.get(plain..)?;
            if announced & 0x80 == 0 {
                return rest.get(..usize::from(t0 & 0x0F));
            }
            (announced, rest) = rest.split_first().map(|(td, rest)| (*td, rest))?;
        }
    }
}

impl CardKind {
    /// The word of the contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cns => "cns",
            Self::Cie => "cie",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Atr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.octets.iter().try_for_each(|octet| write!(f, "{octet:02X}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atr(text: &str) -> Atr {
        let digits: Vec<u8> = text.bytes().filter(|digit| *digit != b' ').collect();
        let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        Atr::new(&digits.chunks(2).map(octet).collect::<Vec<_>>())
    }

    /// The families of the list of pcsc-tools, their open octets filled.
    #[test]
    fn a_cns_is_known_by_its_historical_bytes() {
        let families = [
            ("3BDF18008131FE7D 006B150C0180011101434E53103180 FC", 0x15, 0x0C, 0x10),
            ("3BFF1800008131FE45 006B050510000111 01434E531031800E", 0x05, 0x05, 0x10),
            ("3BFF1800FF8131FE55 006B020903010111 01434E53113180 8F", 0x02, 0x09, 0x11),
            ("3BFF1800FFC10A31FE55 006B0508C8050111 01434E53103180 0C", 0x05, 0x08, 0x10),
        ];
        for (text, chip, mask, version) in families {
            let Family::Cns(card) = atr(text).family() else { panic!("{text}") };
            assert_eq!((card.chip_manufacturer, card.mask_manufacturer, card.version), (chip, mask, version), "{text}");
            assert_eq!(atr(text).kind(), CardKind::Cns);
        }
    }

    #[test]
    fn a_cie_is_known_by_a_pattern_in_one_piece() {
        assert_eq!(atr("3B8F8001 8031806549544A3441 0000000000 00 00").family(), Family::Cie(CieChip::Actalis));
        assert_eq!(atr("3B898001 80318065 49544E5850 00").family(), Family::Cie(CieChip::Nxp));
        assert_eq!(atr("3B888001 8066475000B8007F 00").family(), Family::Cie(CieChip::Stm));
        // The same octets in another order: the official middleware would take it for a CIE.
        assert_eq!(atr("3B898001 80318065 4E58504954 00").family(), Family::Other);
    }

    #[test]
    fn what_any_contactless_card_answers_is_no_cie() {
        assert_eq!(atr("3B80800101").kind(), CardKind::Other);
    }

    #[test]
    fn cut_and_empty_answers_belong_to_no_family() {
        let whole = atr("3BFF1800008131FE45 006B00000100011101434E53113180 69");
        assert_eq!(whole.kind(), CardKind::Cns);
        // The check octet at the end is not looked at.
        for length in 0..whole.octets.len() - 1 {
            assert_eq!(Atr::new(&whole.octets[..length]).kind(), CardKind::Other, "{length}");
        }
        assert_eq!(Atr::new(&[0xFF; 64]).kind(), CardKind::Other);
        assert_eq!(Atr::new(&[0xFF; 64]).octets().len(), MAX_LEN);
    }

    #[test]
    fn it_is_written_in_hexadecimal() {
        assert_eq!(Atr::new(&[0x3B, 0x80, 0x0A]).to_string(), "3B800A");
    }
}
