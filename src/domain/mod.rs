//! Values and rules of the field, with no input or output.

pub mod fiscal_code;
pub mod identity;
pub mod place;
