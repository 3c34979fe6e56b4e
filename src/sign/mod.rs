//! Making signatures in two steps: what is to be signed is prepared here, the value is made elsewhere (a token in this
//! machine, a workstation, a remote provider), then the file is assembled. No key is ever seen here.

mod archive;
pub mod cades;
pub mod pades;
pub mod pkcs11;
mod prepared;
pub mod remote;
mod signed_data;
pub mod signer;
mod signer_info;
pub mod timestamp;
pub mod validation_data;

pub use prepared::{Prepared, Signed};
