//! Waiting for many things at once.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Waits for all of them; results in order. Few enough that each wake may look at all.
pub(super) async fn all<T>(mut futures: Vec<Pin<Box<dyn Future<Output = T> + '_>>>) -> Vec<T> {
    let mut results: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    poll_fn(move |context| {
        let mut waiting = false;
        for (future, result) in futures.iter_mut().zip(&mut results) {
            if result.is_none() {
                match future.as_mut().poll(context) {
                    Poll::Ready(value) => *result = Some(value),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(results.drain(..).flatten().collect()) }
    })
    .await
}
