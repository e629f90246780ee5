//! Who waits in line ahead of a plan: the check that people see and the start that is refused look
//! at the same (`domain::impact::check_behind`), so what is shown is what happens.

use crate::Backend;
use domain::AppError;
use domain::queue::Waiting;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// Lines as they were looked at last, by target: every open editor asks for them when one moves.
#[derive(Debug, Default)]
pub(crate) struct Lines(Mutex<BTreeMap<Uuid, Known>>);

#[derive(Debug)]
struct Known {
    /// The landscape's revision.
    revision: u64,
    /// The places in the line.
    places: Vec<i64>,
    line: Arc<[Waiting]>,
}

impl Lines {
    fn at(&self, target: Uuid, revision: u64, places: &[i64]) -> Option<Arc<[Waiting]>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.get(&target)?;
        let same = known.revision == revision && known.places == places;
        same.then(|| Arc::clone(&known.line))
    }

    fn keep(&self, target: Uuid, known: Known) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.insert(target, known);
    }

    fn forget(&self, target: Uuid) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.remove(&target);
    }
}

impl Backend {
    /// The plans in the line of a target, on the landscape of this revision: all of them, or those
    /// ahead of `plan` if it stands there. None if the landscape or the line is another by now.
    pub(in crate::plans) async fn line_ahead(
        &self,
        target: Uuid,
        plan: Option<Uuid>,
        revision: u64,
    ) -> Result<Option<Arc<[Waiting]>>, AppError> {
        let line = store::line::list(self.store.read(), target).await?;
        if line.is_empty() {
            self.lines.forget(target);
            return Ok(Some(Arc::default()));
        }
        let own = line.iter().position(|place| Some(place.plan_id) == plan);
        let places: Vec<i64> = line.iter().map(|place| place.sequence).collect();
        let all = match self.lines.at(target, revision, &places) {
            Some(known) => known,
            None => {
                let Some(waiting) = self.read_line_facts(line, revision).await? else {
                    return Ok(None);
                };
                let line: Arc<[Waiting]> = waiting.iter().map(|one| one.stance.waiting()).collect();
                let known = Known {
                    revision,
                    places,
                    line: Arc::clone(&line),
                };
                self.lines.keep(target, known);
                line
            }
        };
        Ok(Some(match own {
            Some(at) => all.iter().take(at).cloned().collect(),
            None => all,
        }))
    }
}
