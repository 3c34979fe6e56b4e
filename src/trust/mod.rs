//! Who may be trusted, for what, and at what time: certificates, chains, revocation, trusted lists.
//!
//! A judgement here is a pure function of bytes, policy and times: nothing reads a file, a clock or the network.

mod anchor;
mod certificate;
pub mod chain;
mod extensions;
mod general_name;
mod name;
mod policy;
pub mod revocation;
mod signature_cache;
mod times;
pub mod trusted_list;
pub mod xml;

pub use anchor::{Anchor, ServiceStatus, TrustService, TrustStore};
pub use certificate::{Certificate, CertificateError, CertificateFault, Standing};
pub use extensions::{
    AuthorityKeyId, BasicConstraints, ExtendedKeyUsage, Extensions, KeyUsage, NameConstraints, ObjectId, Policies,
    PolicyConstraints, QcStatement,
};
pub use general_name::{DistributionPoint, DistributionPointName, GeneralName, ReasonFlags};
pub use name::{Attribute, Name};
pub use policy::{AlgorithmPolicy, AlgorithmWeakness, Reliability};
pub use signature_cache::SignatureCache;
pub use times::Times;
