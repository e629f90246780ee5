//! Small words and drawings that several parts of the editor use.

use crate::components::findings::{Setting, sentence};
use crate::components::status::{counted, thousands};
use domain::VersionNumber;
use domain::impact::{
    Finding, FindingCode, ModuleSubject, Repair, RepairChange, RepairStep, Report, Severity,
};
use domain::repair::ORDINARY_BUDGET;

/// Why a plan cannot be continued with errors: what nobody can override. Nothing if it can.
pub fn in_the_way(report: &Report, setting: impl Fn(&Finding) -> Setting) -> Option<String> {
    if report.may_wait() {
        return Some(
            "Only other plans are in the way. Start when free starts this one once they are over."
                .to_owned(),
        );
    }
    if report.may_wait_with_reason() {
        return None;
    }
    let mut errors = report.unavoidable().filter(|f| !f.is_left_to_others());
    let first = errors.next()?;
    let title = sentence(first, &setting(first)).title;
    if first.code == FindingCode::HotfixOverwritten {
        return Some(format!(
            "This error cannot be overridden: {title}. Mark the hotfix as solved first, or waive it."
        ));
    }
    Some(match errors.count() {
        0 => format!("This error cannot be overridden: {title}."),
        more => format!(
            "{} cannot be overridden, first of all: {title}.",
            counted(more as u64 + 1, "error", "errors")
        ),
    })
}

/// How many modules an application has, and how many of them differ between source and target.
pub fn modules_line(modules: u32, different: u32) -> String {
    if modules == 0 {
        return "no modules there".to_owned();
    }
    let all = counted(modules, "module", "modules");
    match different {
        0 => format!("{all}, none differ"),
        1 => format!("{all}, 1 differs"),
        n => format!("{all}, {n} differ"),
    }
}

/// "Smallest fix: add 1 application, change 2".
pub fn repair_title(repair: &Repair) -> String {
    let cost = repair.cost;
    let mut parts: Vec<String> = Vec::new();
    for (verb, count) in [
        ("add", cost.added),
        ("change", cost.changed),
        ("leave out", cost.left_out),
    ] {
        if count > 0 {
            // The first number says of what.
            parts.push(match (parts.is_empty(), count) {
                (false, _) => format!("{verb} {count}"),
                (true, 1) => format!("{verb} 1 application"),
                (true, _) => format!("{verb} {count} applications"),
            });
        }
    }
    parts.join(", ")
}

/// What pressing it does: *Add missing producers* only where that is all that is added.
pub fn repair_label(repair: &Repair, report: Option<&Report>) -> &'static str {
    let adds = |step: &&RepairStep| {
        matches!(
            step.change,
            RepairChange::Add { .. } | RepairChange::Tag { .. }
        )
    };
    // What would break comes along as a consumer, unless something else needs it, too.
    let as_consumer = |step: &RepairStep| {
        let mut errors = report.into_iter().flat_map(|report| {
            let all = report.findings.iter();
            all.filter(|finding| finding.severity == Severity::Error)
        });
        let is = |module: &Option<ModuleSubject>| {
            let module = module.as_ref();
            module.is_some_and(|module| module.application == step.application)
        };
        let needed = errors.clone().any(|finding| is(&finding.producer));
        !needed && errors.any(|finding| is(&finding.consumer))
    };
    let mut added = repair.steps.iter().filter(adds).peekable();
    let some = added.peek().is_some();
    if some && repair.cost.left_out == 0 && !added.any(as_consumer) {
        "Add missing producers"
    } else {
        "Apply this fix"
    }
}

/// How far a repair was searched for, where that does not prove it the smallest.
pub fn repair_bound(exact: bool) -> Option<String> {
    (!exact).then(|| {
        format!(
            "Not proven to be the smallest: it is the best of up to {} plans that were looked at; a smaller one may exist.",
            thousands(u64::from(ORDINARY_BUDGET)),
        )
    })
}

/// "Adds Document Vault 4.2 and takes Policy Core 5.3 instead of 5.2."
pub fn repair_text(repair: &Repair) -> String {
    let mut text = steps_text(&repair.steps);
    if let Some(first) = text.get(..1).map(str::to_ascii_uppercase) {
        text.replace_range(..1, &first);
    }
    if repair.remaining_errors > 0 {
        text = format!(
            "{text}. {} would stay.",
            counted(repair.remaining_errors, "error", "errors")
        );
    } else if !text.is_empty() {
        text.push('.');
    }
    text
}

