//! What a slice keeps of modules that the plan itself has nothing to do with, so that findings can
//! say where they belong.

use super::{Ix, Landscape, VersionFacts};
use crate::queue::Waiting;

impl Landscape {
    /// Keeps what tells to which application a module belongs that other plans move: its last state,
    /// and the last version with it that can be deployed from the source.
    pub(super) fn keep_moved(
        &self,
        line: &[Waiting],
        eligible: impl Fn(&VersionFacts) -> bool,
        keep_version: &mut [bool],
        keep_state: &mut [bool],
    ) {
        let mut moved = vec![false; self.modules.len()];
        for plan in self.movers(line) {
            for module in &plan.modules {
                moved[*module as usize] = true;
            }
        }
        if !moved.contains(&true) {
            return;
        }
        let module_of = |state: &Ix| self.module_versions[*state as usize].module as usize;
        let mut untold = moved.clone();
        for (keep, version) in keep_version.iter_mut().zip(&self.versions).rev() {
            if !eligible(version) {
                continue;
            }
            for state in &version.modules {
                if std::mem::replace(&mut untold[module_of(state)], false) {
                    *keep = true;
                    keep_state[*state as usize] = true;
                }
            }
        }
        for (keep, state) in keep_state.iter_mut().zip(&self.module_versions).rev() {
            if std::mem::replace(&mut moved[state.module as usize], false) {
                *keep = true;
            }
        }
    }

    /// Keeps one state of every module that is used and of which no state is kept, so that a
    /// finding can still say where it belongs.
    pub(super) fn keep_homes(&self, keep_state: &mut [bool]) {
        let mut known = vec![false; self.modules.len()];
        let mut used = vec![false; self.modules.len()];
        for (state, keep) in self.module_versions.iter().zip(keep_state.iter()) {
            if *keep {
                known[state.module as usize] = true;
                for reference in &state.uses {
                    used[self.elements[reference.element as usize].module as usize] = true;
                }
            }
        }
        // The last state of a module is the one that tells; states are ordered by module.
        for (keep, state) in keep_state.iter_mut().zip(&self.module_versions).rev() {
            let module = state.module as usize;
            if used[module] && !known[module] {
                known[module] = true;
                *keep = true;
            }
        }
    }
}
