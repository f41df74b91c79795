//! The rate that an API allows: a bucket of tokens, one for each call.
//!
//! [`Bucket`] keeps a rate from the first call on, [`LearnedBucket`] from the first throttled call on.

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

/// When the next call may be made, and how the API answered the last one.
pub(crate) trait RateLimit {
    /// How long to wait for the next token. [`Self::take`] takes it.
    fn delay(&mut self, now: Instant) -> Duration;

    /// Takes a token.
    fn take(&mut self, now: Instant);

    /// Slows down after a throttled call.
    fn slow_down(&mut self, now: Instant);

    /// Speeds up after a call that was not throttled.
    fn speed_up(&mut self);
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
}

impl RateLimit for Bucket {
    fn delay(&mut self, now: Instant) -> Duration {
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

    fn take(&mut self, now: Instant) {
        self.taken.push_back(now);
    }

    /// Somebody else may call the API too.
    fn slow_down(&mut self, _now: Instant) {
        self.slower = (self.slower * STEP).min(SLOWEST);
    }

    fn speed_up(&mut self) {
        self.slower = (self.slower / STEP).max(1.0);
    }
}

/// The tokens of an API that allows more calls to some callers. There is no limit until the API throttles
/// a call. Then the tokens are used up, and come back at the documented rate.
#[derive(Debug)]
pub(crate) struct LearnedBucket {
    per_second: f64,
    burst: f64,
    slower: f64,
    /// The number of tokens at a time. `None`: no call was throttled yet.
    tokens: Option<(f64, Instant)>,
}

impl LearnedBucket {
    /// Allows `per_second` calls on average, and `burst` calls in a row.
    pub(crate) const fn new(per_second: f64, burst: f64) -> Self {
        Self { per_second, burst, slower: 1.0, tokens: None }
    }

    fn rate(&self) -> f64 {
        self.per_second / self.slower
    }

    /// Adds the tokens that came back, and returns their number.
    fn refill(&mut self, now: Instant) -> Option<f64> {
        let (rate, burst) = (self.rate(), self.burst);
        let (tokens, since) = self.tokens.as_mut()?;
        let passed = now.saturating_duration_since(*since);
        *tokens = passed.as_secs_f64().mul_add(rate, *tokens).min(burst);
        *since = now;
        Some(*tokens)
    }
}

impl RateLimit for LearnedBucket {
    fn delay(&mut self, now: Instant) -> Duration {
        match self.refill(now) {
            Some(tokens) if tokens < 1.0 => {
                Duration::from_secs_f64((1.0 - tokens) / self.rate()) + Duration::from_millis(1)
            }
            _ => Duration::ZERO,
        }
    }

    fn take(&mut self, now: Instant) {
        self.refill(now);
        if let Some((tokens, _)) = &mut self.tokens {
            *tokens -= 1.0;
        }
    }

    fn slow_down(&mut self, now: Instant) {
        // The first time, the burst was used up. After that, somebody else calls the API too.
        if self.tokens.is_some() {
            self.slower = (self.slower * STEP).min(SLOWEST);
        }
        self.tokens = Some((0.0, now));
    }

    fn speed_up(&mut self) {
        self.slower = (self.slower / STEP).max(1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 2, period: Duration::from_millis(1_000) };

    /// The times, in milliseconds, of `count` calls made as early as possible.
    fn calls(bucket: &mut impl RateLimit, start: Instant, count: usize) -> Vec<u128> {
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
        bucket.slow_down(start);
        assert_eq!(calls(&mut bucket, start, 3), [0, 0, 1_250]);
        for _ in 0..20 {
            bucket.slow_down(start);
        }
        let later = start + Duration::from_secs(60);
        assert_eq!(calls(&mut bucket, later, 3), [0, 0, 4_000]);
        for _ in 0..20 {
            bucket.speed_up();
        }
        let later = start + Duration::from_secs(120);
        assert_eq!(calls(&mut bucket, later, 3), [0, 0, 1_000]);
    }

    /// What an API with such a bucket refuses while `count` calls succeed one after the other, each of
    /// which takes so many milliseconds; and how long that takes.
    fn against(per_second: f64, burst: f64, latency: u64, count: usize) -> (usize, f64) {
        let start = Instant::now();
        let latency = Duration::from_millis(latency);
        let (mut bucket, mut now) = (LearnedBucket::new(8.0, 12.0), start);
        let (mut tokens, mut since) = (burst, start);
        let (mut answered, mut refused) = (0, 0);
        while answered < count {
            now += bucket.delay(now);
            bucket.take(now);
            now += latency / 2;
            tokens = (tokens + (now - since).as_secs_f64() * per_second).min(burst);
            since = now;
            now += latency / 2;
            if tokens >= 1.0 {
                (tokens, answered) = (tokens - 1.0, answered + 1);
                bucket.speed_up();
            } else {
                refused += 1;
                bucket.slow_down(now);
                // The retry's own pause.
                now += Duration::from_millis(750);
            }
        }
        (refused, (now - start).as_secs_f64())
    }

    #[test]
    fn an_api_is_asked_as_fast_as_it_answers_until_it_throttles_and_then_at_its_rate() {
        for latency in [0, 30, 100] {
            // 500 pages: 12 at once, the rest at eight a second.
            let (refused, took) = against(8.0, 12.0, latency, 500);
            assert!(refused <= 10, "{latency} ms: {refused} refused");
            assert!(took < 61.0 * 1.05, "{latency} ms: {took} s");
            let (refused, took) = against(1_000.0, 1_000.0, latency, 500);
            assert_eq!(refused, 0);
            let answers = Duration::from_millis(latency * 500).as_secs_f64();
            assert!(took < answers + 0.1, "{latency} ms: {took} s");
        }
        // Others use half of what there is.
        let (refused, took) = against(4.0, 12.0, 30, 100);
        assert!(refused < 60 && took < 22.0 * 1.6, "{refused} refused, {took} s");
    }
}
