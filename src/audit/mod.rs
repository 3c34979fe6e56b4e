//! The trail: what was done, by whom, when; chained so that no change of it goes unseen.

mod event;

pub use event::{Action, Event, Subject};
