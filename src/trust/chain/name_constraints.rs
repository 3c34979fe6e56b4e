//! Name constraints (RFC 5280 §4.2.1.10), gathered from the anchor down.

use crate::trust::extensions::SUBJECT_ALT_NAME;
use crate::trust::name::oid;
use crate::trust::{Certificate, GeneralName, NameConstraints};

/// The constraints in force at some point of a path.
pub(super) struct NamesAllowed<'a> {
    /// Every set must permit a name (the intersection of §6.1.4 (g)(1)).
    constraints: Vec<&'a NameConstraints>,
    /// Comparisons left: thousands of names against thousands of constraints end here.
    comparisons_left: usize,
}

/// Why a certificate's names are not allowed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NameConstraintFault {
    /// A name lies in no permitted subtree of its form.
    #[error("a name lies outside the permitted subtrees")]
    NotPermitted,
    /// A name lies in an excluded subtree.
    #[error("a name lies in an excluded subtree")]
    Excluded,
    /// A name, or a constraint, of a form that is constrained cannot be read as that form.
    #[error("a name or its constraint is not well formed")]
    Unreadable,
    /// A constraint on a form that we do not interpret, and a name of that form.
    #[error("a name has a form whose constraints are not supported")]
    Unsupported,
    /// More names and constraints than any real certificate has.
    #[error("too many names and constraints")]
    TooMany,
}

/// Whether a name lies in a subtree; `Err` when one of the two makes no sense.
type Within = Result<bool, NameConstraintFault>;

impl<'a> NamesAllowed<'a> {
    pub(super) const fn new(max_comparisons: usize) -> Self {
        Self { constraints: Vec::new(), comparisons_left: max_comparisons }
    }

    /// Adds the constraints of one more CA.
    pub(super) fn narrow(&mut self, constraints: Option<&'a NameConstraints>) {
        self.constraints.extend(constraints);
    }

    /// Checks every name of a certificate (§6.1.3 (b) and (c)).
    pub(super) fn check(&mut self, certificate: &Certificate) -> Result<(), NameConstraintFault> {
        if self.constraints.is_empty() {
            return Ok(());
        }
        let subject = certificate.subject();
        if !subject.is_empty() {
            self.check_name(&GeneralName::Directory(subject.clone()))?;
        }
        if certificate.extensions().unread.iter().any(|unread| unread.oid() == SUBJECT_ALT_NAME) {
            return Err(NameConstraintFault::Unreadable);
        }
        let alternatives = &certificate.extensions().subject_alt_names;
        for name in alternatives {
            self.check_name(name)?;
        }
        // §4.2.1.10: where there is no alternative e-mail address, the one in the subject is constrained.
        if !alternatives.iter().any(|name| matches!(name, GeneralName::Email(_))) {
            for address in subject.values(oid::EMAIL_ADDRESS) {
                self.check_name(&GeneralName::Email(address.into()))?;
            }
        }
        Ok(())
    }

