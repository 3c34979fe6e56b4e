//! What a process gives up before it holds a PIN.

use std::io;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};

/// Less than this, and locking all memory would make allocations fail later: none is locked then.
const ENOUGH_TO_LOCK: u64 = 1024 * 1024 * 1024;

/// Whether memory is kept from being swapped out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Memory {
    /// It is.
    Locked,
    /// The system does not allow it to this user (`ulimit -l`): a PIN could get to the swap space, if there is one.
    NotLocked,
}

/// Keeps what this process holds out of core dumps, out of reach of debuggers and of other processes of the same user
/// (prctl(2), `PR_SET_DUMPABLE`), and out of the swap space where the system allows it.
pub fn confine() -> io::Result<Memory> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    let unlimited = rustix::process::geteuid().is_root();
    let enough = getrlimit(Resource::Memlock).current.is_none_or(|octets| octets >= ENOUGH_TO_LOCK);
    if !unlimited && !enough {
        return Ok(Memory::NotLocked);
    }
    // Pages are locked when they are first used: a module's libraries are large, and mostly unused.
    let all = MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT;
    Ok(if mlockall(all).is_ok() { Memory::Locked } else { Memory::NotLocked })
}
