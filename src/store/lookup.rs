//! Reads that each request needs. Whoever asks while the store is being asked waits, and is asked for together with all
//! others that wait: a statement for many, and an answer that is never older than the question.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use sqlx::AnyConnection;
use tokio::sync::{mpsc, oneshot, watch};

use crate::store::StoreError;
use crate::store::connect::OwnConnection;
use crate::store::handle::{in_time, next_group};

/// The most questions of one statement.
const TOGETHER: usize = 64;

/// Something that many want to know of the store at the same time.
pub(super) trait Question: Eq + Hash + Send + Sized + Sync + 'static {
    /// What is known.
    type Answer: Clone + Send + Sync + 'static;

    /// What is known of some of them; never of none.
    fn find<'a>(questions: &'a [&'a Self], connection: &'a mut AnyConnection) -> BoxFuture<'a, Known<Self>>;
}

/// Answers, where there are any.
pub(super) type Known<Q> = Result<HashMap<Q, <Q as Question>::Answer>, StoreError>;

/// Where questions of one kind are put.
pub(super) struct Lookup<Q: Question> {
    queue: mpsc::Sender<Asked<Q>>,
}

struct Asked<Q: Question> {
    question: Q,
    answer: oneshot::Sender<Result<Option<Q::Answer>, StoreError>>,
}

impl<Q: Question> Clone for Lookup<Q> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<Q: Question> Lookup<Q> {
    /// Answers with what `connection` says, until told to stop.
    pub(super) fn start(connection: OwnConnection, stop: watch::Receiver<bool>) -> Self {
        let (queue, waiting) = mpsc::channel(TOGETHER);
        tokio::spawn(answer(connection, waiting, stop));
        Self { queue }
    }

    /// The answer, if there is one.
    pub(super) async fn ask(&self, question: Q) -> Result<Option<Q::Answer>, StoreError> {
        let (answer, answered) = oneshot::channel();
        in_time(async {
            self.queue.send(Asked { question, answer }).await.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        })
        .await
    }

    /// Returns when the connection is closed.
    pub(super) async fn closed(&self) {
        self.queue.closed().await;
    }
}

async fn answer<Q: Question>(
    mut connection: OwnConnection,
    mut waiting: mpsc::Receiver<Asked<Q>>,
    mut stop: watch::Receiver<bool>,
) {
    let mut group = Vec::with_capacity(TOGETHER);
    while next_group(&mut waiting, (&mut group, TOGETHER), &mut stop).await {
        // Whoever gave up waiting is not asked for.
        group.retain(|asked| !asked.answer.is_closed());
        if !group.is_empty() {
            let known = find(&mut connection, &group).await.map_err(Arc::new);
            tell(&mut group, &known);
        }
    }
    connection.close().await;
}

async fn find<Q: Question>(connection: &mut OwnConnection, group: &[Asked<Q>]) -> Known<Q> {
    let questions: HashSet<&Q> = group.iter().map(|asked| &asked.question).collect();
    let questions: Vec<&Q> = questions.into_iter().collect();
    in_time(async {
        let mut taken = connection.take().await?;
        let known = Q::find(&questions, &mut taken).await?;
        connection.give_back(taken);
        Ok(known)
    })
    .await
}

fn tell<Q: Question>(group: &mut Vec<Asked<Q>>, known: &Result<HashMap<Q, Q::Answer>, Arc<StoreError>>) {
    for Asked { question, answer } in group.drain(..) {
        let known = known.as_ref().map(|known| known.get(&question).cloned());
        let _nobody_waits_any_more = answer.send(known.map_err(|error| StoreError::Shared(Arc::clone(error))));
    }
}
