//! The reader of PDF, against another reader, against the clock and under a password.

mod deadline;
mod password;
mod witness;
