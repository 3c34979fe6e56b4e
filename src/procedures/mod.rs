//! What the program does for people, each from its request to its result. Files and folders are met here.

pub mod app;
pub mod diagnosis;
pub mod documents;
pub mod judges;
pub mod new_file;
pub mod queued_verification;
pub mod recorded_verification;
pub mod retention;
pub mod seen;
pub mod signing;
pub mod tokens;
pub mod trail;
pub mod upload;
pub mod verification;
