//! What the matrix holds while it is on screen: pages of rows as the server gave them, the lanes,
//! the counts, what is selected and where the cursor stands.

use crate::api::catalog::{count_applications, list_applications};
use crate::api::environments::list_environments;
use crate::components::lane::Place;
use crate::error::ApiError;
use crate::live::use_refusal;
use domain::access::Action;
use domain::environment::LinkState;
use domain::view::{ApplicationCounts, ApplicationFilter, ApplicationRow, EnvironmentDetail, Page};
use domain::{ApplicationId, EnvironmentId};
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::collections::{BTreeMap, BTreeSet};

use super::window::{self, Span};

/// Rows fetched at once.
pub const PAGE: u32 = 100;
/// Pages kept; the ones farthest from the view go first.
const KEPT: usize = 24;

/// An environment as a column.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LaneHead {
    /// Which.
    pub id: EnvironmentId,
    /// Its name.
    pub name: String,
    /// Whether its agent is there.
    pub link: LinkState,
    /// Why it is in maintenance, if it is.
    pub maintenance: Option<String>,
    /// Position in the promotion order, from 0.
    pub position: u32,
    /// How many there are.
    pub total: u32,
}

impl LaneHead {
    /// Where it stands.
    pub const fn place(&self) -> Place {
        Place::new(self.position, self.total)
    }
}

/// Why nothing can be deployed between two lanes: one of them is out of service.
pub fn out_of_service(from: &LaneHead, to: &LaneHead) -> Option<String> {
    let mut ends = [from, to].into_iter();
    let lane = ends.find(|lane| lane.maintenance.is_some())?;
    Some(format!(
        "{} is in maintenance: {}",
        lane.name,
        lane.maintenance.as_deref().unwrap_or_default()
    ))
}

/// The environments as columns.
pub fn lane_heads(environments: &[EnvironmentDetail]) -> Vec<LaneHead> {
    let total = u32::try_from(environments.len()).unwrap_or(u32::MAX);
    environments
        .iter()
        .zip(0..)
        .map(|(environment, position)| LaneHead {
            id: environment.row.id,
            name: environment.row.name.clone(),
            link: environment.row.link,
            maintenance: environment.row.maintenance.clone(),
            position,
            total,
        })
        .collect()
}

/// What is remembered of a selected row, wherever it has scrolled to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// Its name.
    pub name: String,
    /// Whether it runs in each lane.
    pub present: Vec<bool>,
    /// Whether each lane refuses it.
    pub blocked: Vec<bool>,
    /// Whether it can move on from each lane to the next.
    pub movable: Vec<bool>,
}

impl Picked {
    /// What to remember of a row.
    pub fn of(row: &ApplicationRow) -> Self {
        Self {
            name: row.name.clone(),
            present: row.cells.iter().map(|cell| cell.present).collect(),
            blocked: row.cells.iter().map(|cell| cell.marks.blocked).collect(),
            movable: row.cells.iter().map(|cell| cell.can_move).collect(),
        }
    }
}

/// What is selected; outlives a change of filter.
pub type Selection = RwSignal<BTreeMap<ApplicationId, Picked>>;

/// The keyboard's place in the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Row from 0.
    pub row: u64,
    /// Lane from 0.
    pub lane: usize,
}

/// The matrix on screen.
#[derive(Clone, Copy)]
pub struct Matrix {
    filter: StoredValue<ApplicationFilter>,
    pages: RwSignal<BTreeMap<u64, Vec<ApplicationRow>>>,
    loading: StoredValue<BTreeSet<u64>>,
    /// Goes up with every refresh, so that an older answer cannot replace a newer one.
    round: StoredValue<u32>,
    /// How many rows there are.
    pub total: RwSignal<u64>,
    /// How many there are without the filter.
    pub unfiltered: RwSignal<u64>,
    /// The columns.
    pub lanes: RwSignal<Vec<LaneHead>>,
    /// The numbers on tabs and heads.
    pub counts: RwSignal<ApplicationCounts>,
    /// Why the last fetch failed, until one works.
    pub failed: RwSignal<Option<ApiError>>,
    /// The rows in the document.
    pub span: RwSignal<Span>,
    /// What is selected.
    pub picked: Selection,
    /// Where the keyboard is.
    pub cursor: RwSignal<Option<Cursor>>,
    /// Where a selection with Shift began.
    pub anchor: StoredValue<Option<u64>>,
    /// Why no plan can be begun from here now.
    pub refusal: Signal<Option<String>>,
}

impl Matrix {
    /// A matrix that begins with the page the server rendered.
    pub fn new(
        filter: ApplicationFilter,
        first: Page<ApplicationRow>,
        lanes: Vec<LaneHead>,
        counts: ApplicationCounts,
        picked: Selection,
    ) -> Self {
        let total = first.total;
        Self {
            filter: StoredValue::new(filter),
            unfiltered: RwSignal::new(first.unfiltered),
            pages: RwSignal::new(BTreeMap::from([(0, first.rows)])),
            loading: StoredValue::new(BTreeSet::new()),
            round: StoredValue::new(0),
            total: RwSignal::new(total),
            lanes: RwSignal::new(lanes),
            counts: RwSignal::new(counts),
            failed: RwSignal::new(None),
            span: RwSignal::new(window::first_frame(total)),
            picked,
            cursor: RwSignal::new(None),
            anchor: StoredValue::new(None),
            refusal: use_refusal(Action::EditPlan),
        }
    }

    /// What the rows are filtered by.
    pub fn filter(self) -> ApplicationFilter {
        self.filter.get_value()
    }

    /// The row at a position; none while it is being fetched.
    pub fn row(self, index: u64) -> Option<ApplicationRow> {
        self.pages.with(|pages| pick(pages, index).cloned())
    }

