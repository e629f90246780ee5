//! Deploying an application to the environment after the one it runs in.

use super::{Entry, Go, Picture};
use crate::components::rail::Rail;
use crate::routes;
use domain::view::PossibleMove;

/// The moves that a plan can make now, then those that something keeps from being made, with what
/// it is. `refusal` is why this person can make none.
pub(super) fn deploy(refusal: Option<&String>, moves: &[PossibleMove]) -> Vec<Entry> {
    let mut list: Vec<Entry> = moves
        .iter()
        .filter_map(|one| {
            let (source, here) = &one.here;
            let (target, next) = &one.next;
            let kept = match Rail::between(here, next) {
                Rail::CanMove { .. } => None,
                Rail::Moving { plan, .. } => Some(format!("moving to {target} in #{plan}")),
                Rail::Waits { plan, why } => {
                    let why = why.word();
                    Some(format!("{why} for {target} in #{plan}"))
                }
                Rail::Held => Some(format!("blocked in {target}")),
                Rail::TakenOut => Some(format!("held back from {target}")),
                // There is nothing newer, or something that would be lost.
                Rail::Off | Rail::Same | Rail::Changed | Rail::LacksHotfix | Rail::MergeBack => {
                    return None;
                }
            };
            let deed = match here.version {
                Some(number) if !here.marks.modified => format!("Deploy {} {number}", one.name),
                _ => format!("Tag & Deploy {}", one.name),
            };
            Some(Entry {
                group: "Do",
                rank: 0,
                picture: Picture::Icon("arrow"),
                label: format!("{deed} to {target}"),
                meta: format!("{source} \u{2192} {target}"),
                refusal: kept.or_else(|| refusal.cloned()),
                go: Go::To(routes::new_plan(source, target, &[one.application])),
            })
        })
        .collect();
    list.sort_by_key(|entry| entry.refusal.is_some());
    list
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;
    use domain::application::Marks;
    use domain::view::{IncomingPlan, MatrixCell};
    use domain::{ApplicationId, EnvironmentId};
    use std::str::FromStr;

    const ID: &str = "00000000-0000-7000-8000-000000000001";

    fn cell(version: &str, can_move: bool) -> MatrixCell {
        MatrixCell {
            environment: EnvironmentId::from_str(ID).expect("an id"),
            present: !version.is_empty(),
            version: version.parse().ok(),
            marks: Marks::default(),
            block_reason: None,
            changed: None,
            can_move,
            held: false,
            incoming: None,
        }
    }

    fn one(name: &str, here: MatrixCell, next: MatrixCell) -> PossibleMove {
        PossibleMove {
            application: ApplicationId::from_str(ID).expect("an id"),
            name: name.to_owned(),
            here: ("Quality".to_owned(), here),
            next: ("Production".to_owned(), next),
        }
    }

    #[test]
    fn what_can_move_is_offered_first_and_what_cannot_says_why() {
        let moving = MatrixCell {
            incoming: Some(IncomingPlan {
                number: 1853,
                brings: "2.14".parse().ok(),
                waits: None,
            }),
            ..cell("2.13", false)
        };
        let modified = MatrixCell {
            marks: Marks {
                modified: true,
                ..Marks::default()
            },
            ..cell("1.0", true)
        };
        let moves = [
            one("Claims Portal", cell("2.14", true), moving),
            one("Claims Core", cell("2.13", false), cell("2.13", false)),
            one("Claims Back Office", cell("4.3", true), cell("4.2", false)),
            one("Claims Desk", modified, cell("", false)),
        ];
        let list = deploy(None, &moves);
        let shown: Vec<_> = list
            .iter()
            .map(|entry| (entry.label.as_str(), entry.refusal.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("Deploy Claims Back Office 4.3 to Production", None),
                ("Tag & Deploy Claims Desk to Production", None),
                (
                    "Deploy Claims Portal 2.14 to Production",
                    Some("moving to Production in #1853")
                ),
            ]
        );
        assert_eq!(list[0].meta, "Quality \u{2192} Production");
        assert!(matches!(&list[0].go, Go::To(path)
            if path == &format!("/plans/new?source=Quality&target=Production&applications={ID}")));
        let reason = "You may not change plans.".to_owned();
        assert!(
            deploy(Some(&reason), &moves)
                .iter()
                .all(|entry| entry.refusal.is_some())
        );
    }
}
