//! The table: lane heads that stick, and as many rows as can be seen.

use super::keys::use_matrix_keys;
use super::row::MatrixRow;
use super::state::{LaneHead, Matrix, out_of_service};
use super::window;
use crate::components::button::ChangeLink;
use crate::components::controls::Checkbox;
use crate::components::empty::Stale;
use crate::components::icon::Icon;
use crate::components::lane::{LaneGlyph, VersionChip};
use crate::components::status::{Look, Status, counted, thousands};
use crate::live::{Heard, follow as follow_topics};
use crate::routes;
use crate::session::use_session;
use domain::access::Action;
use domain::view::COUNT_CAP;
use leptos::html;
use leptos::prelude::*;
use std::time::Duration;

/// Height of a row before it is measured, in pixels.
const ROW: i64 = 40;

/// Where the rows are on screen.
#[derive(Clone, Copy)]
pub struct Geometry {
    body: NodeRef<html::Tbody>,
    row: RwSignal<i64>,
}

impl Geometry {
    fn new() -> Self {
        Self {
            body: NodeRef::new(),
            row: RwSignal::new(ROW),
        }
    }

    /// Takes the measures of the window, and changes what is in the document if it must.
    fn measure(self, matrix: Matrix) {
        let Some(body) = self.body.get_untracked() else {
            return;
        };
        let height = measured_row(&body);
        if height > 0 && height != self.row.get_untracked() {
            self.row.set(height);
        }
        let scrolled = -(body.get_bounding_client_rect().top() as i64);
        let viewport = viewport_height();
        let span = window::span(
            scrolled,
            viewport,
            self.row.get_untracked(),
            matrix.total.get_untracked(),
        );
        if span != matrix.span.get_untracked() {
            matrix.span.set(span);
        }
    }

    /// Scrolls a row into view and gives it the focus.
    pub fn reveal(self, matrix: Matrix, row: u64) {
        let Some(body) = self.body.get_untracked() else {
            return;
        };
        let height = self.row.get_untracked();
        let top =
            body.get_bounding_client_rect().top() as i64 + i64::try_from(row).unwrap_or(0) * height;
        // The sticky head above; watch bar, and the selection bar, below.
        let by = window::scroll_to_show(top, height, 56, viewport_height() - 104);
        if by != 0 {
            leptos::prelude::window().scroll_by_with_x_and_y(0.0, by as f64);
            self.measure(matrix);
        }
        focus_row(row);
    }
}

fn viewport_height() -> i64 {
    leptos::prelude::window()
        .inner_height()
        .ok()
        .and_then(|height| height.as_f64())
        .map_or(0, |height| height as i64)
}

#[cfg(feature = "hydrate")]
fn measured_row(body: &web_sys::Element) -> i64 {
    use wasm_bindgen::JsCast;
    body.query_selector("tr.row")
        .ok()
        .flatten()
        .and_then(|row| row.dyn_into::<web_sys::HtmlElement>().ok())
        .map_or(0, |row| i64::from(row.offset_height()))
}

#[cfg(not(feature = "hydrate"))]
fn measured_row(_body: &web_sys::Element) -> i64 {
    0
}

