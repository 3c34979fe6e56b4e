//! The reader of PDF, against another reader and against the clock.

mod deadline;
mod witness;
