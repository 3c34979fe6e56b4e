//! OCSP responses: what is read, who may answer, what is answered, and what OpenSSL says of the same.

mod build;
mod peer;
mod reading;
mod responders;
mod status;
