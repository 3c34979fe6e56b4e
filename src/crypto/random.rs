//! Octets that nobody can guess.

use aws_lc_rs::rand;

/// The system's generator gave none.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the generator of random octets failed")]
pub struct NoRandomness;

/// Fresh octets from the generator of aws-lc (NIST SP 800-90A, seeded by the system).
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut octets = [0; N];
    rand::fill(&mut octets).map_err(|_| NoRandomness)?;
    Ok(octets)
}
