//! What modules and applications are called, where they are reached, and what they run on.

use super::{Picture, same};
use domain::impact::{FindingCode, Severity};

impl Picture<'_> {
    pub(super) fn names(&mut self) {
        let platform = self
            .target
            .map_or(0, |t| self.facts.environments[t].platform);
        let all: Vec<(usize, usize, usize, bool)> = self
            .after
            .iter()
            .map(|(m, (a, v))| (*m, *a, *v, self.brought(*m)))
            .collect();
        for (m, a, v, brought) in &all {
            let new = self.version(*v);
            if *brought && platform != 0 && new.needs_platform > platform {
                let code = FindingCode::IncompatiblePlatform;
                self.add_pair(Severity::Error, code, Some(*a), Some(*m), None, 0);
            }
            for (other, _, w, other_brought) in &all {
                // Of two that the plan brings, the finding stands at either.
                if m == other || !brought || (*other_brought && m < other) {
                    continue;
                }
                let old = self.version(*w);
                let path = |text: &str| text.trim_matches('/').to_owned();
                for (code, equal) in [
                    (FindingCode::NameCollision, same(&new.name, &old.name)),
                    (
                        FindingCode::PathCollision,
                        !path(&new.url_path).is_empty()
                            && same(&path(&new.url_path), &path(&old.url_path)),
                    ),
                ] {
                    if equal {
                        self.add_pair(Severity::Error, code, None, None, None, 0);
                        let _ = a;
                    }
                }
            }
        }
        let mut names: Vec<(usize, String, bool)> = self
            .rows
            .iter()
            .map(|r| (r.application, r.name.clone(), true))
            .collect();
        for (a, facts) in self.facts.applications.iter().enumerate() {
            let Some(row) = self.row_at(self.target, a) else {
                continue;
            };
            if !self.rows.iter().any(|r| r.application == a) {
                let base = row
                    .base
                    .map(|b| self.facts.versions[b as usize].name.clone());
                names.push((a, base.unwrap_or(facts.name.clone()), false));
            }
        }
        for (i, (_, name, mine)) in names.iter().enumerate() {
            for (_, other, _) in &names[i + 1..] {
                if *mine && same(name, other) {
                    self.add(Severity::Error, FindingCode::NameCollision, None);
                }
            }
        }
    }
}
