//! What the popup says about a plan that is taken up again: messages, and a line for each
//! application.

use super::name_of;
use crate::components::icon::{Glyph, Icon};
use crate::components::kind::kind_icon;
use crate::components::status::{Look, Status, counted};
use domain::plan::{Becomes, CannotReuse, Origin};
use domain::view::{BetterSources, EnvironmentRow, LeftValues, ReuseRow};
use leptos::prelude::*;

/// What has to be said before the plan is opened: what stops it, what is left out, and what will
/// have to be adjusted in it.
pub(super) fn messages(
    rows: &[ReuseRow],
    refusal: Option<CannotReuse>,
    way_on: &str,
    from: &str,
    to: &str,
) -> Vec<AnyView> {
    let mut said = Vec::new();
    match refusal {
        Some(CannotReuse::SameEnvironment) => said.push(notice(
            "warn",
            "Source and target are the same environment.".to_owned(),
            "Choose two different ones.".to_owned(),
        )),
        Some(CannotReuse::NoneInSource) => said.push(notice(
            "warn",
            format!("{from} has none of these applications."),
            format!("There is nothing to take from there. {way_on}"),
        )),
        None => {
            let missing: Vec<&str> = rows
                .iter()
                .filter(|row| !row.becomes.is_in_plan())
                .map(|row| row.name.as_str())
                .collect();
            if !missing.is_empty() {
                let is = if missing.len() == 1 { "is" } else { "are" };
                said.push(notice(
                    "warn",
                    format!(
                        "{} of {} {is} not in {from}.",
                        missing.len(),
                        counted(rows.len() as u64, "application", "applications"),
                    ),
                    format!("Left out of the new plan: {}.", missing.join(", ")),
                ));
            }
            let adjust = rows.iter().filter(|row| row.becomes.needs_a_look());
            let sentences: Vec<String> = adjust.map(|row| sentence(row, from, to)).collect();
            if !sentences.is_empty() {
                let count = sentences.len() as u64;
                let modules = |row: &ReuseRow| matches!(row.becomes, Becomes::Custom { .. });
                let title = if rows
                    .iter()
                    .any(|row| row.becomes.needs_a_look() && modules(row))
                {
                    let what = counted(count, "application", "applications");
                    format!("{what} cannot be taken over as it was.")
                } else {
                    format!("{} cannot be used.", counted(count, "tag", "tags"))
                };
                said.push(notice(
                    "info",
                    title,
                    format!("{} You can adjust it in the new plan.", sentences.join(" ")),
                ));
            }
            let endangered: Vec<String> =
                rows.iter().filter_map(|row| overwrites(row, to)).collect();
            if !endangered.is_empty() {
                said.push(notice(
                    "warn",
                    format!(
                        "{} would be overwritten.",
                        counted(endangered.len() as u64, "hotfix", "hotfixes")
                    ),
                    format!(
                        "{} The new plan opens, but it does not run before that is settled.",
                        endangered.join(" ")
                    ),
                ));
            }
        }
    }
    said
}

/// What to do where the source has none of the applications. A retry takes them from where the
/// original did: no other source can be chosen, so that none is named.
pub fn way_on(how: Origin, better: &BetterSources, environments: &[EnvironmentRow]) -> String {
    if matches!(how, Origin::Retry) {
        return "A retry has no other source. It can go on when they are there again.".to_owned();
    }
    let names = better.environments.iter();
    let names: Vec<String> = names.map(|id| name_of(environments, *id)).collect();
    let of_them = if better.have_all { "all" } else { "some" };
    match names.split_last() {
        None => "No other source has any of them.".to_owned(),
        Some((last, [])) => format!("Choose {last}, which has {of_them} of them."),
        Some((last, rest)) => {
            let rest = rest.join(", ");
            format!("Choose {rest} or {last}, which have {of_them} of them.")
        }
    }
}

/// Which values of site properties the new plan does not have, and what to do: short, and in
/// sentences.
pub fn values_left(left: &LeftValues, to: &str) -> Option<(String, String)> {
    const NAMED: usize = 5;
    let secrets = left.secrets.len();
    let count = u64::from(left.plain) + secrets as u64;
    if count == 0 {
        return None;
    }
    if let Some(of) = &left.of {
        let secret = match secrets {
            0 => String::new(),
            _ if left.plain == 0 => ", secret ones".to_owned(),
            n => format!(", {n} of them secret"),
        };
        return Some((
            format!(
                "{} not taken over.",
                counted(count, "site property value is", "site property values are")
            ),
            format!(
                "{} set for {of}{secret}, and values are an environment's own. Enter what {to} needs in the step Settings.",
                if count == 1 { "It was" } else { "They were" },
            ),
        ));
    }
    let mut names = left.secrets[..secrets.min(NAMED)].join(", ");
    if secrets > NAMED {
        names.push_str(&format!(" and {} more", secrets - NAMED));
    }
    Some((
        format!(
            "{} not taken over.",
            counted(count, "secret value is", "secret values are")
        ),
        format!(
            "Without {} {to} keeps what it has. Enter anew in the step Settings: {names}.",
            if count == 1 { "it" } else { "them" }
        ),
    ))
}

