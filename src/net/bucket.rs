//! The rate that an API allows: a bucket of tokens, one for each call.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The rate slows down to a quarter at most.
const SLOWEST: f64 = 4.0;
/// The factor by which a throttled call slows the rate down and any other call speeds it up.
const STEP: f64 = 1.25;

/// How many calls an API allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// The maximum number of calls at once, and in each period.
    pub(crate) burst: usize,
    /// The time until a token is available again.
    pub(crate) period: Duration,
}

/// The tokens of one API, or of one Region if the API has a limit for each Region.
///
/// A token is available again one period after it was taken, so no period, whenever it starts,
/// contains more calls than the burst. Adding tokens at an even rate instead would allow twice as many
/// calls in the first period.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    /// The factor by which the period is longer: 1 unless calls were throttled.
    slower: f64,
    taken: VecDeque<Instant>,
}

impl Bucket {
    pub(crate) const fn new(rate: Rate) -> Self {
        Self { rate, slower: 1.0, taken: VecDeque::new() }
    }

    /// How long to wait for the next token. [`Self::take`] takes it.
    pub(crate) fn delay(&mut self, now: Instant) -> Duration {
        let period = self.rate.period.mul_f64(self.slower);
        while self.taken.len() > self.rate.burst {
            self.taken.pop_front();
        }
        match self.taken.front() {
            Some(oldest) if self.taken.len() == self.rate.burst => {
                (*oldest + period).saturating_duration_since(now)
            }
            _ => Duration::ZERO,
        }
    }

    /// Takes a token.
    pub(crate) fn take(&mut self, now: Instant) {
        self.taken.push_back(now);
    }

    /// Slows down after a throttled call: somebody else may call the API too.
    pub(crate) fn slow_down(&mut self) {
        self.slower = (self.slower * STEP).min(SLOWEST);
    }

    /// Speeds up after a call that was not throttled.
    pub(crate) fn speed_up(&mut self) {
        self.slower = (self.slower / STEP).max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, period: Duration::from_millis(1_000) };

    /// The times, in milliseconds, of `count` calls made as early as possible.
    fn calls(bucket: &mut Bucket, start: Instant, count: usize) -> Vec<u128> {
        let mut now = start;
        let mut made = Vec::new();
        for _ in 0..count {
            now += bucket.delay(now);
            bucket.take(now);
            made.push((now - start).as_millis());
        }
        made
    }

    #[test]
    fn no_period_holds_more_calls_than_the_burst() {
        let (mut bucket, start) = (Bucket::new(RATE), Instant::now());
        assert_eq!(calls(&mut bucket, start, 5), [0, 0, 1_000, 1_000, 2_000]);
        let later = start + Duration::from_secs(60);
        assert_eq!(calls(&mut bucket, later, 3), [0, 0, 1_000], "unused tokens are not saved up");
    }

    #[test]
    fn the_rate_slows_down_after_throttling_and_recovers() {
        let (mut bucket, start) = (Bucket::new(RATE), Instant::now());
        bucket.slow_down();
        assert_eq!(calls(&mut bucket, start, 3), [0, 0, 1_250]);
        for _ in 0..20 {
            bucket.slow_down();
        }
        let later = start + Duration::from_secs(60);
        assert_eq!(calls(&mut bucket, later, 3), [0, 0, 4_000]);
        for _ in 0..20 {
            bucket.speed_up();
        }
        let later = start + Duration::from_secs(120);
        assert_eq!(calls(&mut bucket, later, 3), [0, 0, 1_000]);
    }
}
