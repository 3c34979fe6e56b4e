//! Visitors of the page and portals share the processors; whoever of them comes in crowds, the others have their turn.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use varco::clock;
use varco::procedures::app::{App, Parts, Retention, TrustFiles};
use varco::procedures::recorded_verification::{Submitted, submit, verify_unrecorded};
use varco::procedures::tokens::Caller;
use varco::procedures::upload::Upload;
use varco::procedures::verification::VerificationSettings;
use varco::store::Database;
use varco::verify::{Limits, Policy};

use crate::cli::pki;
use crate::service::demo;
use crate::store::caller;
use crate::support::stores::Place;

const PROCESSORS: usize = 2;
const CROWD: usize = 200;
/// Who is answered first is left open of those that are judged at the same time, or while a group of answers is written: on
/// a busy disk that takes a while.
const ABOUT: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_visitors_does_not_keep_portals_from_the_processors() {
    let mut queue = Queue::open().await;
    let everything = queue.takes_everything().await;
    queue.joins(Who::Visitor, CROWD).await;
    queue.joins(Who::Portal, 1).await;
    drop(everything);
    let visitors = queue.answered_before(Who::Portal).await;
    assert!(visitors < ABOUT, "{visitors} of {CROWD} visitors were answered before a portal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_portals_does_not_keep_visitors_from_the_processors() {
    let mut queue = Queue::open().await;
    let everything = queue.takes_everything().await;
    queue.joins(Who::Portal, 3).await;
    queue.joins(Who::Visitor, 1).await;
    queue.joins(Who::Portal, CROWD).await;
    drop(everything);
    let portals = queue.answered_before(Who::Visitor).await;
    assert!(portals < 3 + ABOUT, "{portals} portals were answered before a visitor, of whom 3 came first");
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Who {
    Portal,
    Visitor,
}

/// The parts of a service with two processors, and who was answered, in order.
struct Queue {
    app: Arc<App>,
    caller: Caller,
    answered: (UnboundedSender<Who>, UnboundedReceiver<Who>),
    joined: usize,
    folder: TempDir,
    _place: Place,
}

impl Queue {
    async fn open() -> Self {
        let (place, folder) = (Place::new(Database::Sqlite), tempfile::tempdir().unwrap());
        let store = place.open().await;
        let caller = caller(&store, "prova").await;
        let verification = VerificationSettings {
            policy: Policy::italian(),
            limits: Limits::STANDARD,
            time_allowed: Duration::from_mins(1),
            temporary_folder: folder.path().to_owned(),
        };
        let (trust, crls) = (vec![pki("trust").into()], vec![pki("crl").into()]);
        let trust_files = TrustFiles { trust, crls, ocsp: Vec::new(), remembered: 0 };
        let retention = Retention { reports: Duration::from_mins(1), documents: None };
        let parts = Parts { store, blobs: None, trust_files, verification, retention, judges: PROCESSORS };
        let app = Arc::new(App::new(parts, clock::now()).unwrap());
        Self { app, caller, answered: unbounded_channel(), joined: 0, folder, _place: place }
    }

    /// Keeps all processors busy until what is returned is dropped.
    async fn takes_everything(&self) -> Vec<Sender<()>> {
        let mut all = Vec::new();
        for _ in 0..PROCESSORS {
            let (free, wait) = channel();
            let app = Arc::clone(&self.app);
            let mut busy = Box::pin(async move { app.judges.compute(move || wait.recv().is_err()).await });
            waits(busy.as_mut()).await;
            tokio::spawn(busy);
            all.push(free);
        }
        all
    }

    /// So many hand in a document; all of them wait when this returns.
    async fn joins(&mut self, who: Who, count: usize) {
        for _ in 0..count {
            let (app, caller, submitted) = (Arc::clone(&self.app), self.caller.clone(), self.document().await);
            let mut judged: Pin<Box<dyn Future<Output = ()> + Send>> = match who {
                Who::Portal => Box::pin(async move {
                    submit(&app, &caller, submitted, None, clock::now()).await.unwrap();
                }),
                Who::Visitor => Box::pin(async move {
                    verify_unrecorded(&app, Arc::new(submitted), clock::now()).await.unwrap();
                }),
            };
            waits(judged.as_mut()).await;
            let answered = self.answered.0.clone();
            tokio::spawn(async move {
                judged.await;
                answered.send(who).unwrap();
            });
        }
        self.joined += count;
    }

    async fn document(&self) -> Submitted {
        let mut upload = Upload::new(self.folder.path(), 1 << 20);
        upload.write(&demo("good-cns.p7m")).await.unwrap();
        let document = upload.finish().await.unwrap();
        let name = "good-cns.p7m".to_owned();
        Submitted { document, name, detached: None, expected: None, fiscal_code: None, at: None, password: None }
    }

    /// How many of the others are answered before somebody of these; in the end all are.
    async fn answered_before(&mut self, who: Who) -> usize {
        let mut order = Vec::new();
        while order.len() < self.joined {
            order.push(self.answered.1.recv().await.unwrap());
        }
        order.iter().position(|answered| *answered == who).unwrap()
    }
}

/// Goes as far as it can go without waiting.
async fn waits(mut future: Pin<&mut (impl Future + ?Sized)>) {
    assert!(poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_pending())).await);
}
