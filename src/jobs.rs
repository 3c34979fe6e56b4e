//! What the service does by itself, beside answering: what the queue holds, and what each instance does for itself.

mod queue;

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use crate::clock;
use crate::crypto::random;
use crate::domain::id::InstanceId;
use crate::http::Metrics;
use crate::jobs::queue::Queue;
use crate::procedures::app::App;
use crate::procedures::trail;
use crate::procedures::trail::TrailError;
use crate::procedures::trail::key::TrailKey;

/// How often trust material is read anew; CRLs are replaced beneath us at any time. `SIGHUP` does it at once.
const MATERIAL_EVERY: Duration = Duration::from_mins(5);

/// How often the head of the trail is signed, if there is something new.
const SEAL_EVERY: Duration = Duration::from_hours(1);

/// Works until the service stops; returns when what runs of the queue is done or given back. What fails is logged and tried
/// again. `places` verifications are done at a time.
pub async fn run(
    app: Arc<App>,
    key: Option<TrailKey>,
    metrics: Arc<Metrics>,
    places: usize,
    mut stopped: watch::Receiver<bool>,
) {
    let queue = async {
        match random() {
            Ok(random) => {
                let instance = InstanceId::new(random, clock::now());
                tracing::info!(%instance, "this instance works on the queue");
                Queue::new(Arc::clone(&app), metrics, instance, places, stopped.clone()).work().await;
            }
            Err(error) => tracing::error!(%error, "the queue is not worked on"),
        }
    };
    let mut told = stopped.clone();
    let for_itself = async {
        tokio::select! {
            _ = told.wait_for(|stopped| *stopped) => {}
            _ = async { tokio::join!(reload_material(&app), seal_trail(&app, key.as_ref())) } => {}
        }
    };
    tokio::join!(queue, for_itself);
    let _told = stopped.wait_for(|stopped| *stopped).await;
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