#[cfg(feature = "hydrate")]
fn focus_row(row: u64) {
    use wasm_bindgen::JsCast;
    // The row may have been put into the document just now.
    request_animation_frame(move || {
        let link = document()
            .query_selector(&format!("#row-{row} .app"))
            .ok()
            .flatten()
            .and_then(|link| link.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(link) = link {
            let _ = link.focus();
        }
    });
}

#[cfg(not(feature = "hydrate"))]
fn focus_row(_row: u64) {}

/// Follows scrolling and sizes for as long as the table is shown.
fn follow(matrix: Matrix, geometry: Geometry) {
    Effect::new(move |_| {
        matrix.total.track();
        matrix.lanes.track();
        geometry.measure(matrix);
    });
    Effect::new(move |_| {
        let waiting = StoredValue::new(false);
        let on_move = move || {
            if waiting.try_update_value(|waiting| std::mem::replace(waiting, true)) == Some(false) {
                request_animation_frame(move || {
                    if waiting.try_set_value(false).is_none() {
                        geometry.measure(matrix);
                    }
                });
            }
        };
        let scroll = window_event_listener(leptos::ev::scroll, move |_| on_move());
        let resize = window_event_listener(leptos::ev::resize, move |_| on_move());
        on_cleanup(move || {
            scroll.remove();
            resize.remove();
        });
    });
    // Flying past pages does not fetch them: only where the view rests for a moment.
    Effect::new(move |_| {
        matrix.span.track();
        matrix.total.track();
        if let Ok(timer) =
            set_timeout_with_handle(move || matrix.fetch_missing(), Duration::from_millis(50))
        {
            on_cleanup(move || timer.clear());
        }
    });
}

/// Follows live changes, whether there are rows to show or not.
pub fn follow_changes(matrix: Matrix, read: Heard) {
    follow_topics(&["applications"], read, move || matrix.refresh());
    follow_topics(&["environments"], read, move || matrix.refresh_lanes());
}

/// The matrix.
#[component]
pub fn MatrixTable(
    /// What it shows.
    matrix: Matrix,
) -> impl IntoView {
    let geometry = Geometry::new();
    follow(matrix, geometry);
    use_matrix_keys(matrix, geometry);

    let lanes = matrix.lanes;
    let columns = move || lanes.with(Vec::len) + 2;
    let gap_above = move || px(matrix.span.get().0, geometry.row.get());
    let gap_below = move || {
        let left = matrix.total.get().saturating_sub(matrix.span.get().1);
        px(left, geometry.row.get())
    };
    let class = move || match lanes.with(Vec::len) {
        0..=5 => "table matrix",
        6..=8 => "table matrix lanes-many",
        _ => "table matrix lanes-many lanes-most",
    };
    let all_picked = move || {
        let total = matrix.total.get();
        total > 0 && matrix.picked.with(std::collections::BTreeMap::len) as u64 >= total
    };
    let some_picked = move || matrix.picked.with(|picked| !picked.is_empty()) && !all_picked();
    view! {
        <section class="panel matrix-panel" aria-label="Applications by environment">
            <table
                class=class
                role="table"
                style=move || {
                    let count = lanes.with(Vec::len);
                    format!("--lanes:{count};--card-rows:{}", count.div_ceil(3).max(1))
                }
                aria-rowcount=move || (matrix.total.get() + 1).to_string()
            >
                <caption class="vh">
                    "Version of each application in each environment, in promotion order"
                </caption>
                <colgroup>
                    <col class="w-pick"/>
                    <col class="w-name"/>
                    {move || lanes.with(|lanes| lanes.iter().map(|_| view! { <col/> }).collect_view())}
                </colgroup>
                <thead role="rowgroup">
                    <tr role="row" aria-rowindex="1">
                        <th role="columnheader" scope="col" class="c-pick">
                            <Checkbox
                                label="Select all loaded rows"
                                hide_label=true
                                checked=Signal::derive(all_picked)
                                mixed=Signal::derive(some_picked)
                                on_change=Callback::new(move |_| matrix.toggle_all())
                            />
                        </th>
                        <th role="columnheader" scope="col" class="c-name">
                            "Application"
                        </th>
                        {move || {
                            lanes
                                .get()
                                .into_iter()
                                .map(|lane| view! { <Head matrix lane/> })
                                .collect_view()
                        }}
                    </tr>
                </thead>
                <tbody role="rowgroup" node_ref=geometry.body>
                    <tr class="gap" aria-hidden="true">
                        <td colspan=move || columns().to_string() style=gap_above></td>
                    </tr>
                    <For
                        each=move || {
                            let (first, last) = matrix.span.get();
                            first..last
                        }
                        key=|index| *index
                        let:index
                    >
                        <MatrixRow matrix index/>
                    </For>
                    <tr class="gap" aria-hidden="true">
                        <td colspan=move || columns().to_string() style=gap_below></td>
                    </tr>
                </tbody>
            </table>
        </section>
        {move || {
            matrix
                .failed
                .get()
                .map(|error| {
                    view! {
                        <Stale
                            title="These rows may be old."
                            error
                            class="matrix-stale"
                            on_retry=Callback::new(move |()| matrix.refresh())
                        />
                    }
                })
        }}
        <Legend matrix/>
    }
}

fn px(rows: u64, height: i64) -> String {
    format!("height:{}px", rows * u64::try_from(height).unwrap_or(0))
}

/// A lane's head: its name, whether its agent is there, and the way to move on all that can.
#[component]
fn Head(matrix: Matrix, lane: LaneHead) -> impl IntoView {
    let session = use_session();
    let position = lane.position as usize;
    let from = lane.name.clone();
    let look = Look::of_environment(lane.maintenance.as_deref(), lane.link);
    let word = look.word.clone();
    let deploy = move || {
        let (to, closed) = matrix.lanes.with(|lanes| {
            let (here, next) = (lanes.get(position)?, lanes.get(position + 1)?);
            Some((next.name.clone(), out_of_service(here, next)))
        })?;
        let count = matrix
            .counts
            .with(|counts| counts.movable.get(position + 1).copied().unwrap_or(0));
        if count == 0 || !session.can(Action::EditPlan) {
            return None;
        }
        let label = format!(
            "Deploy {} from {from} to {to}",
            counted(count, "application", "applications")
        );
        Some(view! {
            <span class="lh-act">
                <ChangeLink
                    class="btn sm"
                    href=routes::new_plan_movable(&from, &to, &matrix.filter())
                    name=label
                    refusal=Signal::derive(move || {
                        matrix.refusal.get().or_else(|| closed.clone())
                    })
                >
                    <span>{format!("Deploy {}", thousands(count))}</span>
                    <Icon name="arrow"/>
                </ChangeLink>
            </span>
        })
    };
    view! {
        <th
            scope="col"
            role="columnheader"
            class=if position == 0 { "lane-h first" } else { "lane-h" }
        >
            <div class="lh">
                <span class="lh-what">
                    <span class="lh-name" title=lane.name.clone()>
                        <LaneGlyph place=lane.place()/>
                        <b>{lane.name.clone()}</b>
                    </span>
                    <span class="lh-st" title=word>
                        <Status look=look plain=true/>
                    </span>
                </span>
                {deploy}
            </div>
        </th>
    }
}

/// What the lines and chips mean.
#[component]
fn Legend(matrix: Matrix) -> impl IntoView {
    let last = move || {
        matrix
            .lanes
            .with(|lanes| lanes.last().map(LaneHead::place))
            .unwrap_or_default()
    };
    let shown = move || {
        let total = matrix.total.get();
        let more = if total >= COUNT_CAP { " or more" } else { "" };
        format!("{}{more}", counted(total, "application", "applications"))
    };
    view! {
        <div class="matrix-hint">
            <div class="legend" role="group" aria-label="Legend">
                <span>
                    <span class="rail"></span>
                    "same version"
                </span>
                <span>
                    <span class="rail behind"></span>
                    "can move right"
                </span>
                <span>
                    <span class="rail live"></span>
                    "moving now"
                </span>
                <span>
                    <span class="rail waits"></span>
                    "waits for a person"
                </span>
                <span>
                    <span class="rail held"></span>
                    "held back"
                </span>
                <span>
                    <span class="rail backward"></span>
                    "hotfix to merge back"
                </span>
                <span>
                    <span class="rail lacks"></span>
                    "the next one lacks the hotfix"
                </span>
                <span>
                    <VersionChip number=Some("2.14".to_owned()) place=crate::components::lane::Place::default() modified=true/>
                    "changed since that tag"
                </span>
                <span>
                    <VersionChip number=Some("2.13".to_owned()) place=Signal::derive(last)/>
                    "the nearer to production, the heavier the chip"
                </span>
            </div>
            <span class="count" aria-live="polite">
                {shown}
            </span>
        </div>
    }
}
