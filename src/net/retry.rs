//! The one retry loop: an attempt, a pause that grows, the next attempt, until a deadline.
//!
//! What a failure means for the next attempt, the failure itself says ([`Failure`]).

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Whether a failed call is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryWhen {
    /// The same call fails again.
    Never,
    /// Until so many attempts were made, and not before this much time is over.
    Times(u32, Duration),
    /// Until the deadline.
    UntilDeadline,
}

/// A failed attempt.
pub(crate) trait Failure: Sized {
    /// The failure of an attempt that did not end within `limit`.
    fn timed_out(limit: Duration) -> Self;

    /// Whether no answer came in time. Then an earlier failure says more.
    fn is_timeout(&self) -> bool;

    /// Whether the call is made again.
    fn retry_when(&self) -> RetryWhen;
}

/// How long a call may try, and how it pauses.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    /// No attempt and no pause goes beyond it.
    pub(crate) deadline: Instant,
    /// The longest that one attempt may take.
    pub(crate) attempt: Duration,
    /// The pause after the first attempt; each further one is twice as long.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
}

impl Retry {
    /// Until `limit` from now is over; attempts and pauses take a part of it.
    pub(crate) fn within(limit: Duration, shortest_pause: Duration) -> Self {
        Self {
            deadline: Instant::now() + limit,
            attempt: part(limit, 3, 250, 30_000),
            first_pause: part(limit, 60, 0, 1_000).max(shortest_pause),
            longest_pause: part(limit, 10, 50, 20_000),
        }
    }

    /// The time that is left.
    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Makes the call, again after a failure that may pass, until it answers or the time is over.
    ///
    /// `turn` is waited for before each attempt; if it fails, no attempt is made.
    pub(crate) async fn persist<T, E: Failure>(
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
                // Silence at the very end says less than what was said before.
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

/// A part of a time, within bounds of milliseconds.
pub(crate) fn part(whole: Duration, parts: u32, least: u64, most: u64) -> Duration {
    (whole / parts).clamp(Duration::from_millis(least), Duration::from_millis(most))
}

/// Between half and all of it, so that many runs do not ask at the same moment.
pub(crate) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + fastrand::f64() / 2.0)
}
