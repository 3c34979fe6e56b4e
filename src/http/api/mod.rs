//! The interface of version 1, a file for each action.

pub(super) mod audit;
pub(super) mod verifications;
