//! Suites from outside: vectors and verdicts made by others, each with its `exceptions.toml`.

mod corpus;
mod exceptions;
mod limbo;
mod pkits;
mod wycheproof;
