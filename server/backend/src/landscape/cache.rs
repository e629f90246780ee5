//! The landscape that was read last, as several people see it and laid out for several pairs of
//! environments. Bounded, and gone with the landscape that it was made of.

use domain::EnvironmentId;
use domain::environment::LinkState;
use domain::impact::Index;
use domain::landscape::Landscape;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// How many pairs of environments are remembered; each costs as much memory as the landscape.
const MAX_INDEXES: usize = 4;

/// What is known of the landscape.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    known: Mutex<Known>,
    /// Held while one is read, so that many readers wait for one instead of reading each.
    pub(super) turn: tokio::sync::Mutex<()>,
}

/// What a person may do with applications: tag, deploy.
pub(super) type Rights = (bool, bool);

#[derive(Debug, Default)]
struct Known {
    last: Option<Last>,
    /// Landscapes of `last` laid out for plans between two environments, those that were asked for
    /// last first.
    indexes: VecDeque<Arc<Index>>,
}

#[derive(Debug)]
struct Last {
    whole: Arc<Landscape>,
    /// How the environments' agents stood then: one that falls silent changes no row.
    links: Vec<(Uuid, LinkState)>,
    /// The same for people who may not do everything; there are three kinds of them.
    restricted: BTreeMap<Rights, Arc<Landscape>>,
}

impl Last {
    fn has(&self, landscape: &Landscape) -> bool {
        std::iter::once(&self.whole)
            .chain(self.restricted.values())
            .any(|known| std::ptr::eq(Arc::as_ptr(known), landscape))
    }
}

impl Cache {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The landscape of this revision, if it is known.
    pub(super) fn at(&self, revision: u64, links: &[(Uuid, LinkState)]) -> Option<Arc<Landscape>> {
        let known = self.lock();
        let last = known.last.as_ref()?;
        (last.whole.revision == revision && last.links == links).then(|| Arc::clone(&last.whole))
    }

    /// The one that was read last, whatever has changed since.
    pub(super) fn last(&self) -> Option<Arc<Landscape>> {
        let known = self.lock();
        known.last.as_ref().map(|last| Arc::clone(&last.whole))
    }

    /// Keeps a landscape that was just read, and nothing of the one before.
    pub(super) fn keep(&self, whole: Arc<Landscape>, links: Vec<(Uuid, LinkState)>) {
        let mut known = self.lock();
        known.indexes.clear();
        known.last = Some(Last {
            whole,
            links,
            restricted: BTreeMap::new(),
        });
    }

    /// What `whole` is for somebody with these rights, made by `make` if it is not known.
    pub(super) fn restricted(
        &self,
        whole: &Arc<Landscape>,
        rights: Rights,
        make: impl FnOnce() -> Landscape,
    ) -> Arc<Landscape> {
        {
            let known = self.lock();
            let last = known.last.as_ref().filter(|last| last.has(whole));
            if let Some(own) = last.and_then(|last| last.restricted.get(&rights)) {
                return Arc::clone(own);
            }
        }
        let own = Arc::new(make());
        let mut known = self.lock();
        match known.last.as_mut().filter(|last| last.has(whole)) {
            // Of two who made it at the same time the first one counts for both.
            Some(last) => Arc::clone(last.restricted.entry(rights).or_insert(own)),
            None => own,
        }
    }

    /// This landscape laid out for plans between two environments, if it is known.
    pub(super) fn index(
        &self,
        of: &Arc<Landscape>,
        source: EnvironmentId,
        target: EnvironmentId,
    ) -> Option<Arc<Index>> {
        let mut known = self.lock();
        let at = known.indexes.iter().position(|index| {
            std::ptr::eq(index.landscape(), Arc::as_ptr(of))
                && (index.source(), index.target()) == (source, target)
        })?;
        let found = known.indexes.remove(at)?;
        known.indexes.push_front(Arc::clone(&found));
        Some(found)
    }

    /// Keeps an index, unless the landscape has changed since; the one that nobody has asked for
    /// longest makes room.
    pub(super) fn keep_index(&self, index: Arc<Index>) {
        let mut known = self.lock();
        let current = known.last.as_ref();
        if current.is_some_and(|last| last.has(index.landscape())) {
            known.indexes.push_front(index);
            known.indexes.truncate(MAX_INDEXES);
        }
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    const DEPLOYS: Rights = (false, true);
    const SEES: Rights = (false, false);

    fn landscape(revision: u64) -> Arc<Landscape> {
        Arc::new(Landscape {
            revision,
            ..Landscape::default()
        })
    }

    fn environment(number: u128) -> EnvironmentId {
        EnvironmentId(Uuid::from_u128(number))
    }

    fn lay_out(cache: &Cache, of: &Arc<Landscape>, target: u128) {
        let index = Index::new(Arc::clone(of), environment(0), environment(target));
        cache.keep_index(Arc::new(index.expect("nothing contradicts itself")));
    }

    fn has(cache: &Cache, of: &Arc<Landscape>, target: u128) -> bool {
        let found = cache.index(of, environment(0), environment(target));
        found.is_some()
    }

    #[test]
    fn an_index_is_made_once_for_each_pair_and_each_kind_of_person() {
        let cache = Cache::default();
        let whole = landscape(1);
        cache.keep(Arc::clone(&whole), Vec::new());
        let own = || cache.restricted(&whole, SEES, || Landscape::clone(&whole));
        let first = own();
        assert!(Arc::ptr_eq(&first, &own()));
        lay_out(&cache, &whole, 1);
        lay_out(&cache, &first, 1);
        let other = cache.restricted(&whole, DEPLOYS, || Landscape::clone(&whole));
        assert!(has(&cache, &whole, 1) && has(&cache, &first, 1));
        assert!(!has(&cache, &whole, 2) && !has(&cache, &other, 1));
    }

    #[test]
    fn no_more_than_a_few_indexes_are_kept_and_those_in_use_stay() {
        let cache = Cache::default();
        let whole = landscape(1);
        cache.keep(Arc::clone(&whole), Vec::new());
        for target in 0..20 {
            lay_out(&cache, &whole, target);
            assert!(has(&cache, &whole, 0), "it was asked for each time");
        }
        assert_eq!(cache.lock().indexes.len(), MAX_INDEXES);
        assert!(has(&cache, &whole, 19) && !has(&cache, &whole, 2));
    }

    #[test]
    fn nothing_of_a_former_landscape_is_kept() {
        let cache = Cache::default();
        let (before, after) = (landscape(1), landscape(2));
        cache.keep(Arc::clone(&before), Vec::new());
        lay_out(&cache, &before, 1);
        cache.restricted(&before, SEES, || Landscape::clone(&before));
        cache.keep(Arc::clone(&after), Vec::new());
        assert!(cache.at(1, &[]).is_none() && !has(&cache, &before, 1));
        assert_eq!(Arc::strong_count(&before), 1);
        // Who was still at it when the landscape changed keeps nothing behind.
        lay_out(&cache, &before, 1);
        cache.restricted(&before, SEES, || Landscape::clone(&before));
        assert_eq!(Arc::strong_count(&before), 1);
    }

    #[test]
    fn an_agent_that_comes_or_goes_makes_another_landscape() {
        let cache = Cache::default();
        let with = |link| vec![(Uuid::from_u128(1), link)];
        cache.keep(landscape(1), with(LinkState::Online));
        assert!(cache.at(1, &with(LinkState::Online)).is_some());
        assert!(cache.at(1, &with(LinkState::Offline)).is_none());
        assert!(cache.at(1, &with(LinkState::Incompatible)).is_none());
        assert!(cache.at(1, &[]).is_none());
    }
}
