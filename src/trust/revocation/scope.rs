//! Which CRLs cover a certificate (RFC 5280 §6.3.3 b and d).

use crate::trust::revocation::{Covers, Crl};
use crate::trust::{Certificate, DistributionPoint, DistributionPointName, GeneralName, Name, ReasonFlags};

/// The distribution points of a certificate, and the one that is implied.
pub(super) fn distribution_points(certificate: &Certificate) -> impl Iterator<Item = &DistributionPoint> {
    certificate.extensions().crl_distribution_points.iter().take(MAX_POINTS).chain([&IMPLIED])
}

/// The distribution point that every certificate has: the CRL of its issuer (RFC 5280 §6.3.3, last paragraph), which is
/// its name as well.
static IMPLIED: DistributionPoint = DistributionPoint { name: None, reasons: None, crl_issuer: Vec::new() };

/// Who issues the CRL of a distribution point.
pub(super) fn crl_issuers<'a>(
    point: &'a DistributionPoint,
    certificate: &'a Certificate,
) -> impl Iterator<Item = &'a Name> {
    let own = point.crl_issuer.is_empty().then(|| certificate.issuer());
    own.into_iter().chain(directory_names(&point.crl_issuer))
}

/// The reasons for which a CRL answers for a certificate, by way of any of its distribution points; empty where it
/// does not cover the certificate.
pub(super) fn reasons_covered(crl: &Crl, certificate: &Certificate) -> ReasonFlags {
    if !covers_kind(crl, certificate) {
        return ReasonFlags::NONE;
    }
    let own = crl.issuing_distribution_point().and_then(|point| point.only_some_reasons).unwrap_or(ReasonFlags::ALL);
    let corresponding = distribution_points(certificate).filter(|point| corresponds(crl, certificate, point));
    corresponding.fold(ReasonFlags::NONE, |covered, point| {
        covered.union(own.intersection(point.reasons.unwrap_or(ReasonFlags::ALL)))
    })
}

/// §6.3.3 b 2 ii to iv.
fn covers_kind(crl: &Crl, certificate: &Certificate) -> bool {
    let is_ca = certificate.extensions().basic_constraints.is_some_and(|constraints| constraints.ca);
    match crl.issuing_distribution_point().map_or(Covers::All, |point| point.covers) {
        Covers::All => true,
        Covers::UserCertificates => !is_ca,
        Covers::CaCertificates => is_ca,
        Covers::AttributeCertificates | Covers::Nothing => false,
    }
}

/// §6.3.3 b 1 and b 2 i.
fn corresponds(crl: &Crl, certificate: &Certificate, point: &DistributionPoint) -> bool {
    let scope = crl.issuing_distribution_point();
    let issued_by_right_one = if point.crl_issuer.is_empty() {
        crl.issuer() == certificate.issuer()
    } else {
        scope.is_some_and(|scope| scope.indirect) && directory_names(&point.crl_issuer).any(|name| name == crl.issuer())
    };
    if !issued_by_right_one {
        return false;
    }
    let Some(own_name) = scope.and_then(|scope| scope.name.as_ref()) else { return true };
    let own_names = expand(own_name, crl.issuer());
    let wanted = match &point.name {
        // A relative name hangs below the CRL issuer (§4.2.1.13), whichever it is.
        Some(name) => expand(name, crl.issuer()),
        None if point.crl_issuer.is_empty() => vec![GeneralName::Directory(certificate.issuer().clone())],
        None => point.crl_issuer.clone(),
    };
    wanted.iter().any(|name| own_names.contains(name))
}

fn expand(name: &DistributionPointName, crl_issuer: &Name) -> Vec<GeneralName> {
    match name {
        DistributionPointName::Full(names) => names.clone(),
        DistributionPointName::Relative(attributes) => {
            crl_issuer.child(attributes).map(GeneralName::Directory).into_iter().collect()
        }
    }
}

fn directory_names(names: &[GeneralName]) -> impl Iterator<Item = &Name> {
    names.iter().filter_map(|name| match name {
        GeneralName::Directory(name) => Some(name),
        _ => None,
    })
}

/// Distribution points of one certificate that are looked at.
const MAX_POINTS: usize = 32;
