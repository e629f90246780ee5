//! The marks of an application in an environment, worst first, each as a glyph and a word.

use super::status::{Look, Status};
use domain::application::Marks;
use leptos::prelude::*;

/// All marks that are set, worst first.
pub fn looks(marks: &Marks, block_reason: Option<&str>) -> Vec<Look> {
    let mut looks = Vec::new();
    if marks.broken_references > 0 {
        looks.push(Look::broken(marks.broken_references));
    }
    if marks.hotfix {
        looks.push(Look::hotfix());
    }
    if marks.changed_outside {
        looks.push(Look::changed_outside());
    }
    if marks.outdated_references > 0 {
        looks.push(Look::outdated(marks.outdated_references));
    }
    if marks.blocked {
        looks.push(match block_reason {
            Some(reason) if !reason.is_empty() => Look::blocked(reason),
            _ => Look::new("locked", "Blocked", "mute"),
        });
    }
    // Changed outside and hotfix say more than "modified" does.
    if marks.modified && !marks.changed_outside && !marks.hotfix {
        looks.push(Look::modified());
    }
    looks
}

/// The marks in a line: the worst in words, the others as glyphs with their words for readers
/// and as tooltips.
#[component]
pub fn MarkLine(
    /// What is set.
    marks: Marks,
    /// Why it is blocked.
    #[prop(optional_no_strip)]
    block_reason: Option<String>,
    /// All in words.
    #[prop(default = false)]
    all: bool,
) -> impl IntoView {
    let looks = looks(&marks, block_reason.as_deref());
    (!looks.is_empty()).then(|| {
        view! {
            <span class="marks">
                {looks
                    .into_iter()
                    .enumerate()
                    .map(|(index, look)| {
                        let word = look.word.clone();
                        let tip = word.clone();
                        if index == 0 || all {
                            view! {
                                <span class="mk" title=tip>
                                    <Status look=look plain=true/>
                                </span>
                            }
                                .into_any()
                        } else {
                            view! {
                                <span class="mk" title=tip>
                                    <span class=format!("st plain {}", look.tone)>
                                        <super::icon::Glyph name=look.glyph/>
                                        <span class="vh">{word}</span>
                                    </span>
                                </span>
                            }
                                .into_any()
                        }
                    })
                    .collect_view()}
            </span>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_mark_comes_first_and_modified_gives_way() {
        let marks = Marks {
            modified: true,
            hotfix: false,
            changed_outside: true,
            blocked: true,
            broken_references: 2,
            outdated_references: 0,
        };
        let words: Vec<_> = looks(&marks, Some("legal review"))
            .into_iter()
            .map(|look| look.word)
            .collect();
        assert_eq!(
            words,
            ["2 broken refs", "Changed outside", "Blocked: legal review"]
        );
        let only = looks(
            &Marks {
                modified: true,
                ..Marks::default()
            },
            None,
        );
        assert_eq!(only.len(), 1);
        assert_eq!(only[0].word, "Modified");
    }
}
