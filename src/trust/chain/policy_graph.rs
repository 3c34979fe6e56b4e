//! Certificate policies along a path: RFC 5280 §6.1 as RFC 9618 rewrote it.
//!
//! The tree of RFC 5280 can grow exponentially (CVE-2023-0464). RFC 9618 keeps one node for each policy at each
//! depth, with several parents, and gives the same results.

use crate::asn1::Oid;
use crate::trust::extensions::ANY_POLICY;
use crate::trust::{Extensions, ObjectId};

/// The `valid_policy_graph` while a path is processed from the anchor down.
pub(super) struct PolicyGraph<'a> {
    /// One level for each certificate processed, after the root; empty once the graph is NULL.
    levels: Vec<Vec<Node<'a>>>,
}

struct Node<'a> {
    policy: Oid<'a>,
    /// What the policy was mapped to; the policy itself where nobody mapped it.
    mapped_to: Option<Vec<Oid<'a>>>,
    /// Indices in the level above.
    parents: Vec<usize>,
    /// Whether the node has descendants at the lowest level, or is there itself.
    alive: bool,
}

/// Whether `anyPolicy` in a certificate counts (§6.1.3 (d)(2)).
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum AnyPolicy {
    Counts,
    Inhibited,
}

impl<'a> PolicyGraph<'a> {
    /// The root alone, for `anyPolicy` (§6.1.2 (a)).
    pub(super) fn new() -> Self {
        Self { levels: vec![vec![Node::new(ANY_POLICY, Vec::new())]] }
    }

    /// Whether no policy is left.
    pub(super) fn is_null(&self) -> bool {
        self.levels.is_empty()
    }

    /// Adds the level of one certificate (§6.1.3 (d) and (e)).
    pub(super) fn process(&mut self, extensions: &'a Extensions, any_policy: AnyPolicy) {
        let Some(policies) = &extensions.policies else {
            self.levels.clear();
            return;
        };
        let Some(above) = self.levels.last() else { return };
        let mut level: Vec<Node<'a>> = Vec::new();
        for policy in policies.identifiers.iter().map(ObjectId::oid).filter(|policy| *policy != ANY_POLICY) {
            let mut parents = expecting(above, policy);
            if parents.is_empty() {
                parents = positions(above, |node| node.policy == ANY_POLICY);
            }
            if !parents.is_empty() {
                level.push(Node::new(policy, parents));
            }
        }
        let has_any = policies.identifiers.iter().any(|policy| policy.oid() == ANY_POLICY);
        if has_any && any_policy == AnyPolicy::Counts {
            for policy in above.iter().filter(|node| node.alive).flat_map(Node::expected) {
                if !level.iter().any(|node| node.policy == *policy) {
                    level.push(Node::new(*policy, expecting(above, *policy)));
                }
            }
        }
        self.levels.push(level);
        self.prune();
    }

    /// Applies the mappings of a certificate that is not the last (§6.1.4 (b)).
    pub(super) fn map(&mut self, mappings: &'a [(ObjectId, ObjectId)], allowed: bool) {
        let depth = self.levels.len();
        let Some(above) = depth.checked_sub(2).and_then(|index| self.levels.get(index)) else { return };
        let any_parents = positions(above, |node| node.policy == ANY_POLICY);
        let Some(level) = self.levels.last_mut() else { return };
        let has_any = level.iter().any(|node| node.alive && node.policy == ANY_POLICY);
        let mut done: Vec<Oid<'a>> = Vec::new();
        for (issuer_policy, _) in mappings {
            let issuer_policy = issuer_policy.oid();
            if done.contains(&issuer_policy) {
                continue;
            }
            done.push(issuer_policy);
            if !allowed {
                level.retain(|node| node.policy != issuer_policy);
                continue;
            }
            let subject_policies = mappings.iter().filter(|(issuer, _)| issuer.oid() == issuer_policy);
            let expected: Vec<Oid<'a>> = subject_policies.map(|(_, subject)| subject.oid()).collect();
            if let Some(node) = level.iter_mut().find(|node| node.alive && node.policy == issuer_policy) {
                node.mapped_to = Some(expected);
            } else if has_any {
                let parents = any_parents.clone();
                level.push(Node { policy: issuer_policy, mapped_to: Some(expected), parents, alive: true });
            }
        }
        self.prune();
    }

    /// The policies that the path is valid for, in the terms of the anchor's domain (§6.1.5 (g)): those right below
    /// a node of `anyPolicy`, and `anyPolicy` itself where it reaches the end.
    pub(super) fn authority_constrained(&self) -> Vec<ObjectId> {
        let mut found: Vec<ObjectId> = Vec::new();
        for (above, level) in self.levels.iter().zip(self.levels.iter().skip(1)) {
            for node in level.iter().filter(|node| node.alive && node.policy != ANY_POLICY) {
                let is_any = |index: &usize| above.get(*index).is_some_and(|parent| parent.policy == ANY_POLICY);
                if node.parents.iter().any(is_any) && !found.iter().any(|known| known.oid() == node.policy) {
                    found.push(node.policy.into());
                }
            }
        }
        let reaches_end = |level: &Vec<Node<'_>>| level.iter().any(|node| node.alive && node.policy == ANY_POLICY);
        if self.levels.last().is_some_and(reaches_end) {
            found.push(ANY_POLICY.into());
        }
        found
    }

    /// Marks what no longer reaches the lowest level (§6.1.3 (d)(3)); a graph without a live root is NULL.
    fn prune(&mut self) {
        let mut below: Option<&[Node<'_>]> = None;
        for level in self.levels.iter_mut().rev() {
            if let Some(below) = below {
                let mut used = vec![false; level.len()];
                for parent in below.iter().filter(|node| node.alive).flat_map(|node| &node.parents) {
                    if let Some(used) = used.get_mut(*parent) {
                        *used = true;
                    }
                }
                for (node, used) in level.iter_mut().zip(used) {
                    node.alive &= used;
                }
            }
            below = Some(level);
        }
        if !below.is_some_and(|root| root.iter().any(|node| node.alive)) {
            self.levels.clear();
        }
    }
}

impl<'a> Node<'a> {
    fn new(policy: Oid<'a>, parents: Vec<usize>) -> Self {
        Self { policy, mapped_to: None, parents, alive: true }
    }

    /// The `expected_policy_set` (§6.1.2 (a)).
    fn expected(&self) -> &[Oid<'a>] {
        self.mapped_to.as_deref().unwrap_or(std::slice::from_ref(&self.policy))
    }
}

fn expecting(level: &[Node<'_>], policy: Oid<'_>) -> Vec<usize> {
    positions(level, |node| node.expected().contains(&policy))
}

fn positions(level: &[Node<'_>], wanted: impl Fn(&Node<'_>) -> bool) -> Vec<usize> {
    level.iter().enumerate().filter(|(_, node)| node.alive && wanted(node)).map(|(index, _)| index).collect()
}
