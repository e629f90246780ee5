//! Blocking what is selected in the matrix, and lifting blocks. The dialog's code is loaded when it
//! is first asked for.

// `wasm_split` expands to the foreign functions that load a part; none is written here.
#![allow(
    unsafe_code,
    clippy::used_underscore_binding,
    clippy::unnecessary_wraps
)]

use super::state::{LaneHead, Matrix, Picked};
use crate::components::menu::MenuItem;
use crate::components::toast::use_toasts;
use crate::pages::blocking::{BlockDialog, Blocking};
use domain::ApplicationId;
use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use std::collections::BTreeMap;

#[wasm_split(block_dialog, wasm_split_path = ::leptos::wasm_split, preload(load_block_dialog), fallible)]
fn block_dialog(
    asked: RwSignal<Option<Blocking>>,
    on_done: Callback<()>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <BlockDialog asked on_done/> }.into_any())
}

/// What of the selection can be blocked in each lane, and which blocks can be lifted there.
pub fn blocks(picked: &BTreeMap<ApplicationId, Picked>, lanes: &[LaneHead]) -> Vec<Blocking> {
    let has = |flags: &[bool], lane: usize| flags.get(lane).copied().unwrap_or(false);
    let mut all = Vec::new();
    for (lane, head) in lanes.iter().enumerate() {
        for block in [true, false] {
            let applications: Vec<_> = picked
                .iter()
                .filter(|(_, row)| {
                    let blocked = has(&row.blocked, lane);
                    if block {
                        // Only what does not run there can be blocked (B2).
                        !blocked && !has(&row.present, lane)
                    } else {
                        blocked
                    }
                })
                .map(|(id, row)| (*id, row.name.clone()))
                .collect();
            if !applications.is_empty() {
                all.push(Blocking {
                    applications,
                    environment: head.id,
                    environment_name: head.name.clone(),
                    block,
                });
            }
        }
    }
    all
}

/// The entries of the selection's menu. Where nothing of it can be blocked, one entry says why.
pub fn block_items(
    matrix: Matrix,
    refusal: Option<String>,
    asked: RwSignal<Option<Blocking>>,
) -> Vec<MenuItem> {
    let all = matrix
        .picked
        .with_untracked(|picked| matrix.lanes.with_untracked(|lanes| blocks(picked, lanes)));
    if all.is_empty() {
        return vec![MenuItem {
            refusal: Some(
                "Only what does not run in an environment can be blocked there".to_owned(),
            ),
            ..MenuItem::new(
                "They run in every environment",
                "lock",
                Callback::new(|()| ()),
            )
        }];
    }
    all.into_iter()
        .map(|blocking| {
            let (verb, place) = (
                if blocking.block { "Block" } else { "Unblock" },
                &blocking.environment_name,
            );
            let label = format!("{verb} {} in {place}…", blocking.subject());
            let icon = blocking.icon();
            let press = Callback::new(move |()| asked.set(Some(blocking.clone())));
            MenuItem {
                refusal: refusal.clone(),
                ..MenuItem::new(label, icon, press)
            }
        })
        .collect()
}

/// The dialog, once it is asked for.
#[component]
pub fn LateBlockDialog(
    /// What is asked about.
    asked: RwSignal<Option<Blocking>>,
    /// It is done.
    on_done: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let here = RwSignal::new(false);
    let coming = StoredValue::new(false);
    Effect::new(move |_| {
        if asked.with(Option::is_none) || here.get_untracked() || coming.get_value() {
            return;
        }
        coming.set_value(true);
        spawn_local(async move {
            let loaded = load_block_dialog().await.is_ok();
            coming.try_set_value(false);
            if loaded {
                here.try_set(true);
            } else {
                asked.try_set(None);
                toasts.warn(
                    "This could not be opened",
                    "A part of the page did not arrive from the console. Try again in a moment.",
                );
            }
        });
    });
    move || {
        here.get()
            .then(|| {
                block_dialog(asked, on_done)
                    .now_or_never()
                    .and_then(Result::ok)
            })
            .flatten()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::EnvironmentId;
    use domain::environment::LinkState;

    #[test]
    fn b2_what_does_not_run_there_can_be_blocked_and_blocks_can_be_lifted() {
        let lane = |position: u32, name: &str| LaneHead {
            id: EnvironmentId(
                format!("00000000-0000-0000-0000-00000000000{position}")
                    .parse()
                    .unwrap(),
            ),
            name: name.to_owned(),
            link: LinkState::Online,
            maintenance: None,
            position,
            total: 2,
        };
        let row = |name: &str, present: [bool; 2], blocked: [bool; 2]| Picked {
            name: name.to_owned(),
            present: present.to_vec(),
            blocked: blocked.to_vec(),
            movable: vec![false; 2],
        };
        let id = |n: u8| -> ApplicationId {
            format!("00000000-0000-0000-0000-0000000000{n:02}")
                .parse()
                .unwrap()
        };
        let picked = BTreeMap::from([
            (id(1), row("Core", [true, true], [false; 2])),
            (id(2), row("Shop", [true, false], [false; 2])),
            (id(3), row("Pay", [true, false], [false, true])),
        ]);
        let lanes = [lane(0, "Development"), lane(1, "Quality")];
        let said: Vec<_> = blocks(&picked, &lanes)
            .into_iter()
            .map(|one| (one.environment_name.clone(), one.block, one.subject()))
            .collect();
        let quality = |block, what: &str| ("Quality".to_owned(), block, what.to_owned());
        assert_eq!(said, [quality(true, "Shop"), quality(false, "Pay")]);
    }
}
