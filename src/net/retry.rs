//! The one retry loop: an attempt, a pause that grows, the next attempt, until a deadline.
//!
//! Each failure says itself whether to retry ([`Failure`]).

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Whether a failed call is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryWhen {
    /// No: the same call would fail again.
    Never,
    /// Up to this number of attempts, each after at least this pause.
    Times(u32, Duration),
    /// Until the deadline.
    UntilDeadline,
}

/// A failed attempt.
pub(crate) trait Failure: Sized {
    /// The failure of an attempt that did not end within `limit`.
    fn timed_out(limit: Duration) -> Self;

    /// Whether the attempt timed out. An earlier failure then says more.
    fn is_timeout(&self) -> bool;

    /// Whether the call is made again.
    fn retry_when(&self) -> RetryWhen;
}

/// How long a call is retried, and the pauses between attempts.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    /// All attempts and pauses end before it.
    pub(crate) deadline: Instant,
    /// The time limit of one attempt.
    pub(crate) attempt: Duration,
    /// The pause after the first attempt; each further one is twice as long.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
}

impl Retry {
    /// Retries until `limit` from now; attempts and pauses are fractions of it.
    pub(crate) fn within(limit: Duration, shortest_pause: Duration) -> Self {
        Self {
            deadline: Instant::now() + limit,
            attempt: part(limit, 3, 250, 30_000),
            first_pause: part(limit, 60, 0, 1_000).max(shortest_pause),
            longest_pause: part(limit, 10, 50, 20_000),
        }
    }

    /// The time left.
    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Makes the call, and retries after temporary failures until it succeeds or the time is over.
    ///
    /// Awaits `turn` before each attempt; if `turn` fails, no attempt is made.
    pub(crate) async fn run<T, E: Failure>(
        &self,
        mut turn: impl AsyncFnMut() -> Result<(), E>,
        mut call: impl AsyncFnMut() -> Result<T, E>,
    ) -> Result<T, E> {
        let mut pause = self.first_pause;
        let mut last_answer: Option<E> = None;
        let mut attempt = 1;
        loop {
            if let Err(error) = turn().await {
                return Err(if error.is_timeout() { last_answer.unwrap_or(error) } else { error });
            }
            let limit = self.attempt.min(self.time_left());
            let answer = timeout(limit, call()).await;
            let error = match answer.unwrap_or_else(|_| Err(E::timed_out(limit))) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let delay = match error.retry_when() {
                RetryWhen::Never => return Err(error),
                RetryWhen::Times(most, _) if attempt >= most => None,
                RetryWhen::Times(_, least) => Some(jittered(pause).max(least)),
                RetryWhen::UntilDeadline => Some(jittered(pause)),
            };
            let Some(delay) = delay.filter(|delay| *delay < self.time_left()) else {
                // An earlier answer says more than a timeout at the end.
                return Err(if error.is_timeout() { last_answer.unwrap_or(error) } else { error });
            };
            if !error.is_timeout() {
                last_answer = Some(error);
            }
            sleep(delay).await;
            pause = (pause * 2).min(self.longest_pause);
            attempt += 1;
        }
    }
}

/// A fraction of a duration, clamped to bounds in milliseconds.
pub(crate) fn part(whole: Duration, parts: u32, least: u64, most: u64) -> Duration {
    (whole / parts).clamp(Duration::from_millis(least), Duration::from_millis(most))
}

/// Between half of the pause and all of it, so that runs avoid retrying at the same moment.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}
