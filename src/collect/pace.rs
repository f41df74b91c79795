//! The time limit of each call, and the pauses between its attempts.
//!
//! The SDK's own retries end after a count or a quota, and at its time limit AWS's last answer is
//! lost. A gate needs the opposite: throttling is retried until the call's share of `--timeout` is
//! spent, and then the gap says that the call was throttled. So the SDK makes one attempt, and this
//! module decides about the next.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use crate::github::Secrets;
use crate::net::bucket::RateLimit;
use crate::net::retry::{Failure, Retry, RetryWhen, jittered, part};

use super::failure::{CallError, Kind, NOT_REACHED};

/// The maximum number of attempts to connect: a wrong address stays wrong.
const CONNECTIONS: u32 = 5;

/// The order to stop, with its reason.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<Option<String>>);

/// The task that waits for the order. When it is dropped, no order arrives.
pub(crate) struct Watcher(JoinHandle<()>);

impl Drop for Watcher {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Stop {
    #[cfg(test)]
    pub(crate) fn new(receiver: watch::Receiver<Option<String>>) -> Self {
        Self(receiver)
    }

    /// The order to stop is given when `stop` completes, unless the watcher was dropped.
    pub(crate) fn when(stop: impl Future<Output = String> + Send + 'static) -> (Self, Watcher) {
        let (sender, receiver) = watch::channel(None);
        let watcher = tokio::spawn(async move {
            // If there is no receiver, the run is over.
            let _ = sender.send(Some(stop.await));
        });
        (Self(receiver), Watcher(watcher))
    }

    /// Waits for the order; for ever if it never comes.
    pub(crate) async fn ordered(&self) -> String {
        let mut receiver = self.0.clone();
        let why = receiver.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }
}

impl Failure for CallError {
    fn timed_out(limit: Duration) -> Self {
        if limit.as_millis() == 0 {
            return Self::new(Kind::TimedOut, NOT_REACHED);
        }
        let message = format!("no complete answer within {} ms", limit.as_millis());
        Self::new(Kind::TimedOut, message)
    }

    fn is_timeout(&self) -> bool {
        self.kind == Kind::TimedOut
    }

    fn retry_when(&self) -> RetryWhen {
        match self.kind {
            Kind::Throttled | Kind::Busy | Kind::Server | Kind::TimedOut => {
                RetryWhen::UntilDeadline
            }
            Kind::Network => RetryWhen::Times(CONNECTIONS, Duration::ZERO),
            Kind::Denied
            | Kind::Credentials
            | Kind::Untrusted
            | Kind::Unreadable
            | Kind::Refused
            | Kind::Interrupted => RetryWhen::Never,
        }
    }
}

/// The time limit of a call.
#[derive(Clone)]
pub(crate) struct Pace {
    retry: Retry,
    longest_poll: Duration,
    stop: Stop,
    secrets: Secrets,
    /// Whether AWS said that the session of a call has ended.
    expired: Arc<AtomicBool>,
}

impl Pace {
    /// A limit of `share` from now.
    pub(crate) fn new(share: Duration, stop: Stop) -> Self {
        Self {
            retry: Retry::within(share, Duration::from_millis(10)),
            longest_poll: part(share, 6, 50, 120_000),
            stop,
            secrets: Secrets::default(),
            expired: Arc::default(),
        }
    }

    /// The same limit, for calls of another session.
    pub(crate) fn of_another_session(&self) -> Self {
        Self { expired: Arc::default(), ..self.clone() }
    }

    /// Whether AWS said that the session of a call has ended. A new session may continue.
    pub(crate) fn session_has_ended(&self) -> bool {
        self.expired.load(Ordering::Relaxed)
    }

    /// The same limit, for calls whose errors may repeat these secrets. Every error passes here.
    pub(crate) fn hiding(self, secrets: &Secrets) -> Self {
        Self { secrets: secrets.clone(), ..self }
    }

    /// The same limit, for calls whose errors may repeat secrets that no other call knows.
    pub(crate) fn with_own_secrets(self) -> Self {
        Self { secrets: self.secrets.within(), ..self }
    }

    /// The secrets that its errors must not repeat.
    pub(crate) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// A third of the time left, for a call that others wait for: if it fails, they still have
    /// time.
    pub(crate) fn third(&self) -> Self {
        self.until(Instant::now() + self.time_left() / 3)
    }

    /// Half of the time left, and at most `most`, for calls whose answer may be incomplete.
    pub(crate) fn half(&self, most: Duration) -> Self {
        self.until(Instant::now() + (self.time_left() / 2).min(most))
    }

    fn until(&self, deadline: Instant) -> Self {
        Self { retry: Retry { deadline, ..self.retry.clone() }, ..self.clone() }
    }

    /// Whether this limit ends before the other.
    pub(crate) fn ends_before(&self, other: &Self) -> bool {
        self.retry.deadline < other.retry.deadline
    }

    /// Makes the call, and retries it until it succeeds or the time is spent.
    ///
    /// Throttling, 5xx and missing answers are retried to the end, a broken connection a few times,
    /// a denial never. The error is AWS's last answer.
    pub(crate) async fn retry<T>(
        &self,
        call: impl AsyncFnMut() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        self.or_stopped(self.retry.run(async || Ok(()), call)).await
    }

