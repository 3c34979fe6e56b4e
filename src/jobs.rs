//! What the service does by itself, beside answering.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::procedures::app::App;
use crate::procedures::retention;

/// How often it looks for reports that are due to be erased.
const RETENTION_EVERY: Duration = Duration::from_secs(60);

/// Works until it is dropped. What fails is logged and tried again the next time.
pub async fn run(app: Arc<App>) {
    let mut tick = tokio::time::interval(RETENTION_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match retention::erase_overdue(&app.store, clock::now()).await {
            Ok(0) => {}
            Ok(erased) => tracing::info!(erased, "erased reports that were kept long enough"),
            Err(error) => tracing::error!(%error, "reports could not be erased; trying again in a minute"),
        }
    }
}
