//! The PDF cases, by class.

mod agreement;
mod attached;
mod bombs;
mod damaged;
mod dss;
mod generated;
mod good;
mod isa;
mod later;
mod looks;
mod loops;
mod message;
mod pages;
mod permissions;
mod placed;
mod prepared;
mod sections;
mod seeds;
mod shadow;
mod shapes;
mod signed;
mod swa;
mod timestamps;
mod usf;

use crate::case::Case;

pub(crate) fn all() -> Vec<Case> {
    let cases = [
        good::cases(),
        later::cases(),
        dss::cases(),
        usf::cases(),
        swa::cases(),
        isa::cases(),
        pages::cases(),
        shadow::cases(),
        permissions::cases(),
        looks::cases(),
        placed::cases(),
        prepared::cases(),
        seeds::cases(),
        message::cases(),
        timestamps::cases(),
        sections::cases(),
        loops::cases(),
        bombs::cases(),
        attached::cases(),
        damaged::cases(),
        shapes::cases(),
        generated::cases(),
    ];
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    for (index, case) in cases.iter().enumerate() {
        assert!(cases.iter().skip(index + 1).all(|other| other.name != case.name), "{} twice", case.name);
    }
    cases
}
