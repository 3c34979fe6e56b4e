//! Gateway for smart-card identification and digital signature.
//!
//! Modules are declared in reading order. What each may use is written in
//! `docs/ARCHITECTURE.md` and held by `tests/architecture.rs`.

pub mod domain;
pub mod asn1;
pub mod crypto;
pub mod trust;
pub mod verify;
