//! What chain validation is asked to demand.

use crate::trust::{AlgorithmPolicy, ObjectId};

/// Everything chain validation depends on, beside certificates and times. There is no default.
#[derive(Clone, Debug)]
pub struct ChainSettings {
    /// The inputs of RFC 5280 §6.1.1.
    pub inputs: PathInputs,
    /// Algorithms and keys that certificates and CRLs may be signed with.
    pub algorithms: AlgorithmPolicy,
    /// Whether revocation is checked.
    pub revocation: RevocationChecking,
    /// When to give up.
    pub limits: ChainLimits,
}

/// The inputs of path validation (RFC 5280 §6.1.1 (c) and (e) to (g)).
#[derive(Clone, Debug)]
pub struct PathInputs {
    /// The policies that are acceptable (`user-initial-policy-set`).
    pub initial_policies: InitialPolicies,
    /// `initial-explicit-policy`: the path must be valid for one of them.
    pub require_explicit_policy: bool,
    /// `initial-policy-mapping-inhibit`.
    pub inhibit_policy_mapping: bool,
    /// `initial-any-policy-inhibit`.
    pub inhibit_any_policy: bool,
    /// The most intermediate CAs that are not self-issued (the initial `max_path_length`, §6.1.2 (k)).
    pub max_intermediates: usize,
}

/// The `user-initial-policy-set` (RFC 5280 §6.1.1 (c)).
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum InitialPolicies {
    /// Every policy is acceptable.
    Any,
    /// These are.
    These(Vec<ObjectId>),
}

/// Whether the certificates of a path must be known not to be revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RevocationChecking {
    /// Each certificate under the anchor must be known to be good.
    EveryCertificate,
    /// Nothing is checked, and the report says so by leaving out every status: for certificates whose revocation
    /// another mechanism covers, and for suites without CRLs.
    Skipped,
}

/// Limits of the search. Reaching one never makes anything pass.
#[derive(Clone, Copy, Debug)]
pub struct ChainLimits {
    /// Certificates in a path, without the anchor.
    pub max_path_len: usize,
    /// Signatures on certificates that are tried, in all.
    pub max_signatures: usize,
    /// Complete paths that are judged, in all.
    pub max_paths: usize,
    /// Comparisons of a name with a name constraint, for one path.
    pub max_name_comparisons: usize,
}

impl PathInputs {
    /// RFC 5280 without wishes of the user: any policy, none required.
    pub const fn unconstrained() -> Self {
        Self {
            initial_policies: InitialPolicies::Any,
            require_explicit_policy: false,
            inhibit_policy_mapping: false,
            inhibit_any_policy: false,
            max_intermediates: ChainLimits::STANDARD.max_path_len,
        }
    }
}

impl ChainLimits {
    /// Ten times what the deepest real hierarchies need.
    pub const STANDARD: Self =
        Self { max_path_len: 16, max_signatures: 200, max_paths: 50, max_name_comparisons: 1 << 18 };
}
