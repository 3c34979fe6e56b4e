//! OCSP responses: what is read, who may answer, what is answered, and what OpenSSL says of the same.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

mod build;
mod peer;
mod reading;
mod responders;
mod status;
