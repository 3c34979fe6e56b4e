//! Whom signatures of the higher levels need beside a key: an authority of timestamps, and those who say whether
//! certificates were revoked.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use time::UtcDateTime;

use crate::clock;
use crate::crypto::Digest;
use crate::fetch::{self, FetchError, Fetcher, Limits, Question, Reach, Route};
use crate::procedures::verification::{FileSpool, MaterialError, TrustMaterial};
use crate::sign::timestamp::{MAX_RESPONSE_LEN, QUERY_TYPE, Query, REPLY_TYPE, TimestampError, Token};
use crate::trust::revocation::{Crl, OcspResponse};
use crate::verify::{self, Chains, Context, Deadline, NoDeadline, Policy};

/// Where they are, and which of them are believed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct AuthoritySettings {
    /// The address of the authority of timestamps.
    pub tsa: Option<String>,
    /// Files and folders of anchors, for signers and authorities of timestamps.
    pub trust: Vec<PathBuf>,
    /// How the network is reached.
    pub route: Route,
}

/// The level of a signature (EN 319 122-1 §6.1, EN 319 142-1 §6.1).
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// The signature alone.
    B,
    /// With a timestamp.
    T,
    /// With the data that a later validation needs.
    Lt,
    /// With a timestamp on these.
    Lta,
}

/// Why there is nobody to ask. Nothing was begun, and no PIN asked for.
#[derive(Debug, thiserror::Error)]
pub enum NoAuthorities {
    /// No authority of timestamps is named.
    #[error("no timestamp authority is named")]
    NoTsa,
    /// The authority's address is none of the web.
    #[error("the address of the timestamp authority is no http or https address")]
    TsaAddress,
    /// Nothing says whom to believe.
    #[error("no trust anchors are named")]
    NoAnchors,
    /// The anchors cannot be used.
    #[error(transparent)]
    Anchors(#[from] MaterialError),
    /// The network cannot be used at all.
    #[error("the network cannot be used: {0}")]
    Network(io::Error),
}

/// Why there is no timestamp. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// The authority could not be asked.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What it answered is not believed.
    #[error(transparent)]
    Timestamp(#[from] TimestampError),
}

/// Anchors are read and the network is at hand. What was learnt of one document serves the next.
#[derive(Debug)]
pub struct Authorities {
    tsa: Option<String>,
    named: Fetcher,
    pub(super) public: Fetcher,
    pub(super) material: TrustMaterial,
    policy: Policy,
    /// Revocation data that were fetched, in DER; the material has them read.
    pub(super) crls: Vec<(Arc<Crl>, Vec<u8>)>,
    pub(super) ocsp: Vec<(Arc<OcspResponse>, Vec<u8>)>,
}

/// CRLs are the largest: those of national authorities have some megabytes.
const MAX_FETCHED: usize = 8 * 1024 * 1024;

impl Authorities {
    /// Reads the anchors. *Not* checked: whether anybody answers.
    pub fn open(settings: &AuthoritySettings, level: Level, now: UtcDateTime) -> Result<Self, NoAuthorities> {
        match &settings.tsa {
            None if level > Level::B => return Err(NoAuthorities::NoTsa),
            Some(tsa) if !fetch::is_address(tsa) => return Err(NoAuthorities::TsaAddress),
            _ => {}
        }
        if settings.trust.is_empty() {
            return Err(NoAuthorities::NoAnchors);
        }
        let material = TrustMaterial::load(&settings.trust, &[], 0, now)?;
        let limits = Limits { max_bytes: MAX_RESPONSE_LEN, ..Limits::STANDARD };
        let named = Fetcher::new(limits, Reach::Named, &settings.route).map_err(NoAuthorities::Network)?;
        let limits = Limits { max_bytes: MAX_FETCHED, ..Limits::STANDARD };
        let public = Fetcher::new(limits, Reach::Public, &settings.route).map_err(NoAuthorities::Network)?;
        let tsa = settings.tsa.clone();
        Ok(Self { tsa, named, public, material, policy: Policy::italian(), crls: Vec::new(), ocsp: Vec::new() })
    }

    /// Asks for a timestamp, and takes only one that whoever trusts the same anchors will believe.
    pub(super) fn stamp(&self, imprint: Digest) -> Result<Token, StampError> {
        let query = Query::new(imprint, None)?;
        let question = Question {
            address: self.tsa.as_deref().unwrap_or_default(),
            body: Some((QUERY_TYPE, query.octets())),
            answer_type: Some(REPLY_TYPE),
        };
        let answer = self.named.ask(question)?;
        // A token is small: nothing of it is spooled.
        let spool = FileSpool::new(std::path::Path::new(""), 0);
        Ok(query.accept(&answer, clock::now(), &self.context(&NoDeadline, &spool, None))?)
    }

    /// What documents are judged with: the anchors, and what was fetched.
    pub(super) fn context<'a>(
        &'a self,
        deadline: &'a dyn Deadline,
        spool: &'a FileSpool,
        chains: Option<&'a Chains>,
    ) -> Context<'a> {
        Context {
            trust: &self.material.trust,
            revocation: &self.material.revocation,
            policy: &self.policy,
            limits: &verify::Limits::STANDARD,
            deadline,
            spool,
            chains,
        }
    }
}

/// The time that collecting validation data for one document may take.
pub(super) const COLLECTING: Duration = Duration::from_mins(2);
