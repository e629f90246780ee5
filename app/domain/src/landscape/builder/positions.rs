//! Positions in place of ids.

use super::super::{Ix, LandscapeError, Table};
use super::Numbers;
use std::fmt::Display;
use std::hash::Hash;

pub(super) type Positions<K> = Numbers<K>;

pub(super) fn position(place: usize, table: Table) -> Result<Ix, LandscapeError> {
    u32::try_from(place).map_err(|_| LandscapeError::TooMany { table })
}

pub(super) fn positions<K: Eq + Hash>(
    ids: impl Iterator<Item = K>,
) -> Result<Positions<K>, LandscapeError> {
    ids.enumerate()
        .map(|(place, id)| Ok((id, position(place, Table::ModuleVersions)?)))
        .collect()
}

pub(super) fn unknown(table: Table, what: &'static str, id: &impl Display) -> LandscapeError {
    LandscapeError::Unknown {
        table,
        what,
        id: id.to_string(),
    }
}

pub(super) fn find<K: Eq + Hash + Display>(
    positions: &Positions<K>,
    id: K,
    table: Table,
    what: &'static str,
) -> Result<Ix, LandscapeError> {
    positions
        .get(&id)
        .copied()
        .ok_or_else(|| unknown(table, what, &id))
}

/// The sorted positions of these ids, each once.
pub(super) fn find_all<K: Eq + Hash + Copy + Display>(
    positions: &Positions<K>,
    ids: &[K],
    table: Table,
    what: &'static str,
) -> Result<Vec<Ix>, LandscapeError> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        found.push(find(positions, *id, table, what)?);
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}
