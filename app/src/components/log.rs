//! The log of a run: a window of its lines, with hits marked and every line a link. Which lines
//! are in the window is the page's business; this only shows them and says where the reader is.

use super::time::use_clock;
use domain::Timestamp;
use domain::execution::LogKind;
use domain::view::LogLine;
use leptos::html;
use leptos::prelude::*;

/// Where the reader of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPosition {
    /// Near the first line of the window.
    Top,
    /// Somewhere between, after scrolling up.
    Left,
    /// At the last line.
    Bottom,
}

/// The level as it is written in the log.
pub const fn level_word(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Start => "START",
        LogKind::Step | LogKind::StepSub => "STEP",
        LogKind::Info => "INFO",
        LogKind::Warning => "WARN",
        LogKind::Error => "ERROR",
        LogKind::AcceptableError => "ALLOWED",
        LogKind::PublishStop => "STOP",
        LogKind::StageAborted => "ABORT",
        LogKind::End => "END",
        LogKind::Unknown => "",
    }
}

const fn line_class(kind: LogKind) -> &'static str {
    match kind {
        LogKind::Start | LogKind::Step | LogKind::End => "ln s",
        LogKind::Warning | LogKind::AcceptableError => "ln w",
        LogKind::Error | LogKind::PublishStop | LogKind::StageAborted => "ln e",
        LogKind::StepSub | LogKind::Info | LogKind::Unknown => "ln",
    }
}

/// A text cut at the places where `query` is found, ASCII letters compared without case: pieces
/// with whether they are a hit.
pub fn marked(text: &str, query: &str) -> Vec<(String, bool)> {
    let query = query.trim();
    if query.is_empty() {
        return vec![(text.to_owned(), false)];
    }
    let folded = text.to_ascii_lowercase();
    let query = query.to_ascii_lowercase();
    let mut pieces = Vec::new();
    let mut from = 0;
    for (at, hit) in folded.match_indices(&query) {
        if at > from {
            pieces.push((text[from..at].to_owned(), false));
        }
        pieces.push((text[at..at + hit.len()].to_owned(), true));
        from = at + hit.len();
    }
    if from < text.len() {
        pieces.push((text[from..].to_owned(), false));
    }
    pieces
}

/// The lines of a log.
#[component]
pub fn LogView(
    /// The window's lines.
    #[prop(into)]
    lines: Signal<Vec<LogLine>>,
    /// The text that is marked.
    #[prop(into)]
    query: Signal<String>,
    /// The line that stands out: the one of the address, or the current hit.
    #[prop(into)]
    target: Signal<Option<u64>>,
    /// What stands before the first line ("Earlier lines", or nothing).
    #[prop(into)]
    before: Signal<Option<String>>,
    /// Loads what is before the first line.
    #[prop(into)]
    on_before: Callback<()>,
    /// What stands after the last line when there are no lines at all.
    #[prop(into)]
    empty: Signal<String>,
    /// The scrolling element, for the page to follow the end.
    node: NodeRef<html::Div>,
    /// The reader went somewhere.
    #[prop(into)]
    on_move: Callback<LogPosition>,
    /// The reader chose a line.
    #[prop(into)]
    on_line: Callback<u64>,
) -> impl IntoView {
    let last_top = StoredValue::new(0_i32);
    let on_scroll = move |_| {
        // The browser tells of scrolling a frame later, when the log may have left the screen.
        let (Some(element), Some(before)) =
            (node.try_get_untracked().flatten(), last_top.try_get_value())
        else {
            return;
        };
        let top = element.scroll_top();
        let up = top < before - 2;
        last_top.set_value(top);
        let rest = element.scroll_height() - top - element.client_height();
        if rest < 8 {
            on_move.try_run(LogPosition::Bottom);
        } else if up && top < 40 {
            on_move.try_run(LogPosition::Top);
        } else if up {
            on_move.try_run(LogPosition::Left);
        }
    };
    view! {
        <div
            class="log"
            tabindex="0"
            role="log"
            aria-live="off"
            aria-label="Log of the run"
            node_ref=node
            on:scroll=on_scroll
        >
            {move || {
                before
                    .get()
                    .map(|label| {
                        view! {
                            <button type="button" class="log-more" on:click=move |_| {
                                on_before.try_run(());
                            }>
                                {label}
                            </button>
                        }
                    })
            }}
            <For each=move || lines.get() key=|line| line.number let:line>
                <Line line query target on_line/>
            </For>
            {move || {
                lines.with(Vec::is_empty).then(|| view! { <p class="log-empty">{empty.get()}</p> })
            }}
        </div>
    }
}

#[component]
fn Line(
    line: LogLine,
    query: Signal<String>,
    target: Signal<Option<u64>>,
    on_line: Callback<u64>,
) -> impl IntoView {
    let clock = use_clock();
    let LogLine {
        number,
        at,
        kind,
        module,
        text,
    } = line;
    let class = move || {
        if target.get() == Some(number) {
            format!("{} target", line_class(kind))
        } else {
            line_class(kind).to_owned()
        }
    };
    view! {
        // Can have the focus, so that one line can be read out.
        <div class=class id=format!("L{number}") tabindex="-1">
            <span>
                <a
                    href=format!("#L{number}")
                    tabindex="-1"
                    on:click=move |event| {
                        event.prevent_default();
                        event.stop_propagation();
                        on_line.try_run(number);
                    }
                >
                    {number}
                </a>
            </span>
            <span>{move || precise(clock.civil(at).clock(), at)}</span>
            <span class="lv">{level_word(kind)}</span>
            <span>{module.unwrap_or_default()}</span>
            <span>
                {move || {
                    marked(&text, &query.get())
                        .into_iter()
                        .map(|(piece, hit)| {
                            if hit {
                                let current = move || (target.get() == Some(number)).then_some("cur");
                                view! { <mark class=current>{piece}</mark> }.into_any()
                            } else {
                                view! { <span>{piece}</span> }.into_any()
                            }
                        })
                        .collect_view()
                }}
            </span>
        </div>
    }
}

/// 10:44:12.073, and the zone behind it while the page does not know the reader's.
fn precise(clock: String, at: Timestamp) -> String {
    let milliseconds = at.0.rem_euclid(1000);
    match clock.split_once(' ') {
        Some((time, zone)) => format!("{time}.{milliseconds:03} {zone}"),
        None => format!("{clock}.{milliseconds:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_found_without_case_and_in_any_script() {
        let cut = |text: &str, query: &str| -> Vec<(String, bool)> { marked(text, query) };
        assert_eq!(cut("abc", ""), vec![("abc".to_owned(), false)]);
        assert_eq!(
            cut("Use core and CORE", "core"),
            vec![
                ("Use ".to_owned(), false),
                ("core".to_owned(), true),
                (" and ".to_owned(), false),
                ("CORE".to_owned(), true),
            ]
        );
        assert_eq!(cut("Größe İ x", "x").last(), Some(&("x".to_owned(), true)));
        assert_eq!(cut("aaa", "aa").len(), 2);
    }

    #[test]
    fn times_carry_milliseconds() {
        assert_eq!(
            precise("10:44:12 UTC".to_owned(), Timestamp(73)),
            "10:44:12.073 UTC"
        );
        assert_eq!(
            precise("10:44:12".to_owned(), Timestamp(-1)),
            "10:44:12.999"
        );
    }
}
