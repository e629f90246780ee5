//! Work that goes on as long as the process does, started again when a fault of ours ends it.

use futures::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// The pause after a first fault, doubled with each that follows soon, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Does `work` until `stop`. If it panics, or ends without being told to, that is logged and it
/// begins anew, after a pause. It gets a token of its own, which ends with it: what it started
/// ends too.
pub async fn kept<F>(
    name: &'static str,
    stop: CancellationToken,
    work: impl FnMut(CancellationToken) -> F + Send,
) where
    F: Future<Output = ()> + Send,
{
    kept_with(name, stop, FIRST_PAUSE, work).await;
}

async fn kept_with<F>(
    name: &'static str,
    stop: CancellationToken,
    first_pause: Duration,
    mut work: impl FnMut(CancellationToken) -> F + Send,
) where
    F: Future<Output = ()> + Send,
{
    let mut pause = first_pause;
    loop {
        let since = Instant::now();
        let own = stop.child_token();
        // Whatever it left half done is in memory that the next one does not look at, or in a
        // transaction that was rolled back.
        let ended = AssertUnwindSafe(work(own.clone())).catch_unwind().await;
        own.cancel();
        if stop.is_cancelled() {
            return;
        }
        match ended {
            Ok(()) => tracing::error!(name, "ended without being told to; it is started again"),
            Err(_) => tracing::error!(name, "ended by a fault of ours; it is started again"),
        }
        if since.elapsed() > LONGEST_PAUSE {
            pause = first_pause;
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_panics_or_ends_too_soon_begins_anew() {
        let stop = CancellationToken::new();
        let mut tries = 0;
        let mut earlier: Vec<CancellationToken> = Vec::new();
        let last = stop.clone();
        kept_with("a test", stop, Duration::from_millis(1), |own| {
            tries += 1;
            assert!(earlier.iter().all(CancellationToken::is_cancelled));
            earlier.push(own.clone());
            let (now, last) = (tries, last.clone());
            async move {
                match now {
                    1 => panic!("on purpose"),
                    2 => {}
                    _ => {
                        last.cancel();
                        own.cancelled().await;
                    }
                }
            }
        })
        .await;
        assert_eq!(tries, 3);
    }
}
