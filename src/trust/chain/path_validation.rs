//! Certification path validation, RFC 5280 §6.1, for one path; dates, strength and revocation are judged elsewhere.

use std::sync::Arc;

use crate::trust::chain::name_constraints::NamesAllowed;
use crate::trust::chain::policy_graph::{AnyPolicy, PolicyGraph};
use crate::trust::chain::{ChainFault, InitialPolicies, PathInputs, PolicyOutcome};
use crate::trust::extensions::ANY_POLICY;
use crate::trust::{Anchor, Certificate, CertificateFault, KeyUsage, ObjectId};

/// A fault, and which certificate of the path has it (0 is the target; the length of the path is the anchor).
pub(super) type FaultAt = (usize, ChainFault);

/// Walks down the path. Names and signatures were matched when the path was built.
pub(super) fn validate(
    path: &[Arc<Certificate>],
    anchor: &Anchor,
    inputs: &PathInputs,
    max_name_comparisons: usize,
) -> Result<PolicyOutcome, FaultAt> {
    let mut state = State::new(path.len(), inputs, max_name_comparisons);
    state.start_from(anchor.certificate()).map_err(|fault| (path.len(), fault))?;
    for (index, certificate) in path.iter().enumerate().rev() {
        let position = if index == 0 { Position::Target } else { Position::Intermediate };
        state.process(certificate, position).map_err(|fault| (index, fault))?;
    }
    state.wrap_up(path.first().map(Arc::as_ref), inputs).map_err(|fault| (0, fault))
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Position {
    Intermediate,
    Target,
}

/// The state variables of §6.1.2.
struct State<'a> {
    policies: PolicyGraph<'a>,
    names: NamesAllowed<'a>,
    explicit_policy: usize,
    policy_mapping: usize,
    inhibit_any_policy: usize,
    max_path_len: usize,
}

impl<'a> State<'a> {
    fn new(path_len: usize, inputs: &PathInputs, max_name_comparisons: usize) -> Self {
        let unless = |flag: bool| if flag { 0 } else { path_len + 1 };
        Self {
            policies: PolicyGraph::new(),
            names: NamesAllowed::new(max_name_comparisons),
            explicit_policy: unless(inputs.require_explicit_policy),
            policy_mapping: unless(inputs.inhibit_policy_mapping),
            inhibit_any_policy: unless(inputs.inhibit_any_policy),
            max_path_len: inputs.max_intermediates,
        }
    }

    /// §6.1.1 (d) makes an anchor a name and a key. Where it comes as a certificate, what that certificate says
    /// against its own use as a CA is believed (RFC 5937 §3): key usage, `cA` false, path length, name constraints.
    fn start_from(&mut self, anchor: &'a Certificate) -> Result<(), ChainFault> {
        let extensions = anchor.extensions();
        if extensions.basic_constraints.is_some_and(|constraints| !constraints.ca) {
            return Err(ChainFault::NotACa);
        }
        check_cert_sign(anchor)?;
        check_understood(anchor)?;
        self.limit_path_len(anchor);
        self.names.narrow(extensions.name_constraints.as_ref());
        Ok(())
    }

    fn process(&mut self, certificate: &'a Certificate, position: Position) -> Result<(), ChainFault> {
        check_understood(certificate)?;
        // Of the target nobody asks whether it is self-issued, and comparing its names costs.
        let self_issued = position == Position::Intermediate && certificate.is_self_issued();
        // §6.1.3 (b) and (c).
        if !self_issued {
            self.names.check(certificate)?;
        }
        // §6.1.3 (d) to (f).
        let counts = self.inhibit_any_policy > 0 || self_issued;
        let any_policy = if counts { AnyPolicy::Counts } else { AnyPolicy::Inhibited };
        self.policies.process(certificate.extensions(), any_policy);
        if self.explicit_policy == 0 && self.policies.is_null() {
            return Err(ChainFault::NoAcceptablePolicy);
        }
        if position == Position::Intermediate { self.prepare_next(certificate, self_issued) } else { Ok(()) }
    }

