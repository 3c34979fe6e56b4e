//! `varco migrate`: brings the tables of the store up to date.

use crate::cli::arguments::StoreArguments;
use crate::cli::{Status, Terminal, serve};
use crate::problem::Problem;
use crate::store::{Store, StoreUrl};

/// Carries it out.
pub(super) fn run(arguments: &StoreArguments) -> Status {
    let done = with_store(arguments, async |_store| Ok("archivio aggiornato\n".to_owned()));
    Terminal::new(false).tell(done, Status::Good)
}

/// Does something with the store that the arguments name.
pub(super) fn with_store<T>(
    arguments: &StoreArguments,
    work: impl AsyncFnOnce(Store) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let url = url(arguments)?;
    serve::runtime()?.block_on(async {
        let store = serve::open_store(&url).await?;
        let done = work(store.clone()).await;
        store.close().await;
        done
    })
}

/// The store that the arguments name.
pub(super) fn url(arguments: &StoreArguments) -> Result<StoreUrl, Problem> {
    match &arguments.store {
        Some(url) => Ok(url.clone()),
        None => Ok(serve::load_config(arguments.config.as_deref())?.store),
    }
}
