//! The cases, by where the fault is.

mod algorithms;
mod attributes;
mod bag;
mod confusion;
mod embedded;
mod envelopes;
mod good;
mod signers;
mod structure;
mod values;

use crate::case::Case;

pub(crate) fn all() -> Vec<Case> {
    let cases = [
        good::cases(),
        embedded::cases(),
        confusion::cases(),
        attributes::cases(),
        values::cases(),
        algorithms::cases(),
        bag::cases(),
        signers::cases(),
        structure::cases(),
        envelopes::cases(),
    ];
    cases.into_iter().flatten().collect()
}
