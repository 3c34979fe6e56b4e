//! All integration tests, in one binary.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod architecture;
mod audit;
mod blob;
mod card;
mod cli;
mod contract;
mod fuzz_corpora;
mod pdf;
mod pkcs11;
mod remote;
mod service;
mod sign;
mod store;
mod store_faults;
mod store_jobs;
mod suites;
mod support;
mod trust;
mod trust_crl;
mod trusted_list;
mod verify;
mod web;
