//! The sample factory: Harbour Mutual, an insurer with nine applications and twenty modules, as
//! folders that `slipway publish` takes, and the history that makes its console worth looking at.
//! Everything goes through the same use cases and agents as real applications do.

pub mod factory;
pub mod folder;
pub mod history;
mod pages;

pub use factory::{APPLICATIONS, Edition, edition};
