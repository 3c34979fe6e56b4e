//! What a verification may cost, and what it needs from its caller: a clock to stop at and a place to
//! put decoded octets. This module touches neither clock nor disk.

use std::io::{self, Write};

use crate::asn1::Source;

/// Bounds on one document. Beyond one of them the document is not examined, and the error says which.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Octets of the document as it is handed over.
    pub document_len: u64,
    /// Envelopes in envelopes, of whatever kind.
    pub depth: usize,
    /// `SignerInfo` values in one envelope.
    pub signers: usize,
    /// Signatures in the whole document, countersignatures included.
    pub signatures: usize,
    /// Certificates in one envelope.
    pub certificates: usize,
    /// Octets of one envelope outside its content: certificates, revocation data, signers.
    pub tail_len: usize,
}

impl Limits {
    /// The limits of the service, from the measurements of hostile corpora in `docs/SECURITY.md`.
    pub const STANDARD: Self = Self {
        document_len: 2 * 1024 * 1024 * 1024,
        depth: 16,
        signers: 100,
        signatures: 500,
        certificates: 200,
        tail_len: 16 * 1024 * 1024,
    };
}

/// Says when the time allowed for a document is over.
pub trait Deadline: Sync {
    /// Whether it is over.
    fn passed(&self) -> bool;
}

/// No limit of time: for callers that bound the document instead.
#[derive(Clone, Copy, Debug)]
pub struct NoDeadline;

impl Deadline for NoDeadline {
    fn passed(&self) -> bool {
        false
    }
}

/// Where decoded octets are put while a document is open; nothing stays behind.
pub trait Spool: Sync {
    /// Starts a new run of octets.
    fn begin(&self) -> Box<dyn SpoolWriter>;
}

/// A run of octets being written.
pub trait SpoolWriter: Write {
    /// Ends it and makes it readable.
    fn finish(self: Box<Self>) -> io::Result<Box<dyn Source>>;
}

/// Keeps spooled octets in memory: for documents that are there already.
#[derive(Clone, Copy, Debug)]
pub struct MemorySpool;

impl Spool for MemorySpool {
    fn begin(&self) -> Box<dyn SpoolWriter> {
        Box::new(Vec::new())
    }
}

impl SpoolWriter for Vec<u8> {
    fn finish(self: Box<Self>) -> io::Result<Box<dyn Source>> {
        Ok(Box::new(Memory(*self)))
    }
}

/// Octets in memory as a source.
struct Memory(Vec<u8>);

impl Source for Memory {
    fn len(&self) -> u64 {
        Source::len(&self.0.as_slice())
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_slice().read_at(offset, buffer)
    }

    fn as_slice(&self) -> Option<&[u8]> {
        Some(&self.0)
    }
}
