//! The parts, wired together.
