//! Whether a certificate was revoked: CRLs by the algorithm of RFC 5280 §6.3, OCSP responses by RFC 6960.
//!
//! Complete, delta, partitioned and indirect CRLs; responses of the issuer and of its delegates. Nothing is fetched:
//! what is missing is named.

mod check;
mod crl;
mod crl_extensions;
mod entries;
mod found;
mod index;
mod input;
mod ocsp;
mod ocsp_check;
mod ocsp_single;
mod scope;
mod status;
mod store;
mod tried;

pub use check::{IssuerKey, RevocationSigners};
pub use crl::{Crl, CrlError};
pub use crl_extensions::{Covers, CrlNumber, IssuingDistributionPoint};
pub use entries::{Entry, Reason};
pub use ocsp::{OcspError, OcspFailure, OcspResponse, ResponderId};
pub use ocsp_single::{CertId, CertStatus, SingleResponse};
pub use status::{
    CrlNeed, Evidence, Rejected, Revocation, RevocationData, RevocationReport, RevocationStatus, WhyUnknown,
};
pub use store::{RevocationStore, StoreError};
