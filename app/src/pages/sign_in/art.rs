//! The picture beside the form: what the product does, without a word and without any data of the
//! installation.

use leptos::prelude::*;

/// A row: heights and numbers in three lanes, and where one is on its way.
struct Row {
    number: [Option<&'static str>; 3],
    /// Position of the version on its way, and its number.
    moving: Option<(u32, &'static str)>,
}

const fn row(number: [Option<&'static str>; 3], moving: Option<(u32, &'static str)>) -> Row {
    Row { number, moving }
}

const ROWS: [Row; 9] = [
    row([Some("7.1"), Some("7.1"), Some("7.1")], None),
    row([Some("3.3"), Some("3.2"), None], None),
    row(
        [Some("2.14"), Some("2.14"), Some("2.13")],
        Some((412, "2.14")),
    ),
    row([Some("11.2"), Some("11.1"), Some("11.0")], None),
    row([Some("9.5"), None, Some("9.4")], None),
    row([Some("3.8"), Some("3.7"), Some("3.7")], Some((176, "3.8"))),
    row([Some("4.3"), Some("4.3"), Some("4.2")], None),
    row([Some("1.22"), Some("1.21"), None], None),
    row([Some("6.20"), Some("6.19"), Some("6.19")], None),
];

/// Where the hulls of each lane begin, and their class.
const LANES: [(u32, &str); 3] = [(54, "h f"), (302, "h m"), (544, "h l")];

/// The picture.
#[component]
pub fn Art() -> impl IntoView {
    let rows = ROWS
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let middle = 150 + 82 * index as u32;
            let end = LANES
                .iter()
                .zip(row.number)
                .filter(|(_, number)| number.is_some())
                .map(|((x, _), _)| *x)
                .max()
                .unwrap_or(54);
            view! {
                <path class="r" d=format!("M54 {middle}H{end}")></path>
                {row.moving.map(|(x, _)| view! { <path class="voy" d=format!("M54 {middle}H{}", x + 10)></path> })}
                {LANES
                    .iter()
                    .zip(row.number)
                    .filter_map(|((x, class), number)| Some(hull(*x, middle, class, number?)))
                    .collect_view()}
                {row.moving.map(|(x, number)| hull(x, middle, "h a", number))}
            }
        })
        .collect_view();
    view! {
        <div class="si-art">
            <svg class="art" viewBox="0 0 720 900" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
                <g class="lanes">
                    <rect x="0" width="240" height="900"></rect>
                    <rect x="240" width="240" height="900"></rect>
                    <rect x="480" width="240" height="900"></rect>
                </g>
                <g class="names">
                    <text x="32" y="64">"Development"</text>
                    <text x="272" y="64">"Quality"</text>
                    <text x="512" y="64">"Production"</text>
                </g>
                {rows}
            </svg>
        </div>
    }
}

fn hull(x: u32, middle: u32, class: &'static str, number: &'static str) -> impl IntoView + use<> {
    let straight = 15 + 94 * number.len() as u32 / 10;
    view! {
        <g class=class transform=format!("translate({x} {})", middle - 15)>
            <path d=format!("M5 0H{straight}a15 15 0 0 1 0 30H5a5 5 0 0 1-5-5V5a5 5 0 0 1 5-5z")></path>
            <text x="11" y="20.5">
                {number}
            </text>
        </g>
    }
}
