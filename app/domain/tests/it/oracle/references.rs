//! References of modules: of what the plan brings, and of what stays in the target.

use super::{Picture, Plain, State};
use domain::impact::{FindingCode, Severity};
use domain::reference::{ElementKind, Strength};
use std::collections::{BTreeMap, BTreeSet};

impl Picture<'_> {
    pub(super) fn needs_of_plan(&mut self) {
        for m in self.republish.clone() {
            let a = self.before[&m].0;
            if !self.facts.applications[a].may_deploy {
                let code = FindingCode::NoRightToDeploy;
                self.add_pair(Severity::Error, code, Some(a), Some(m), None, 0);
            }
        }
        for (m, a, v) in self.plan_modules() {
            let mut groups: BTreeMap<(FindingCode, usize), usize> = BTreeMap::new();
            for (i, producer) in self.needs(v) {
                let code = match self.state(&self.after, v, i) {
                    State::Met => continue,
                    State::NoModule => FindingCode::ProducerModuleMissing,
                    State::NoElement => FindingCode::ProducerElementMissing,
                    State::Unfit => FindingCode::ProducerElementIncompatible,
                };
                *groups.entry((code, producer)).or_default() += 1;
            }
            for ((code, producer), count) in groups {
                self.add_pair(
                    Severity::Error,
                    code,
                    Some(a),
                    Some(m),
                    Some(producer),
                    count,
                );
            }
        }
    }

    fn plan_modules(&self) -> Vec<(usize, usize, usize)> {
        let planned = self.after.iter().filter(|(m, _)| self.brought(**m));
        let mut all: Vec<_> = planned.map(|(m, (a, v))| (*m, *a, *v)).collect();
        all.extend(
            self.republish
                .iter()
                .map(|m| (*m, self.before[m].0, self.before[m].1)),
        );
        all
    }

    pub(super) fn consumers(&mut self) {
        let stay: Vec<(usize, usize)> = self
            .before
            .iter()
            .filter(|(m, at)| self.after.get(m) == Some(at) && !self.brought(**m))
            .map(|(m, (_, v))| (*m, *v))
            .collect();
        for (m, v) in stay {
            let mut groups: BTreeMap<(FindingCode, usize), usize> = BTreeMap::new();
            for (i, producer) in self.needs(v) {
                let used = &self.version(v).uses[i];
                let element = used.element as usize;
                if !self.changed(element) {
                    continue;
                }
                let code = match self.state(&self.after, v, i) {
                    State::Met => {
                        let (_, provider) = self.after[&producer];
                        let provides = &self.version(provider).provides;
                        let offer = provides.iter().find(|p| p.element == used.element).unwrap();
                        let kind: ElementKind = self.facts.elements[element].kind;
                        let keeps = kind.strength() == Strength::Strong && offer.full != used.full;
                        if !keeps || self.republish.contains(&m) {
                            continue;
                        }
                        FindingCode::ConsumerOutdated
                    }
                    _ if self.republish.contains(&m) => continue,
                    _ if self.state(&self.before, v, i) != State::Met => continue,
                    State::Unfit => FindingCode::ConsumerElementIncompatible,
                    _ => FindingCode::ConsumerElementMissing,
                };
                *groups.entry((code, producer)).or_default() += 1;
            }
            for ((code, producer), count) in groups {
                let severity = match code {
                    FindingCode::ConsumerOutdated => Severity::Warning,
                    _ => Severity::Error,
                };
                let a = self.culprit(producer);
                self.add_pair(severity, code, Some(a), Some(m), Some(producer), count);
            }
        }
    }

    /// The row that makes the state of a module what it is after the plan.
    fn culprit(&self, module: usize) -> usize {
        match self.after.get(&module) {
            Some((a, _)) => *a,
            None => self.before[&module].0,
        }
    }

    fn changed(&self, element: usize) -> bool {
        let module = self.facts.elements[element].module as usize;
        let offer = |world: &BTreeMap<usize, (usize, usize)>| {
            let (_, v) = world.get(&module)?;
            let provides = &self.version(*v).provides;
            let offer = provides.iter().find(|p| p.element as usize == element)?;
            Some((offer.interface, offer.full))
        };
        offer(&self.before) != offer(&self.after)
    }

    pub(super) fn newer(&mut self) {
        if self.source == self.target {
            return;
        }
        let planned: Vec<(usize, usize)> = self
            .rows
            .iter()
            .flat_map(|r| r.modules.iter().map(|v| (r.application, *v)))
            .collect();
        for (a, v) in planned {
            for (i, producer) in self.needs(v) {
                let Some((owner, there)) = self.after.get(&producer).copied() else {
                    continue;
                };
                let used = &self.version(v).uses[i];
                let offer = self.version(there).provides.iter();
                let offer = offer.clone().find(|p| p.element == used.element);
                let sees_other =
                    offer.is_some_and(|o| (o.interface, o.full) != (used.interface, used.full));
                // A module that another row brings is that row's affair.
                let mine = self.after.get(&(self.version(v).module as usize)) == Some(&(a, v));
                if owner == a || !sees_other || !mine {
                    continue;
                }
                let row = self.rows.iter().find(|r| r.application == owner);
                let number = match row {
                    Some(row) if self.brought(producer) => row.number,
                    _ => self.number_at(self.target, owner),
                };
                let Some(number) = number else { continue };
                if self
                    .number_at(self.source, owner)
                    .is_none_or(|n| n <= number)
                {
                    continue;
                }
                let source = self.row_at(self.source, owner).unwrap();
                let differs = source.modules.iter().any(|s| {
                    let (s, t) = (self.version(*s as usize), self.version(there));
                    let plain = s.content == t.content;
                    let named = s.name == t.name && s.url_path == t.url_path;
                    s.module as usize == producer && !(plain && (named || self.brought(producer)))
                });
                if differs {
                    let application = Some(self.application(a));
                    self.found.insert(Plain {
                        severity: Severity::Warning,
                        code: FindingCode::NewerProducerAvailable,
                        application,
                        consumer: None,
                        producer: Some(self.application(owner)),
                        elements: 0,
                    });
                }
            }
        }
    }

    /// What the plan brings with other content linked in than the target will have.
    pub(super) fn links(&mut self) {
        let brought: Vec<(usize, usize, usize)> = self
            .after
            .iter()
            .filter(|(m, _)| self.brought(**m))
            .map(|(m, (a, v))| (*m, *a, *v))
            .collect();
        for (m, a, v) in brought {
            let mut groups: BTreeMap<usize, usize> = BTreeMap::new();
            for (i, producer) in self.needs(v) {
                let used = &self.version(v).uses[i];
                let Some((owner, there)) = self.after.get(&producer).copied() else {
                    continue;
                };
                let newer = Plain {
                    severity: Severity::Warning,
                    code: FindingCode::NewerProducerAvailable,
                    application: Some(self.application(a)),
                    consumer: None,
                    producer: Some(self.application(owner)),
                    elements: 0,
                };
                let kind: ElementKind = self.facts.elements[used.element as usize].kind;
                if owner == a
                    || kind.strength() != Strength::Strong
                    || self.state(&self.after, v, i) != State::Met
                    || self.found.contains(&newer)
                {
                    continue;
                }
                let mut offers = self.version(there).provides.iter();
                let offer = offers.find(|p| p.element == used.element).unwrap();
                if offer.full != used.full {
                    *groups.entry(producer).or_default() += 1;
                }
            }
            for (producer, count) in groups {
                let code = FindingCode::LinkedContentDiffers;
                self.add_pair(
                    Severity::Warning,
                    code,
                    Some(a),
                    Some(m),
                    Some(producer),
                    count,
                );
            }
        }
    }

    pub(super) fn broken(&mut self) {
        let left: Vec<(usize, usize)> = self
            .before
            .iter()
            .filter(|(m, at)| {
                self.after.get(m) == Some(at) && !self.brought(**m) && !self.republish.contains(m)
            })
            .filter(|(_, (_, v))| {
                self.needs(*v).iter().any(|(i, _)| {
                    self.state(&self.before, *v, *i) != State::Met
                        && self.state(&self.after, *v, *i) != State::Met
                })
            })
            .map(|(m, (a, _))| (*m, *a))
            .collect();
        let mut reached: BTreeSet<usize> = self.plan_modules().iter().map(|(m, ..)| *m).collect();
        loop {
            let more: BTreeSet<usize> = reached
                .iter()
                .filter_map(|m| self.after.get(m))
                .flat_map(|(_, v)| self.needs(*v))
                .map(|(_, producer)| producer)
                .filter(|m| !reached.contains(m))
                .collect();
            if more.is_empty() {
                break;
            }
            reached.extend(more);
        }
        let applications: BTreeSet<usize> = left.iter().map(|(_, a)| *a).collect();
        for a in applications {
            let hit = left.iter().any(|(m, b)| *b == a && reached.contains(m));
            let severity = if hit {
                Severity::Error
            } else {
                Severity::Information
            };
            let producer = Some(self.application(a));
            self.found.insert(Plain {
                severity,
                code: FindingCode::TargetBroken,
                application: None,
                consumer: None,
                producer,
                elements: 0,
            });
        }
    }
}
