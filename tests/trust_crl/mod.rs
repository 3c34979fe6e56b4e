//! CRLs and revocation: what is read, what is refused, what is answered.

mod build;
mod pki;
mod reading;
mod status;
