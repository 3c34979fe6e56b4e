//! `varco migrate`: brings the tables of the store up to date.

use std::path::Path;

use crate::cli::arguments::StoreArguments;
use crate::cli::output::Output;
use crate::cli::{Status, Terminal, serve};
use crate::problem::Problem;
use crate::store::{Store, StoreUrl};

/// Carries it out.
pub(super) fn run(arguments: &StoreArguments) -> Status {
    let terminal = Terminal::new(false);
    match with_store(arguments, async |_store| Ok(())) {
        Ok(()) => match Output::Standard.write("archivio aggiornato\n") {
            Ok(()) => Status::Good,
            Err(error) => terminal.unwritten(&error, Path::new("-"), Status::Good),
        },
        Err(problem) => terminal.refuse(&problem),
    }
}

/// Does something with the store that the arguments name.
pub(super) fn with_store<T>(
    arguments: &StoreArguments,
    work: impl AsyncFnOnce(Store) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let url = url(arguments)?;
    serve::runtime()?.block_on(async { work(serve::open_store(&url).await?).await })
}

/// The store that the arguments name.
pub(super) fn url(arguments: &StoreArguments) -> Result<StoreUrl, Problem> {
    match &arguments.store {
        Some(url) => Ok(url.clone()),
        None => Ok(serve::load_config(arguments.config.as_deref())?.store),
    }
}