    /// The same, for an API with a rate limit. A failed call counts, too.
    pub(crate) async fn retry_at_rate<T>(
        &self,
        bucket: &mut impl RateLimit,
        mut call: impl AsyncFnMut() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let bucket = RefCell::new(bucket);
        let turn = async || {
            let delay = bucket.borrow_mut().delay(Instant::now());
            if !delay.is_zero() {
                self.pause(delay).await?;
            }
            bucket.borrow_mut().take(Instant::now());
            Ok(())
        };
        let call = async || {
            let answer = call().await;
            match &answer {
                Ok(_) => bucket.borrow_mut().speed_up(),
                Err(error) if error.kind == Kind::Throttled => {
                    bucket.borrow_mut().slow_down(Instant::now());
                }
                Err(_) => {}
            }
            answer
        };
        self.or_stopped(self.retry.run(turn, call)).await
    }

    /// Makes the call once, within the time left.
    pub(crate) async fn single<T>(
        &self,
        mut call: impl AsyncFnMut() -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let limit = self.time_left();
        let call = async {
            timeout(limit, call()).await.unwrap_or_else(|_| Err(CallError::timed_out(limit)))
        };
        self.or_stopped(call).await
    }

    /// The result of a call, or `Interrupted` if the order to stop comes first.
    async fn or_stopped<T>(
        &self,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        tokio::select! {
            biased;
            why = self.stop.ordered() => Err(CallError::new(Kind::Interrupted, why)),
            answer = Box::pin(call) => answer.map_err(|error| {
                if error.session_has_ended() {
                    self.expired.store(true, Ordering::Relaxed);
                }
                error.hiding(&self.secrets)
            }),
        }
    }

    /// The time left.
    pub(crate) fn time_left(&self) -> Duration {
        self.retry.time_left()
    }

    /// The pauses between polls: growing, jittered, bounded.
    pub(crate) fn polls(&self) -> impl Iterator<Item = Duration> + use<> {
        let longest = self.longest_poll;
        let next = move |pause: &Duration| Some((*pause * 3 / 2).min(longest));
        std::iter::successors(Some(self.retry.first_pause.min(longest)), next).map(jittered)
    }

    /// Waits.
    ///
    /// # Errors
    /// The order to stop came first, or the wait is longer than the time left.
    pub(crate) async fn pause(&self, delay: Duration) -> Result<(), CallError> {
        if delay >= self.time_left() {
            return Err(CallError::new(Kind::TimedOut, "its time limit was reached"));
        }
        tokio::select! {
            biased;
            why = self.stop.ordered() => Err(CallError::new(Kind::Interrupted, why)),
            () = sleep(delay) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
            .block_on(future)
    }

    fn never() -> Stop {
        Stop::new(watch::channel(None).1)
    }

    /// The number of attempts within 400 ms of a call that always fails, and its last error.
    fn tries(kind: Kind) -> (u32, CallError) {
        let count = Cell::new(0);
        let error = run(async {
            Pace::new(Duration::from_millis(400), never())
                .retry(async || {
                    count.set(count.get() + 1);
                    Err::<(), _>(CallError::new(kind, "always"))
                })
                .await
                .unwrap_err()
        });
        (count.get(), error)
    }

    #[test]
    fn only_transient_failures_are_retried() {
        for kind in [Kind::Denied, Kind::Credentials, Kind::Refused, Kind::Unreadable] {
            assert_eq!(tries(kind).0, 1, "{kind:?}");
        }
        for kind in [Kind::Throttled, Kind::Busy, Kind::Server] {
            let (count, error) = tries(kind);
            assert!((5..=20).contains(&count), "{kind:?}: {count}");
            assert_eq!(error.kind, kind);
        }
        assert_eq!(tries(Kind::Network).0, CONNECTIONS);
    }

    #[test]
    fn a_timeout_after_throttling_is_reported_as_throttling() {
        let count = Cell::new(0);
        let error = run(async {
            Pace::new(Duration::from_millis(300), never())
                .retry(async || {
                    count.set(count.get() + 1);
                    if count.get() > 2 {
                        std::future::pending::<()>().await;
                    }
                    Err::<(), _>(CallError::new(Kind::Throttled, "Rate exceeded"))
                })
                .await
                .unwrap_err()
        });
        assert_eq!(error.kind, Kind::Throttled);
    }

    #[test]
    fn an_order_to_stop_ends_a_call_immediately() {
        let error = run(async {
            let (sender, receiver) = watch::channel(None);
            sender.send(Some("SIGTERM".to_owned())).unwrap();
            Pace::new(Duration::from_secs(60), Stop::new(receiver))
                .retry(async || std::future::pending::<Result<(), CallError>>().await)
                .await
                .unwrap_err()
        });
        assert_eq!((error.kind, error.message.as_str()), (Kind::Interrupted, "SIGTERM"));
    }

    #[test]
    fn the_pauses_between_polls_grow_and_stay_bounded() {
        let pace = run(async { Pace::new(Duration::from_secs(270), never()) });
        let pauses: Vec<_> = pace.polls().take(20).collect();
        assert!(pauses[0] <= Duration::from_secs(1));
        assert!(pauses[19] > Duration::from_secs(20) && pauses[19] <= Duration::from_secs(45));
        let whole: Duration = pauses.iter().take(12).sum();
        assert!(whole > Duration::from_secs(60), "{whole:?}");
    }
}
