//! Threads that compute: as many documents are looked at as there are processors, in the order in which they came.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Lets so much be computed at a time. A thread that is done goes on with what waits: nobody is woken for it.
pub struct Judges {
    most: usize,
    state: Arc<State>,
}

#[derive(Default)]
struct State(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Work>,
    threads: usize,
    /// The number of the next that comes.
    next: u64,
}

struct Work {
    number: u64,
    compute: Box<dyn FnOnce() + Send>,
}

/// Somebody who waits. Dropped, nobody does: what is not begun yet is forgotten, with all that it holds.
struct Waiter<'j> {
    state: &'j State,
    number: u64,
}

impl Judges {
    /// `most` at a time.
    pub fn new(most: usize) -> Self {
        Self { most, state: Arc::default() }
    }

    /// What comes of `work`, which may block; `None` if a fault of ours ended it. What nobody waits for any more before its turn
    /// comes is not done.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        let _until_answered = self.put(Box::new(move || {
            let _nobody_waits_any_more = answer.send(work());
        }));
        answered.await.ok()
    }

    fn put(&self, compute: Box<dyn FnOnce() + Send>) -> Waiter<'_> {
        let mut queue = self.state.lock();
        let number = queue.next;
        queue.next += 1;
        queue.waiting.push_back(Work { number, compute });
        if queue.threads < self.most {
            queue.threads += 1;
            let state = Arc::clone(&self.state);
            // It runs until nothing waits, whoever is interested.
            drop(tokio::task::spawn_blocking(move || state.work_off()));
        }
        Waiter { state: &self.state, number }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut queue = self.state.lock();
        let place = queue.waiting.iter().position(|work| work.number == self.number);
        let forgotten = place.and_then(|place| queue.waiting.remove(place));
        drop(queue);
        drop(forgotten);
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work_off(&self) {
        while let Some(work) = self.next() {
            // Whoever waits for it learns of the fault by getting no answer.
            let _fault_of_ours = catch_unwind(AssertUnwindSafe(work.compute));
        }
    }

    /// What comes next. Where nothing does, the thread counts no more from that moment on.
    fn next(&self) -> Option<Work> {
        let mut queue = self.lock();
        let next = queue.waiting.pop_front();
        if next.is_none() {
            queue.threads -= 1;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Barrier, mpsc};

    use super::*;

    #[tokio::test]
    async fn no_more_than_allowed_is_computed_at_a_time() {
        let judges = Arc::new(Judges::new(2));
        let counts = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let both = Arc::new(Barrier::new(2));
        let tasks: Vec<_> = (0..50)
            .map(|number| {
                let (judges, counts, both) = (Arc::clone(&judges), Arc::clone(&counts), Arc::clone(&both));
                tokio::spawn(async move {
                    let computed = judges.compute(move || {
                        let now = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
                        counts.1.fetch_max(now, Ordering::SeqCst);
                        both.wait();
                        counts.0.fetch_sub(1, Ordering::SeqCst);
                        number
                    });
                    assert_eq!(computed.await, Some(number));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(counts.1.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_fault_is_no_answer_and_the_thread_goes_on() {
        let judges = Judges::new(1);
        assert_eq!(judges.compute(|| std::panic::resume_unwind(Box::new("a fault"))).await, None::<()>);
        assert_eq!(judges.compute(|| 1).await, Some(1));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_not_done() {
        let judges = Arc::new(Judges::new(1));
        let (go_on, wait) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let judges = Arc::clone(&judges);
            async move { judges.compute(move || wait.recv().is_ok()).await }
        });
        while judges.state.lock().threads == 0 || !judges.state.lock().waiting.is_empty() {
            tokio::task::yield_now().await;
        }
        let done = Arc::new(AtomicUsize::new(0));
        let given_up = tokio::spawn({
            let (judges, done) = (Arc::clone(&judges), Arc::clone(&done));
            async move { judges.compute(move || done.fetch_add(1, Ordering::SeqCst)).await }
        });
        while judges.state.lock().waiting.is_empty() {
            tokio::task::yield_now().await;
        }
        given_up.abort();
        assert!(given_up.await.unwrap_err().is_cancelled());
        assert!(judges.state.lock().waiting.is_empty());
        go_on.send(()).unwrap();
        assert_eq!(first.await.unwrap(), Some(true));
        assert_eq!(judges.compute(|| ()).await, Some(()));
        assert_eq!(done.load(Ordering::SeqCst), 0);
    }
}
