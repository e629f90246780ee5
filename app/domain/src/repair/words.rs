//! Why a step of a repair is needed, in a sentence.

use super::errors::is_need;
use super::search::{Assignment, Search};
use crate::impact::FindingCode;
use crate::impact::describe::Describe;
use crate::impact::evaluate::Raw;
use crate::plan::PlanKind;
use crate::version::VersionNumber;

impl Search<'_> {
    /// The reason why `application` has to change: what would be wrong with all other steps of
    /// the repair but this one.
    pub fn because(&mut self, assignment: &Assignment, application: u32) -> String {
        let mut without = assignment.clone();
        let chosen = without.remove(&application).flatten();
        let errors = self.evaluate(&without);
        let mut own = errors
            .iter()
            .filter(|raw| self.culprits(raw).contains(&application));
        let Some(raw) = own.next().copied() else {
            return "Needed by another change of this repair".to_owned();
        };
        if is_need(&raw) {
            self.because_of_need(&raw, application, chosen)
        } else {
            self.because_of_rule(&raw)
        }
    }

    fn because_of_need(&self, raw: &Raw, application: u32, chosen: Option<u32>) -> String {
        let describe = Describe::new(self.index, &self.scratch);
        let facts = self.index.landscape();
        let consumer = facts.module_versions[raw.consumer as usize].module;
        let user = describe.home(consumer);
        let element = format!(
            "{}.{}",
            describe.name_after(raw.producer),
            facts.elements[raw.element as usize].name,
        );
        let producer = describe.home(raw.producer);
        let target = self.target_name();
        let uses = format!("{} uses {element}", self.with_number(user));
        if chosen.is_none() {
            return format!("{uses}, which would not be there or not fit");
        }
        if application != producer {
            let changer = self.with_number(producer);
            return format!(
                "{uses}, which {changer} does not offer in that form; {} does without",
                self.with_chosen(application, chosen),
            );
        }
        let need = describe.need(raw);
        let kind = PlanKind::Ordinary;
        let first = describe.sufficient(producer, &[need], kind).next();
        let first = first.or(chosen);
        let now = match self.index.target_number(producer) {
            Some(number) => format!("{target} has {number}"),
            None if self.index.running_in_target(producer).is_some() => {
                format!("{target} has an untagged state")
            }
            None => format!("{target} does not have it"),
        };
        let how = match raw.code {
            FindingCode::ProducerElementIncompatible | FindingCode::ConsumerElementIncompatible => {
                "which fits from"
            }
            _ => "first provided by",
        };
        let now = match self.slot(producer).flatten() {
            Some(row) => format!("the plan has {}", number(row.number)),
            None => now,
        };
        format!("{uses}, {how} {}; {now}", self.with_chosen(producer, first))
    }

    fn because_of_rule(&self, raw: &Raw) -> String {
        let describe = Describe::new(self.index, &self.scratch);
        let name = describe.application_name(raw.application);
        let target = self.target_name();
        match raw.code {
            FindingCode::VersionDowngrade => format!(
                "{target} already has {name} {}",
                number(self.index.target_number(raw.application)),
            ),
            FindingCode::HotfixOverwritten => {
                format!("{target} has a hotfix of {name} that the chosen version does not contain")
            }
            FindingCode::VersionNotAvailable => {
                format!("The chosen version of {name} cannot be deployed from the source")
            }
            FindingCode::TargetBroken => {
                let module = describe.name_after(raw.producer);
                format!("{name} depends on {module}, which is broken in {target}")
            }
            FindingCode::IncompatiblePlatform => {
                format!("{name} needs a newer platform than {target} has")
            }
            FindingCode::ModuleMoved => format!(
                "{name} and {} both bring {}",
                describe.application_name(raw.extra),
                describe.name_after(raw.producer),
            ),
            FindingCode::PathCollision => {
                format!("{name} would take a URL path that is in use in {target}")
            }
            _ => format!("{name} would take a name that is in use in {target}"),
        }
    }

    /// "Orders 2.1", as the plan that was evaluated last has it.
    fn with_number(&self, application: u32) -> String {
        let describe = Describe::new(self.index, &self.scratch);
        let name = describe.application_name(application);
        let planned = self.scratch.row_for(application).map(|row| row.number);
        let known = planned.unwrap_or_else(|| self.index.target_number(application));
        match known {
            Some(number) => format!("{name} {number}"),
            None => name.to_owned(),
        }
    }

    fn with_chosen(&self, application: u32, version: Option<u32>) -> String {
        let describe = Describe::new(self.index, &self.scratch);
        let name = describe.application_name(application);
        match version.and_then(|v| self.index.number_of(v)) {
            Some(number) => format!("{name} {number}"),
            None => name.to_owned(),
        }
    }

    fn target_name(&self) -> String {
        let environments = &self.index.landscape().environments;
        let target = environments.get(self.index.target as usize);
        target.map_or_else(|| "The target".to_owned(), |t| t.name.clone())
    }
}

fn number(number: Option<VersionNumber>) -> String {
    number.map_or_else(|| "an untagged state".to_owned(), |n| n.to_string())
}
