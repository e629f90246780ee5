//! Tables and their pages. The only place where a table element begins, so that its parts nest as
//! the browser wants them.

use super::button::{Button, Size};
use super::status::thousands;
use domain::view::COUNT_CAP;
use leptos::prelude::*;

/// A column's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its words; empty for columns of controls.
    pub label: String,
    /// What a column of controls is for, for screen readers.
    pub hidden_label: String,
    /// `end` for numbers, `tight` for controls.
    pub class: &'static str,
}

impl Column {
    /// A column of words.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            hidden_label: String::new(),
            class: "",
        }
    }

    /// A column whose head is read but not seen.
    pub fn hidden(label: impl Into<String>, class: &'static str) -> Self {
        Self {
            label: String::new(),
            hidden_label: label.into(),
            class,
        }
    }

    /// The same with a class.
    #[must_use]
    pub fn class(self, class: &'static str) -> Self {
        Self { class, ..self }
    }
}

/// A table: its children are `tr` elements, each with one `th scope="row"`.
#[component]
pub fn Table(
    /// What the table holds; read, not seen.
    #[prop(into)]
    caption: Signal<String>,
    /// The heads.
    #[prop(into)]
    columns: Signal<Vec<Column>>,
    /// Further classes for the screen's own style.
    #[prop(default = "")]
    class: &'static str,
    /// The rows.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="table-wrap">
            <table class=format!("table {class}") role="table">
                <caption class="vh">{move || caption.get()}</caption>
                <thead>
                    <tr>
                        {move || {
                            columns
                                .get()
                                .into_iter()
                                .map(|column| {
                                    view! {
                                        <th scope="col" class=column.class>
                                            {column.label}
                                            {(!column.hidden_label.is_empty())
                                                .then(|| {
                                                    view! { <span class="vh">{column.hidden_label}</span> }
                                                })}
                                        </th>
                                    }
                                })
                                .collect_view()
                        }}
                    </tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
}

/// "1 to 50 of 1,234" with the way to the pages before and after.
#[component]
pub fn Pager(
    /// Position of the first row.
    #[prop(into)]
    offset: Signal<u64>,
    /// Rows on a page.
    #[prop(into)]
    limit: Signal<u64>,
    /// Rows in all.
    #[prop(into)]
    total: Signal<u64>,
    /// What the pages before and after hold, in the order of the list.
    #[prop(default = ("Previous", "Next"))]
    words_for: (&'static str, &'static str),
    /// Goes to the page that begins there.
    #[prop(into)]
    on_page: Callback<u64>,
) -> impl IntoView {
    let last = move || (offset.get() + limit.get()).min(total.get());
    let words = move || {
        let more = if total.get() >= COUNT_CAP { "+" } else { "" };
        format!(
            "{} to {} of {}{more}",
            thousands((offset.get() + 1).min(total.get())),
            thousands(last()),
            thousands(total.get()),
        )
    };
    view! {
        <nav class="pager" aria-label="Pages">
            <span class="num">{words}</span>
            <Button
                label=words_for.0
                icon="left"
                size=Size::Small
                refusal=Signal::derive(move || {
                    (offset.get() == 0).then(|| "This is the first page".to_owned())
                })
                on_press=Callback::new(move |()| {
                    on_page.try_run(offset.get_untracked().saturating_sub(limit.get_untracked()));
                })
            />
            <Button
                label=words_for.1
                icon_end="right"
                size=Size::Small
                refusal=Signal::derive(move || {
                    (last() >= total.get()).then(|| "This is the last page".to_owned())
                })
                on_press=Callback::new(move |()| {
                    on_page.try_run(offset.get_untracked() + limit.get_untracked());
                })
            />
        </nav>
    }
}