/// What the first steps do, and how many more there are.
fn steps_text(steps: &[RepairStep]) -> String {
    const NAMED: usize = 3;
    let named = match steps.len() {
        all if all > NAMED => NAMED - 1,
        all => all,
    };
    let parts: Vec<(&str, String)> = steps[..named].iter().map(step_parts).collect();
    // A verb that all of them share is said once.
    let shared = parts.windows(2).all(|two| two[0].0 == two[1].0);
    let mut said: Vec<String> = Vec::new();
    for (does, what) in parts {
        said.push(if shared && !said.is_empty() {
            what
        } else {
            format!("{does} {what}")
        });
    }
    if steps.len() > named {
        said.push(format!("{} more", steps.len() - named));
    }
    match said.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

/// What one step of a repair does, to stand in a sentence.
pub fn step_text(step: &RepairStep) -> String {
    let (does, what) = step_parts(step);
    format!("{does} {what}")
}

/// The verb of a step, and what that is done to.
fn step_parts(step: &RepairStep) -> (&'static str, String) {
    let from = |from: Option<VersionNumber>| match from {
        Some(number) => format!(" instead of {number}"),
        None => String::new(),
    };
    match &step.change {
        RepairChange::Add { number, .. } => ("adds", format!("{} {number}", step.name)),
        RepairChange::Change {
            from: before,
            number,
            ..
        } => ("takes", format!("{} {number}{}", step.name, from(*before))),
        RepairChange::Tag { number } => ("tags", format!("{} as {number}", step.name)),
        RepairChange::LeaveOut => ("leaves", format!("{} out", step.name)),
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;
    use domain::impact::{RepairCost, Versions};
    use domain::plan::{PlanContent, PlanKind};

    #[test]
    fn modules_are_counted_with_those_that_differ() {
        assert_eq!(modules_line(0, 0), "no modules there");
        assert_eq!(modules_line(1, 0), "1 module, none differ");
        assert_eq!(modules_line(3, 1), "3 modules, 1 differs");
        assert_eq!(modules_line(1_200, 40), "1,200 modules, 40 differ");
    }

    #[test]
    fn a_verb_that_all_steps_share_is_said_once() {
        let step = |name: &str, change| RepairStep {
            application: "00000001-0000-7000-8000-000000000000"
                .parse()
                .expect("an id"),
            name: name.to_owned(),
            change,
            because: String::new(),
        };
        let add = |name: &str| {
            let number = VersionNumber::FIRST;
            let version = "00000009-0000-7000-8000-000000000000"
                .parse()
                .expect("an id");
            step(name, RepairChange::Add { version, number })
        };
        let text = |steps: Vec<RepairStep>| steps_text(&steps).replace(" 0.1", "");
        assert_eq!(text(vec![add("X")]), "adds X");
        assert_eq!(text(vec![add("X"), add("Y"), add("Z")]), "adds X, Y and Z");
        let out = step("Z", RepairChange::LeaveOut);
        assert_eq!(
            text(vec![add("X"), add("Y"), out]),
            "adds X, adds Y and leaves Z out"
        );
        let many = ["V", "W", "X", "Y"].map(add).to_vec();
        assert_eq!(text(many), "adds V, W and 2 more");
    }

    #[test]
    fn a_fix_that_adds_a_consumer_does_not_speak_of_producers() {
        let id = |n: u8| format!("0000000{n}-0000-7000-8000-000000000000");
        let module = |n: u8| ModuleSubject {
            module: id(n).parse().expect("an id"),
            name: "A module".into(),
            application: id(n).parse().expect("an id"),
            application_name: "An application".into(),
        };
        let step = |change| RepairStep {
            application: id(1).parse().expect("an id"),
            name: "Claims".to_owned(),
            change,
            because: String::new(),
        };
        let number = VersionNumber::FIRST;
        let version = id(9).parse().expect("an id");
        let fix = |change| Repair {
            content: PlanContent {
                kind: PlanKind::Rollback,
                source: id(8).parse().expect("an id"),
                target: id(8).parse().expect("an id"),
                operations: Vec::new(),
                republish: Vec::new(),
                notes: String::new(),
                settings: Vec::new(),
                settings_after: false,
            },
            steps: vec![step(change)],
            cost: RepairCost::default(),
            remaining_errors: 0,
            exact: true,
        };
        let report = |consumer, producer| Report {
            findings: vec![Finding {
                severity: Severity::Error,
                code: FindingCode::ProducerElementMissing,
                application: None,
                consumer: Some(module(consumer)),
                producer: Some(module(producer)),
                elements: Vec::new(),
                element_count: 1,
                versions: Versions::default(),
                path: Vec::new(),
                detail: None,
                started: None,
            }],
            ..Report::default()
        };
        let add = fix(RepairChange::Add { version, number });
        let producer = repair_label(&add, Some(&report(2, 1)));
        assert_eq!(producer, "Add missing producers");
        assert_eq!(repair_label(&add, Some(&report(1, 2))), "Apply this fix");
        let change = RepairChange::Change {
            from: None,
            version,
            number,
        };
        let change = fix(change);
        let changed = repair_label(&change, Some(&report(2, 1)));
        assert_eq!(changed, "Apply this fix");
    }

    #[test]
    fn a_fix_that_is_not_proven_says_how_far_was_looked() {
        assert_eq!(repair_bound(true), None);
        let said = repair_bound(false).unwrap_or_default();
        assert!(said.contains("best of up to 10,000 plans"), "{said}");
        assert!(said.contains("a smaller one may exist"), "{said}");
    }
}
