//! Whether a certificate was revoked: CRLs, and the algorithm of RFC 5280 §6.3.
//!
//! Complete, delta, partitioned and indirect CRLs. Nothing is fetched: what is missing is named.

mod check;
mod crl;
mod crl_extensions;
mod entries;
mod index;
mod input;
mod scope;
mod status;
mod store;

pub use check::{CrlSigners, IssuerKey};
pub use crl::{Crl, CrlError};
pub use crl_extensions::{Covers, CrlNumber, IssuingDistributionPoint};
pub use entries::{Entry, Reason};
pub use status::{CrlNeed, Evidence, Rejected, Revocation, RevocationReport, RevocationStatus, WhyUnknown};
pub use store::{RevocationStore, StoreError};
