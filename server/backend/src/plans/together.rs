//! Two people who press the same button at the same moment.

use domain::AppError;

/// Does `work`; if somebody else was faster between its look and its write, once more, on what the
/// other one has made of the plan: who wanted the same is told that it is done, and who wanted
/// something else why it cannot be done any more.
pub(super) async fn once_more<T, F>(work: impl Fn() -> F) -> Result<T, AppError>
where
    F: Future<Output = Result<T, AppError>>,
{
    match work().await {
        Err(AppError::Stale { .. }) => work().await,
        answer => answer,
    }
}
