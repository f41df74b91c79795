//! Runs many jobs side by side: a bounded number at once, and a waiting job does not delay others.

use std::collections::VecDeque;
use std::pin::pin;

use futures_util::stream::{FuturesUnordered, Stream, StreamExt, iter};
use tokio::time::{Duration, Instant, sleep_until};

/// How many jobs run at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// The number of places. The next job starts when a place is free.
    pub(crate) places: usize,
    /// A job that takes longer gives up its place and goes on: it is probably waiting.
    pub(crate) patience: Duration,
    /// The maximum number of running jobs, with and without a place.
    pub(crate) most: usize,
}

impl Limits {
    /// No limits.
    const NONE: Self =
        Self { places: usize::MAX, patience: Duration::from_secs(3_600), most: usize::MAX };
}

/// Starts all jobs together and waits for them; returns the results in order.
pub(crate) async fn all<F: Future>(jobs: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut results = Vec::new();
    bounded(iter(jobs), Limits::NONE, |index, result| results.push((index, result))).await;
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Starts the jobs one by one as the limits allow, and passes each result to `each` with the number of
/// its job. A job that is not ready yet does not delay the running ones.
pub(crate) async fn bounded<F: Future>(
    jobs: impl Stream<Item = F>,
    limits: Limits,
    mut each: impl FnMut(usize, F::Output),
) {
    let mut jobs = pin!(jobs.enumerate().fuse());
    // The next job is taken early, to know whether one is waiting.
    let mut next: Option<(usize, F)> = None;
    let mut running = FuturesUnordered::new();
    // The jobs with a place, in the order of their start, and when each gives it up.
    let mut places: VecDeque<(usize, Instant)> = VecDeque::new();
    loop {
        if places.len() < limits.places.max(1)
            && running.len() < limits.most.max(1)
            && let Some((index, job)) = next.take()
        {
            places.push_back((index, Instant::now() + limits.patience));
            running.push(async move { (index, job.await) });
        }
        let (waiting, ended) = (next.is_some(), jobs.is_done());
        let first = places.front().map(|(_, until)| *until);
        tokio::select! {
            biased;
            job = jobs.next(), if !waiting && !ended => next = job,
            done = running.next(), if !running.is_empty() => {
                if let Some((index, result)) = done {
                    places.retain(|(of, _)| *of != index);
                    each(index, result);
                }
            }
            () = sleep_until(first.unwrap_or_else(Instant::now)), if waiting && first.is_some() => {
                places.pop_front();
            }
            else => break,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use tokio::time::sleep;

    const LIMITS: Limits = Limits { places: 2, patience: Duration::from_millis(40), most: 4 };

    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().build().unwrap().block_on(future)
    }

    /// The results of jobs that take these milliseconds, and the maximum number that ran at once.
    fn side_by_side(limits: Limits, jobs: &[u64]) -> (Vec<u64>, usize) {
        let (now, most) = (Cell::new(0), Cell::new(0));
        let (now, most) = (&now, &most);
        let jobs = jobs.iter().map(|millis| async move {
            now.set(now.get() + 1);
            most.set(most.get().max(now.get()));
            sleep(Duration::from_millis(*millis)).await;
            now.set(now.get() - 1);
            *millis
        });
        let mut results = Vec::new();
        run(bounded(iter(jobs), limits, |index, result| results.push((index, result))));
        results.sort_unstable();
        (results.into_iter().map(|(_, result)| result).collect(), most.get())
    }

    #[test]
    fn each_job_has_its_result_and_quick_jobs_never_need_more_than_the_places() {
        let jobs = [9, 1, 5, 1, 7, 1, 1, 1];
        // Long enough for a slow machine.
        let patient = Limits { patience: Duration::from_secs(60), ..LIMITS };
        assert_eq!(side_by_side(patient, &jobs), (jobs.to_vec(), 2));
        assert_eq!(run(all(jobs.map(|number| async move { number }))), jobs);
        assert_eq!(side_by_side(LIMITS, &[]), (Vec::new(), 0));
    }

    #[test]
    fn waiting_jobs_do_not_delay_others_and_stay_bounded() {
        let started = Instant::now();
        let (_, most) = side_by_side(LIMITS, &[400, 400, 1, 1, 1, 1]);
        assert_eq!(most, 4);
        assert!(started.elapsed() < Duration::from_millis(600), "{:?}", started.elapsed());
        let (_, most) = side_by_side(LIMITS, &[200; 12]);
        assert_eq!(most, LIMITS.most);
    }

    #[test]
    fn a_waiting_stream_does_not_delay_running_jobs() {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let jobs = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
        let done = Cell::new(0);
        let feed = async {
            for number in 0..3 {
                sender.send(async move { number }).unwrap();
                // The job is done before the next one comes.
                while done.get() <= number {
                    sleep(Duration::from_millis(1)).await;
                }
            }
            drop(sender);
        };
        let jobs = bounded(jobs, LIMITS, |_, number| done.set(number + 1));
        let ended = run(async {
            tokio::time::timeout(Duration::from_secs(10), async { tokio::join!(jobs, feed) }).await
        });
        assert!(ended.is_ok());
        assert_eq!(done.get(), 3);
    }

    #[test]
    fn jobs_are_created_lazily() {
        let (made, limits) = (Cell::new(0), Limits { most: 3, ..LIMITS });
        let jobs = (0..1_000).map(|_| {
            made.set(made.get() + 1);
            std::future::pending::<()>()
        });
        let ended = run(async {
            let jobs = bounded(iter(jobs), limits, |_, ()| ());
            tokio::time::timeout(Duration::from_millis(150), jobs).await
        });
        assert!(ended.is_err());
        assert!(made.get() <= limits.most + 1, "one more is created, to know whether any is left");
    }
}
