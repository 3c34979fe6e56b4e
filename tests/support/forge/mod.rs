//! Makes CMS messages, certificates and PDF files with every fault that a test wants.
//!
//! Nothing here uses the reader or the writer of the package: a fault common to both would hide itself.

pub(crate) mod certificate;
pub(crate) mod cms;
pub(crate) mod der;
pub(crate) mod identity;
pub(crate) mod ocsp;
pub(crate) mod pdf;
pub(crate) mod timestamp;