/// Why an application's tag cannot be used, with names.
pub fn sentence(row: &ReuseRow, from: &str, to: &str) -> String {
    match &row.becomes {
        Becomes::TagMissing { number } => {
            format!("{} {number} cannot be deployed from {from}.", row.name)
        }
        Becomes::TargetNewer { number, running } => format!(
            "{to} already runs {} {running}, which is newer than {number}.",
            row.name
        ),
        Becomes::Blocked { reason } => {
            format!("{} is blocked in {to}: \"{reason}\"", row.name)
        }
        Becomes::Custom { modules, missing } => {
            let gone = counted(u64::from(*missing), "module", "modules");
            match modules.len() {
                0 => format!("{from} has none of the modules of {} any more.", row.name),
                left => format!(
                    "{from} lacks {gone} of {}; {} left.",
                    row.name,
                    counted(left as u64, "is", "are"),
                ),
            }
        }
        _ => String::new(),
    }
}

/// What to do in the opened plan about what could not be taken over. What is blocked has no other
/// version to choose.
pub fn adjust(open: &[ReuseRow]) -> &'static str {
    let blocked = |row: &&ReuseRow| matches!(row.becomes, Becomes::Blocked { .. });
    match open.iter().filter(blocked).count() {
        0 => "Choose another version below.",
        some if some < open.len() => {
            "Choose another version below, and unblock what is blocked before you choose one."
        }
        _ => "Unblock it below, or leave it at Do nothing.",
    }
}

/// Which hotfix in the target an application's row would overwrite, and where it is contained.
pub fn overwrites(row: &ReuseRow, to: &str) -> Option<String> {
    let hotfix = row.overwrites?;
    let planned = match row.becomes {
        Becomes::Deploy { number, .. } => format!("{} {number}", row.name),
        _ => row.name.clone(),
    };
    let which = match hotfix.number {
        Some(number) => format!("hotfix {number}"),
        None => "a hotfix that is not tagged yet".to_owned(),
    };
    let way = match hotfix.solved_by {
        Some(solved) => format!("{solved} and newer contain it."),
        None => "Mark it as solved, or waive it.".to_owned(),
    };
    Some(format!(
        "{to} runs {which}, and {planned} does not contain it. {way}"
    ))
}

pub(super) fn notice(glyph: &'static str, title: String, text: String) -> AnyView {
    let class = if matches!(glyph, "warn" | "maint") {
        "notice warn"
    } else {
        "notice"
    };
    view! {
        <div class=class role="status">
            <Glyph name=glyph/>
            <div>
                <b>{title}</b>
                " "
                {text}
            </div>
        </div>
    }
    .into_any()
}

/// An application of the original, and what becomes of it.
#[component]
pub(super) fn Line(
    /// Which.
    row: ReuseRow,
    /// The source, by name.
    from: String,
    /// How the plan is taken up again.
    how: Origin,
) -> impl IntoView {
    let was = row.was.map(|number| number.to_string()).unwrap_or_default();
    let (becomes, look) = match &row.becomes {
        Becomes::Deploy { number, .. } => (
            number.to_string(),
            match how {
                Origin::Reuse { keep_tags: false } if row.was != Some(*number) => {
                    Look::new("ok", "Newest tag", "ok")
                }
                _ => Look::new("ok", "Same tag", "ok"),
            },
        ),
        Becomes::AlreadyThere { number } => (
            format!("{number} already there"),
            Look::new("todo", "Nothing to do", "mute"),
        ),
        Becomes::Custom { modules, .. } if modules.is_empty() => (
            "no module".to_owned(),
            Look::new("warn", "Adjust in the plan", "warn"),
        ),
        Becomes::Custom { modules, missing } => (
            counted(modules.len() as u64, "module", "modules"),
            if *missing == 0 {
                Look::new("ok", "Same modules", "ok")
            } else {
                Look::new("warn", "Adjust in the plan", "warn")
            },
        ),
        Becomes::Nothing => (
            "does nothing".to_owned(),
            Look::new("todo", "Nothing to do", "mute"),
        ),
        Becomes::LeftOut => (
            "left out".to_owned(),
            Look::new("aborted", format!("Not in {from}"), "mute"),
        ),
        Becomes::TagMissing { .. } | Becomes::TargetNewer { .. } => (
            "no tag".to_owned(),
            Look::new("warn", "Adjust in the plan", "warn"),
        ),
        Becomes::Blocked { .. } => (
            "does nothing".to_owned(),
            Look::new("locked", "Blocked", "mute"),
        ),
    };
    let look = match row.overwrites {
        Some(_) => Look::new("warn", "Overwrites a hotfix", "warn"),
        None => look,
    };
    let gone = !row.becomes.is_in_plan();
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class=if gone { "reuse-app dim" } else { "reuse-app" }>
                    <Icon name=kind_icon(row.kind)/>
                    <b>{row.name}</b>
                </span>
            </th>
            <td role="cell" class="mono was">
                {if gone { view! { <s>{was}</s> }.into_any() } else { was.into_any() }}
            </td>
            <td role="cell" class="mono">{becomes}</td>
            <td role="cell">
                <Status look plain=true/>
            </td>
        </tr>
    }
}