    /// §6.1.4.
    fn prepare_next(&mut self, certificate: &'a Certificate, self_issued: bool) -> Result<(), ChainFault> {
        let extensions = certificate.extensions();
        let is_any = |policy: &ObjectId| policy.oid() == ANY_POLICY;
        if extensions.policy_mappings.iter().any(|(issuer, subject)| is_any(issuer) || is_any(subject)) {
            return Err(ChainFault::AnyPolicyMapped);
        }
        if !extensions.policy_mappings.is_empty() {
            self.policies.map(&extensions.policy_mappings, self.policy_mapping > 0);
        }
        self.names.narrow(extensions.name_constraints.as_ref());
        if !self_issued {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.policy_mapping = self.policy_mapping.saturating_sub(1);
            self.inhibit_any_policy = self.inhibit_any_policy.saturating_sub(1);
        }
        if let Some(constraints) = extensions.policy_constraints {
            limit(&mut self.explicit_policy, constraints.require_explicit_policy);
            limit(&mut self.policy_mapping, constraints.inhibit_policy_mapping);
        }
        limit(&mut self.inhibit_any_policy, extensions.inhibit_any_policy);
        if !extensions.basic_constraints.is_some_and(|constraints| constraints.ca) {
            return Err(ChainFault::NotACa);
        }
        if !self_issued {
            self.max_path_len = self.max_path_len.checked_sub(1).ok_or(ChainFault::PathTooLong)?;
        }
        self.limit_path_len(certificate);
        check_cert_sign(certificate)
    }

    /// §6.1.5 (a), (b) and (g).
    fn wrap_up(mut self, target: Option<&Certificate>, inputs: &PathInputs) -> Result<PolicyOutcome, ChainFault> {
        self.explicit_policy = self.explicit_policy.saturating_sub(1);
        let constraints = target.and_then(|target| target.extensions().policy_constraints);
        if constraints.and_then(|constraints| constraints.require_explicit_policy) == Some(0) {
            self.explicit_policy = 0;
        }
        let authority_constrained = self.policies.authority_constrained();
        let user_constrained = match &inputs.initial_policies {
            InitialPolicies::Any => authority_constrained.clone(),
            InitialPolicies::These(wanted) => {
                let any = authority_constrained.iter().any(|policy| policy.oid() == ANY_POLICY);
                wanted.iter().filter(|policy| any || authority_constrained.contains(policy)).cloned().collect()
            }
        };
        if self.explicit_policy == 0 && user_constrained.is_empty() {
            return Err(ChainFault::NoAcceptablePolicy);
        }
        Ok(PolicyOutcome { authority_constrained, user_constrained })
    }

    fn limit_path_len(&mut self, certificate: &Certificate) {
        let constraints = certificate.extensions().basic_constraints;
        limit(&mut self.max_path_len, constraints.and_then(|constraints| constraints.path_len));
    }
}

fn limit(variable: &mut usize, value: Option<u32>) {
    if let Some(value) = value {
        *variable = (*variable).min(usize::try_from(value).unwrap_or(usize::MAX));
    }
}

/// §6.1.4 (n).
fn check_cert_sign(certificate: &Certificate) -> Result<(), ChainFault> {
    match certificate.extensions().key_usage {
        Some(usage) if !usage.contains(KeyUsage::KEY_CERT_SIGN) => Err(ChainFault::MayNotSignCertificates),
        _ => Ok(()),
    }
}

/// §6.1.4 (o) and §6.1.5 (f): what we could not process refuses the path.
fn check_understood(certificate: &Certificate) -> Result<(), ChainFault> {
    let fault: Option<&CertificateFault> = certificate.faults().first();
    fault.map_or(Ok(()), |fault| Err(ChainFault::Certificate(fault.clone())))
}
