//! Verifications: documents in, reports out.

pub(in crate::http) mod create;
pub(in crate::http) mod document;
pub(in crate::http) mod read;
pub(in crate::http) mod status;
