//! What the program does for people, each from its request to its result. Files and folders are met here.

pub mod diagnosis;
pub mod new_file;
pub mod verification;
