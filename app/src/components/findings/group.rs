//! Findings that say the same but for the module stand together: the first one in full, the others
//! below it, each with its own path and its own ways out.

use super::{FindingItem, Offer, Remedy, plan_number};
use domain::impact::{Finding, FindingCode, ModuleSubject};
use domain::label::Label;
use std::collections::BTreeMap;

/// A finding that is told with another one, or a plan that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// In one line.
    pub title: String,
    /// Module names along the references that lead to it.
    pub path: Vec<Label>,
    /// What to do about it, as far as the first one does not offer it.
    pub offers: Vec<Offer>,
}

/// Puts together what says the same, in the place of the first. `findings` are what the items tell,
/// one by one.
pub fn together(findings: &[Finding], items: Vec<FindingItem>) -> Vec<FindingItem> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut told: Vec<FindingItem> = Vec::new();
    for (finding, item) in findings.iter().zip(items) {
        let place = likeness(finding, &item).map(|like| *places.entry(like).or_insert(told.len()));
        match place.and_then(|place| told.get_mut(place)) {
            Some(first) => join(first, item),
            None => told.push(item),
        }
    }
    told
}

/// Adds one more to the first.
fn join(first: &mut FindingItem, item: FindingItem) {
    first.count += item.count;
    first.untold = first.untold.saturating_sub(1);
    let new = |offer: &Offer| !first.offers.contains(offer);
    let offers = item.offers.into_iter().filter(new).collect();
    first.others.push(Other {
        // The path says it where there is one.
        title: match item.path.len() {
            0 => item.sentence.title,
            1 => item.path[0].to_string(),
            _ => String::new(),
        },
        path: item.path,
        offers,
    });
}

/// What findings have in common that are told together; none for what stands alone.
fn likeness(finding: &Finding, item: &FindingItem) -> Option<String> {
    let same = FindingCode::ParallelSameModule;
    if matches!(finding.code, FindingCode::ParallelRelatedModule) || finding.code == same {
        // All that one other plan is in the way of.
        return Some(format!("{same:?} {}", finding.detail.as_deref()?));
    }
    let modules = [&finding.consumer, &finding.producer];
    let modules: Vec<&ModuleSubject> = modules.into_iter().flatten().collect();
    if modules.is_empty() {
        return None;
    }
    let mut words = format!("{}\n{}", item.sentence.title, item.sentence.facts);
    for (at, module) in modules.iter().enumerate() {
        if !module.name.is_empty() {
            words = words.replace(module.name.as_str(), &format!("\u{0}{at}"));
        }
    }
    let applications: Vec<_> = modules.iter().map(|m| m.application).collect();
    Some(format!(
        "{:?} {:?} {applications:?} {words}",
        finding.code, finding.application
    ))
}

/// The plans that hold the slots of a target, as a finding about the limit names them.
pub fn slot_holders(finding: &Finding) -> Vec<&str> {
    let lines = finding.detail.as_deref().unwrap_or_default().lines();
    lines.skip(1).collect()
}

/// What a finding names besides what its sentence and its offers have room for.
pub fn further(finding: &Finding) -> Vec<Other> {
    if finding.code != FindingCode::ParallelLimit {
        return Vec::new();
    }
    let holders = slot_holders(finding).into_iter().skip(OPENED);
    holders
        .map(|title| Other {
            title: title.to_owned(),
            path: Vec::new(),
            offers: open(title).into_iter().collect(),
        })
        .collect()
}

/// How many plans that hold slots a finding offers to open right away.
pub const OPENED: usize = 2;

/// Opens the plan of this title.
pub fn open(title: &str) -> Option<Offer> {
    let number = plan_number(title)?;
    Some(Offer {
        label: format!("Open #{number}"),
        name: None,
        remedy: Remedy::OpenPlan(number),
    })
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::super::tests::bare;
    use super::super::{Sentence, counted_in};
    use super::*;
    use domain::impact::Severity;

    fn id<T: std::str::FromStr>(n: usize) -> T {
        let text = format!("00000000-0000-7000-8000-{n:012}");
        text.parse().ok().expect("an id")
    }

    fn subject(name: &str, application: usize) -> ModuleSubject {
        ModuleSubject {
            module: id(name.len()),
            name: name.into(),
            application: id(application),
            application_name: "An application".into(),
        }
    }

    fn found(code: FindingCode, consumer: ModuleSubject, path: &[&str]) -> Finding {
        Finding {
            severity: Severity::Error,
            application: Some(id(1)),
            consumer: Some(consumer),
            producer: Some(subject("Pricing", 2)),
            path: path.iter().map(|name| (*name).into()).collect(),
            ..bare(code)
        }
    }

    fn item(finding: &Finding, title: &str, untold: u32) -> FindingItem {
        FindingItem {
            left: false,
            key: title.to_owned(),
            severity: finding.severity,
            sentence: Sentence {
                title: title.to_owned(),
                facts: String::new(),
            },
            path: finding.path.clone(),
            offers: Vec::new(),
            others: Vec::new(),
            count: 1,
            untold,
            started: None,
            plan: None,
        }
    }

    #[test]
    fn what_says_the_same_but_for_the_module_stands_together() {
        let code = FindingCode::ProducerElementMissing;
        let findings = [
            found(code, subject("Orders_UI", 1), &["Orders_UI", "Pricing"]),
            found(code, subject("Orders_Core", 1), &["Orders_Core", "Pricing"]),
            // Of another application, and about something else.
            found(code, subject("Portal", 3), &["Portal", "Pricing"]),
            found(code, subject("Orders_Jobs", 1), &["Orders_Jobs", "Pricing"]),
        ];
        let titles = [
            "Orders_UI needs Pricing.Quote",
            "Orders_Core needs Pricing.Quote",
            "Portal needs Pricing.Quote",
            "Orders_Jobs needs Pricing.Order",
        ];
        let items = findings.iter().zip(titles);
        let items = items
            .map(|(finding, title)| item(finding, title, 0))
            .collect();
        let told = together(&findings, items);
        let counts: Vec<u32> = told.iter().map(|item| item.count).collect();
        assert_eq!(counts, [2, 1, 1]);
        // The heading agrees with both the count of findings and the list.
        let (count, words) = counted_in(&told);
        assert_eq!((count, words.as_deref()), (4, Some("in 3 groups")));
        assert_eq!(counted_in(&told[1..]), (2, None));
        // Every path is there still.
        assert_eq!(told[0].others[0].path, ["Orders_Core", "Pricing"]);
    }

    #[test]
    fn all_that_one_other_plan_is_in_the_way_of_stands_together() {
        let same = FindingCode::ParallelSameModule;
        let related = FindingCode::ParallelRelatedModule;
        let of = |code, plan: &str, path: &[&str]| Finding {
            detail: Some(plan.to_owned()),
            ..found(code, subject(path[0], 1), path)
        };
        let findings = [
            of(same, "#12 A", &["Orders"]),
            of(same, "#13 B", &["Orders"]),
            of(related, "#12 A", &["Orders", "Pricing"]),
        ];
        let items = findings.iter().map(|finding| item(finding, "Moving", 4));
        let told = together(&findings, items.collect());
        assert_eq!(told.len(), 2);
        assert_eq!((told[0].count, told[0].untold), (2, 3));
        assert_eq!(told[0].others[0].path, ["Orders", "Pricing"]);
        assert_eq!(told[1].others, []);
    }
}
