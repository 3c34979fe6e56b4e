//! What several tests share.

pub(crate) mod cns;
pub(crate) mod csc;
pub(crate) mod csc_dummy;
#[expect(dead_code, reason = "the example that writes the fixtures uses the rest")]
pub(crate) mod forge;
pub(crate) mod hsm;
pub(crate) mod network;
pub(crate) mod s3;
pub(crate) mod small_disk;
pub(crate) mod stores;
pub(crate) mod tsa;
