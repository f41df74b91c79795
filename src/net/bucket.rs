//! The rate that an API allows: a bucket of tokens, one for each call.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// The rate slows down to a quarter at most.
const SLOWEST: f64 = 4.0;
/// How much slower the rate is after each throttled call, and faster after each that was not.
const STEP: f64 = 1.25;

/// How many calls an API takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// So many calls at once, and in each period.
    pub(crate) burst: usize,
    /// After this time a token is back.
    pub(crate) period: Duration,
}

/// The tokens of one API, and of one Region where the API counts so.
///
/// A token is back one period after it was taken, so that no period, wherever it begins, holds more
/// calls than the burst. One that drips in at an even rate would allow twice as many in the first.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: Rate,
    /// How much longer than the period a token takes: 1 unless calls were throttled.
    slower: f64,
    taken: VecDeque<Instant>,
}

impl Bucket {
    pub(crate) const fn new(rate: Rate) -> Self {
        Self { rate, slower: 1.0, taken: VecDeque::new() }
    }

    /// How long to wait for the next token; the token is taken by [`Self::take`].
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

    /// The API said that the calls were too many: somebody else makes some, too.
    pub(crate) fn slow_down(&mut self) {
        self.slower = (self.slower * STEP).min(SLOWEST);
    }

    /// The API answered.
    pub(crate) fn speed_up(&mut self) {
        self.slower = (self.slower / STEP).max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, period: Duration::from_millis(1_000) };

    /// The instants, in milliseconds, of so many calls made as early as they may be.
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
        assert_eq!(calls(&mut bucket, later, 3), [0, 0, 1_000], "what was unused is not saved up");
    }

    #[test]
    fn a_throttled_api_is_asked_less_often_and_an_answering_one_as_often_as_before() {
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
