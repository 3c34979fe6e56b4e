//! Gateway for smart-card identification and digital signature.
//!
//! Modules are declared in reading order. What each may use is written in
//! `docs/ARCHITECTURE.md` and held by `tests/architecture.rs`.

// Values and rules of the field.
pub mod clock;
pub mod domain;
// Judgement: bytes and a time in, a verdict out.
pub mod asn1;
pub mod audit;
pub mod crypto;
pub mod pdf;
pub mod trust;
pub mod verify;
// One module for each thing outside.
pub mod blob;
pub mod card;
pub mod fetch;
pub mod pictures;
pub mod sign;
pub mod store;
// What the program does.
pub mod procedures;
// How it is reached.
pub mod cli;
pub mod config;
pub mod html;
pub mod http;
pub mod jobs;
pub mod problem;
pub mod web;
pub mod words;
