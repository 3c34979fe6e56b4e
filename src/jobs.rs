//! What the service does by itself, beside answering.

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::procedures::app::App;
use crate::procedures::retention;
use crate::procedures::trail;
use crate::procedures::trail::TrailError;
use crate::procedures::trail::key::TrailKey;

/// How often it looks for reports that are due to be erased.
const RETENTION_EVERY: Duration = Duration::from_mins(1);
/// How often trust material is read anew; CRLs are replaced beneath us at any time. `SIGHUP` does it at once.
const MATERIAL_EVERY: Duration = Duration::from_mins(5);

/// How often the head of the trail is signed, if there is something new.
const SEAL_EVERY: Duration = Duration::from_hours(1);

/// Works until it is dropped. What fails is logged and tried again the next time.
pub async fn run(app: Arc<App>, key: Option<TrailKey>) {
    tokio::join!(erase_reports(&app), reload_material(&app), seal_trail(&app, key.as_ref()));
}

async fn seal_trail(app: &App, key: Option<&TrailKey>) {
    let Some(key) = key else { return };
    let mut tick = tokio::time::interval(SEAL_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match trail::seal(&app.store, key, clock::now()).await {
            Ok(checkpoint) => tracing::info!(size = checkpoint.size, "the trail is sealed"),
            Err(TrailError::Broken) => {
                tracing::error!("the trail is not what it was and is not sealed: run varco audit verify");
            }
            Err(error) => tracing::error!(%error, "the trail could not be sealed; next try in an hour"),
        }
    }
}

async fn erase_reports(app: &App) {
    let mut tick = tokio::time::interval(RETENTION_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Something may have been erased just before this process began.
    let mut swept = false;
    loop {
        tick.tick().await;
        match retention::erase_overdue(&app.store, clock::now()).await {
            Ok(0) => {}
            Ok(erased) => {
                swept = false;
                tracing::info!(erased, "reports were kept long enough and are erased");
            }
            Err(error) => tracing::error!(%error, "reports could not be erased; next try in a minute"),
        }
        if !swept {
            match app.store.sweep().await {
                Ok(()) => swept = true,
                Err(error) => tracing::error!(%error, "erased octets could not be let go of; next try in a minute"),
            }
        }
    }
}

async fn reload_material(app: &Arc<App>) {
    let mut hangup = signal(SignalKind::hangup()).ok();
    loop {
        let asked = async {
            match &mut hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        let _either = tokio::time::timeout(MATERIAL_EVERY, asked).await;
        let app = Arc::clone(app);
        match tokio::task::spawn_blocking(move || app.reload_material(clock::now())).await {
            Ok(Ok(())) => tracing::info!("trust material read anew"),
            Ok(Err(error)) => {
                tracing::error!(%error, "trust material cannot be read; the one read before stays in use");
            }
            Err(_) => tracing::error!("reading trust material stopped by a fault"),
        }
    }
}
