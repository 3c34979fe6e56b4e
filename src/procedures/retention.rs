//! Erasing what was kept long enough.

use time::UtcDateTime;

use crate::domain::actor::Actor;
use crate::store::{EraseVerification, Store, StoreError};

/// Reports looked for at once.
const PAGE: u16 = 500;

/// Erases the reports that are due, each with an event in the trail; returns how many. Their octets
/// are gone after [`Store::sweep`].
///
/// Several instances may do this at the same time: each report is erased once.
pub async fn erase_overdue(store: &Store, now: UtcDateTime) -> Result<usize, StoreError> {
    let mut erased = 0;
    loop {
        let due = store.overdue_reports(PAGE, now).await?;
        if due.is_empty() {
            break;
        }
        for id in due {
            if store.change(EraseVerification { id, actor: Actor::System, at: now }).await? {
                erased += 1;
            }
        }
    }
    Ok(erased)
}
