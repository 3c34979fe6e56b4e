//! Certificates and chains, from outside the module.

mod budget;
mod chain_oracle;
mod parsers_agree;
mod synthetic_pki;
