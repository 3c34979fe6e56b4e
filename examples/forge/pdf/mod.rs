//! The PDF cases, by class.

mod agreement;
mod good;
mod later;
mod signed;
mod swa;
mod usf;

use crate::case::Case;

pub(crate) fn all() -> Vec<Case> {
    let cases = [good::cases(), later::cases(), usf::cases(), swa::cases()];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    for (index, case) in cases.iter().enumerate() {
        assert!(cases.iter().skip(index + 1).all(|other| other.name != case.name), "{} twice", case.name);
    }
    cases
}
