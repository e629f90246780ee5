//! The parts of a plan at the top of its editor, each with what is open in it.

use super::check::{Checker, count};
use super::notes::Notes;
use super::settings::PlanSettings;
use super::state::Editor;
use crate::components::status::{Look, Status, counted};
use domain::impact::{FindingCode, Severity};
use leptos::prelude::*;

/// The parts of the plan, with what is open in each.
#[component]
pub fn Parts(
    /// The editor.
    editor: Editor,
    /// What the check says.
    checker: Checker,
    /// The plan's site properties.
    settings: PlanSettings,
    /// Its notes.
    notes: Notes,
) -> impl IntoView {
    let applications = move || {
        if editor.content.with(|c| c.operations.is_empty()) {
            return ("todo", "mute", "None yet".to_owned());
        }
        let found = |severity| {
            checker
                .report
                .with(|r| r.as_ref().map_or(0, |r| count(r, severity)))
        };
        match (found(Severity::Error), found(Severity::Warning)) {
            (0, 0) => ("ok", "ok", "No findings".to_owned()),
            (0, n) => ("warn", "warn", counted(n as u64, "warning", "warnings")),
            (n, _) => ("fail", "bad", counted(n as u64, "error", "errors")),
        }
    };
    let order = move || {
        let (open, ticked) = checker.report.with(|r| {
            r.as_ref().map_or((0, 0), |r| {
                let all = &r.outdated_consumers;
                (
                    all.iter().filter(|c| !c.republished).count(),
                    all.iter().filter(|c| c.republished).count(),
                )
            })
        });
        match (open, ticked) {
            (0, 0) => ("ok", "ok", "Nothing to republish".to_owned()),
            (0, n) => ("ok", "ok", format!("{n} to republish")),
            (n, _) => ("warn", "warn", format!("{n} would stay old")),
        }
    };
    let values = move || {
        let found = |code| {
            checker.report.with(|report| {
                let findings = report.iter().flat_map(|report| &report.findings);
                findings.filter(|finding| finding.code == code).count()
            })
        };
        let unfit = found(FindingCode::SettingInvalid) + editor.settings.refused();
        settings.look(found(FindingCode::SettingMissing), unfit)
    };
    let written = move || {
        if notes.is_empty() {
            ("todo", "mute", "None".to_owned())
        } else {
            ("ok", "ok", "Written".to_owned())
        }
    };
    view! {
        <ol class="steps" aria-label="Parts of this plan">
            <Part number=1 title="Applications" href="#part-applications" look=Signal::derive(applications)/>
            <Part number=2 title="Settings" href="#part-settings" look=Signal::derive(values)/>
            <Part number=3 title="Order and consumers" href="#part-order" look=Signal::derive(order)/>
            <Part number=4 title="Notes" href="#part-notes" look=Signal::derive(written)/>
        </ol>
    }
}

#[component]
fn Part(
    number: u32,
    title: &'static str,
    href: &'static str,
    look: Signal<(&'static str, &'static str, String)>,
) -> impl IntoView {
    view! {
        <li>
            <a href=href rel="external">
                <span class="n">{number}</span>
                <span class="t">
                    <b>{title}</b>
                    <Status
                        look=Signal::derive(move || {
                            let (glyph, tone, words) = look.get();
                            Look::new(glyph, words, tone)
                        })
                        plain=true
                    />
                </span>
            </a>
        </li>
    }
}
