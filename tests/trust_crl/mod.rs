//! CRLs, OCSP responses and revocation: what is read, what is refused, what is answered.

mod build;
mod ocsp;
mod pki;
mod reading;
mod status;
