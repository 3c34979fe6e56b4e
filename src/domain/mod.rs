//! Values and rules of the field, with no input or output.

pub mod actor;
pub mod fiscal_code;
pub mod id;
pub mod identity;
pub mod instant;
pub mod language;
pub mod place;