    fn check_name(&mut self, name: &GeneralName) -> Result<(), NameConstraintFault> {
        for constraints in &self.constraints {
            let cost = constraints.permitted.len() + constraints.excluded.len();
            self.comparisons_left = self.comparisons_left.checked_sub(cost).ok_or(NameConstraintFault::TooMany)?;
            for base in constraints.excluded.iter().filter(|base| same_form(name, base)) {
                if within(name, base, Subtree::Excluded)? {
                    return Err(NameConstraintFault::Excluded);
                }
            }
            let mut constrained = false;
            let mut permitted = false;
            for base in constraints.permitted.iter().filter(|base| same_form(name, base)) {
                constrained = true;
                permitted |= within(name, base, Subtree::Permitted)?;
            }
            if constrained && !permitted {
                return Err(NameConstraintFault::NotPermitted);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Subtree {
    Permitted,
    Excluded,
}

fn same_form(name: &GeneralName, base: &GeneralName) -> bool {
    match (name, base) {
        (GeneralName::Other { tag, .. }, GeneralName::Other { tag: base, .. }) => tag == base,
        _ => std::mem::discriminant(name) == std::mem::discriminant(base),
    }
}

fn within(name: &GeneralName, base: &GeneralName, subtree: Subtree) -> Within {
    match (name, base) {
        (GeneralName::Directory(name), GeneralName::Directory(base)) => Ok(name.is_within(base)),
        (GeneralName::Email(address), GeneralName::Email(base)) => email_within(address, base),
        (GeneralName::Dns(name), GeneralName::Dns(base)) => dns_within(name, base, subtree),
        (GeneralName::Uri(uri), GeneralName::Uri(base)) => uri_within(uri, base),
        (GeneralName::Ip(address), GeneralName::Ip(base)) => ip_within(address, base),
        _ => Err(NameConstraintFault::Unsupported),
    }
}

/// A mailbox, a host, or (with a leading period) the hosts of a domain. The local part is compared as it is, the
/// host without regard to case (§7.5).
fn email_within(address: &str, base: &str) -> Within {
    let (local, host) = mailbox(address)?;
    if base.contains('@') {
        let (base_local, base_host) = mailbox(base)?;
        return Ok(local == base_local && host.eq_ignore_ascii_case(base_host));
    }
    host_or_domain(host, base)
}

fn mailbox(address: &str) -> Result<(&str, &str), NameConstraintFault> {
    match address.split_once('@') {
        Some((local, host)) if !local.is_empty() && is_host(host) => Ok((local, host)),
        _ => Err(NameConstraintFault::Unreadable),
    }
}

/// A host is in the subtree of any name that it ends with, label by label. A wildcard stands for every label: an
/// exclusion below it excludes it too.
fn dns_within(name: &str, base: &str, subtree: Subtree) -> Within {
    let (wildcard, host) = name.strip_prefix("*.").map_or((false, name), |host| (true, host));
    if !is_host(host) || !(base.is_empty() || is_host(base)) {
        return Err(NameConstraintFault::Unreadable);
    }
    Ok(is_or_is_below(host, base) || (wildcard && subtree == Subtree::Excluded && is_or_is_below(base, host)))
}

/// The host of a URI; one without a host, or with an address for a host, cannot be judged (§4.2.1.10).
fn uri_within(uri: &str, base: &str) -> Within {
    let (_, after) = uri.split_once("://").ok_or(NameConstraintFault::Unreadable)?;
    let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit('@').next().unwrap_or_default();
    let host = host_and_port.split(':').next().unwrap_or_default();
    let is_address = host.split('.').next_back().is_some_and(|label| label.chars().all(|c| c.is_ascii_digit()));
    if !is_host(host) || is_address {
        return Err(NameConstraintFault::Unreadable);
    }
    host_or_domain(host, base)
}

/// One host exactly, or (with a leading period) whatever lies below a domain.
fn host_or_domain(host: &str, base: &str) -> Within {
    if let Some(domain) = base.strip_prefix('.') {
        if !is_host(domain) {
            return Err(NameConstraintFault::Unreadable);
        }
        return Ok(!host.eq_ignore_ascii_case(domain) && is_or_is_below(host, domain));
    }
    if base.is_empty() || is_host(base) {
        Ok(base.is_empty() || host.eq_ignore_ascii_case(base))
    } else {
        Err(NameConstraintFault::Unreadable)
    }
}

fn is_or_is_below(host: &str, base: &str) -> bool {
    if base.is_empty() {
        return true;
    }
    let tail = host.len().checked_sub(base.len()).and_then(|start| host.get(start..));
    let before = host.len().checked_sub(base.len() + 1).and_then(|dot| host.as_bytes().get(dot));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(base)) && (host.len() == base.len() || before == Some(&b'.'))
}

/// Labels of letters, digits, hyphens and underscores (RFC 1034 §3.5, with what hosts really use).
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_'))
    };
    host.len() <= 253 && host.split('.').all(is_label)
}

/// An address under a network: as many octets again are its mask, which must be a prefix (RFC 4632).
fn ip_within(address: &[u8], base: &[u8]) -> Within {
    let (network, mask) = base.split_at_checked(base.len() / 2).ok_or(NameConstraintFault::Unreadable)?;
    let is_prefix = mask.iter().fold((true, false), |(ok, ended), octet| {
        let contiguous = octet.leading_ones() + octet.trailing_zeros() >= 8;
        (ok && contiguous && !(ended && *octet != 0), ended || *octet != 0xff)
    });
    if !matches!(address.len(), 4 | 16) || !matches!(base.len(), 8 | 32) || !is_prefix.0 {
        return Err(NameConstraintFault::Unreadable);
    }
    let octets = address.iter().zip(network).zip(mask);
    Ok(address.len() == network.len() && octets.into_iter().all(|((a, n), m)| a & m == n & m))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lie_in_whole_labels() {
        let dns = |name, base| dns_within(name, base, Subtree::Permitted);
        assert_eq!(dns("www.example.org", "example.org"), Ok(true));
        assert_eq!(dns("EXAMPLE.org", "example.ORG"), Ok(true));
        assert_eq!(dns("badexample.org", "example.org"), Ok(false));
        assert_eq!(dns("*.example.org", "a.example.org"), Ok(false));
        assert_eq!(dns_within("*.example.org", "a.example.org", Subtree::Excluded), Ok(true));
        assert!(dns(".example.org", "example.org").is_err() && dns("a.org", "*.org").is_err());
    }

    /// RFC 5280 §4.2.1.10: a constraint is a mailbox, a host, or a domain with a leading period.
    #[test]
    fn mailboxes_hosts_and_domains() {
        for (address, base, expected) in [
            ("a@example.org", "a@example.org", Ok(true)),
            ("a@EXAMPLE.org", "a@example.org", Ok(true)),
            ("A@example.org", "a@example.org", Ok(false)),
            ("a@example.org", "example.org", Ok(true)),
            ("a@host.example.org", "example.org", Ok(false)),
            ("a@host.example.org", ".example.org", Ok(true)),
            ("a@example.org", ".example.org", Ok(false)),
            ("a@b@example.org", "example.org", Err(NameConstraintFault::Unreadable)),
        ] {
            assert_eq!(email_within(address, base), expected, "{address} {base}");
        }
    }

    #[test]
    fn uris_are_judged_by_their_host() {
        for (uri, base, expected) in [
            ("http://example.org/a@b", "example.org", Ok(true)),
            ("ldap://user@host.example.org:389/x", ".example.org", Ok(true)),
            ("http://example.org.evil/", "example.org", Ok(false)),
            ("http://192.0.2.1/", "192.0.2.1", Err(NameConstraintFault::Unreadable)),
            ("urn:example", "example.org", Err(NameConstraintFault::Unreadable)),
        ] {
            assert_eq!(uri_within(uri, base), expected, "{uri} {base}");
        }
    }

    #[test]
    fn addresses_lie_under_a_prefix() {
        let network = [192, 0, 2, 0, 255, 255, 255, 128];
        assert_eq!(ip_within(&[192, 0, 2, 127], &network), Ok(true));
        assert_eq!(ip_within(&[192, 0, 2, 128], &network), Ok(false));
        assert_eq!(ip_within(&[0; 16], &network), Ok(false));
        assert!(ip_within(&[192, 0, 2, 1], &[192, 0, 2, 0, 255, 0, 255, 0]).is_err());
        assert!(ip_within(&[192, 0, 2, 1, 255, 255, 255, 0], &network).is_err());
    }
}