    /// The same, without following it.
    pub fn row_now(self, index: u64) -> Option<ApplicationRow> {
        self.pages
            .with_untracked(|pages| pick(pages, index).cloned())
    }

    /// Fetches what the rows in view and their neighbours need.
    pub fn fetch_missing(self) {
        let (first, last) = self.span.get_untracked();
        let total = self.total.get_untracked();
        if total == 0 {
            return;
        }
        let size = u64::from(PAGE);
        let from = (first / size).saturating_sub(u64::from(first % size < size / 4));
        let to = (last.min(total - 1) + size / 4).min(total - 1) / size;
        for page in from..=to {
            if !self.pages.with_untracked(|pages| pages.contains_key(&page)) {
                self.fetch(page);
            }
        }
    }

    /// Fetches again what is in view, in place; other pages when they come into view.
    pub fn refresh(self) {
        let (first, last) = self.span.get_untracked();
        let size = u64::from(PAGE);
        let (from, to) = (first / size, last.saturating_sub(1) / size);
        self.pages
            .update(|pages| pages.retain(|page, _| (from..=to).contains(page)));
        self.loading.set_value(BTreeSet::new());
        self.round
            .update_value(|round| *round = round.wrapping_add(1));
        for page in from..=to {
            self.fetch(page);
        }
        let filter = self.filter.get_value();
        spawn_local(async move {
            if let Ok(counts) = count_applications(filter).await {
                self.counts.try_set(counts);
            }
        });
        self.refresh_lanes();
    }

    /// Fetches the columns again.
    pub fn refresh_lanes(self) {
        spawn_local(async move {
            if let Ok(environments) = list_environments().await {
                let heads = lane_heads(&environments);
                let Some(same) = self.lanes.try_with_untracked(|lanes| {
                    let ids = |lanes: &[LaneHead]| lanes.iter().map(|l| l.id).collect::<Vec<_>>();
                    (*lanes == heads, ids(lanes) == ids(&heads))
                }) else {
                    return;
                };
                if !same.0 {
                    self.lanes.try_set(heads);
                }
                // Rows have a cell for each lane, in their order.
                if !same.1 {
                    self.refresh();
                }
            }
        });
    }

    fn fetch(self, page: u64) {
        if self
            .loading
            .try_update_value(|loading| loading.insert(page))
            != Some(true)
        {
            return;
        }
        let mut filter = self.filter.get_value();
        filter.offset = page * u64::from(PAGE);
        filter.limit = PAGE;
        let round = self.round.get_value();
        spawn_local(async move {
            let answer = list_applications(filter).await;
            // The screen may be gone by now, or the rows asked for anew.
            if self.round.try_get_value() != Some(round) {
                return;
            }
            self.loading
                .try_update_value(|loading| loading.remove(&page));
            match answer {
                Ok(answer) => self.take(page, answer),
                Err(error) => {
                    self.failed.try_set(Some(error));
                }
            }
        });
    }

    fn take(self, page: u64, answer: Page<ApplicationRow>) {
        let span = self.span.get_untracked();
        self.pages.update(|pages| {
            pages.insert(page, answer.rows);
            let here = span.0 / u64::from(PAGE);
            while pages.len() > KEPT {
                let first = pages.keys().next().copied().unwrap_or(0);
                let last = pages.keys().next_back().copied().unwrap_or(0);
                let far = if here.abs_diff(first) > here.abs_diff(last) {
                    first
                } else {
                    last
                };
                pages.remove(&far);
            }
        });
        if self.total.get_untracked() != answer.total {
            self.total.set(answer.total);
        }
        if self.unfiltered.get_untracked() != answer.unfiltered {
            self.unfiltered.set(answer.unfiltered);
        }
        if self.failed.with_untracked(Option::is_some) {
            self.failed.set(None);
        }
    }

    /// Whether a row is selected.
    pub fn is_picked(self, id: ApplicationId) -> bool {
        self.picked.with(|picked| picked.contains_key(&id))
    }

    /// Selects or deselects a row.
    pub fn toggle(self, index: u64) {
        if let Some(row) = self.row_now(index) {
            self.picked.update(|picked| {
                if picked.remove(&row.id).is_none() {
                    picked.insert(row.id, Picked::of(&row));
                }
            });
            self.anchor.set_value(Some(index));
        }
    }

    /// Selects every loaded row from where the selection began to this one.
    pub fn extend_to(self, index: u64) {
        let from = self.anchor.get_value().unwrap_or(index);
        let range = from.min(index)..=from.max(index);
        let rows: Vec<_> = range.filter_map(|index| self.row_now(index)).collect();
        self.picked.update(|picked| {
            for row in rows {
                picked.insert(row.id, Picked::of(&row));
            }
        });
        if self.anchor.get_value().is_none() {
            self.anchor.set_value(Some(index));
        }
    }

    /// Selects the loaded rows, or clears the selection if all of them are selected.
    pub fn toggle_all(self) {
        let rows: Vec<_> = self
            .pages
            .with_untracked(|pages| pages.values().flatten().cloned().collect());
        self.picked.update(|picked| {
            if rows.iter().all(|row| picked.contains_key(&row.id)) {
                picked.clear();
            } else {
                for row in &rows {
                    picked.insert(row.id, Picked::of(row));
                }
            }
        });
    }

    /// Selects nothing.
    pub fn clear_selection(self) {
        self.picked.update(BTreeMap::clear);
        self.anchor.set_value(None);
    }
}

fn pick(pages: &BTreeMap<u64, Vec<ApplicationRow>>, index: u64) -> Option<&ApplicationRow> {
    let size = u64::from(PAGE);
    pages
        .get(&(index / size))
        .and_then(|rows| rows.get(usize::try_from(index % size).unwrap_or(usize::MAX)))
}
