//! An order of a WebAssembly file's functions in which like follows like. Most of the page's code is
//! made from few sources for many types; Brotli finds what two functions share the better the
//! nearer they are.

use crate::wasm::{CODE, CUSTOM, IMPORTS, Reader, change_sections, imported_functions};
use crate::wasm::{write_number, write_section, write_text};
use anyhow::Result;
use std::collections::HashMap;

/// Bytes that are compared at once; about two instructions.
const WINDOW: usize = 6;
/// What is shorter is only sorted.
const SHORT: usize = 24;
/// What so many functions share says nothing about two of them.
const COMMON: usize = 200;

/// Gives each function its place as its name, for `wasm-opt --reorder-functions-by-name`.
pub fn name_by_place(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0;
    let mut places = Vec::new();
    let mut out = change_sections(wasm, |section, content| {
        match section {
            IMPORTS => imported = imported_functions(content)?,
            CODE => places = places_of(&bodies(content)?),
            CUSTOM if Reader::new(content).text()? == "name" => return Ok(Some(empty_names())),
            _ => {}
        }
        Ok(None)
    })?;
    let mut functions = Vec::new();
    write_number(&mut functions, places.len());
    for (function, place) in places.iter().enumerate() {
        write_number(&mut functions, imported + function);
        write_text(&mut functions, &format!("{place:06}"));
    }
    let mut names = empty_names();
    write_section(&mut names, 1, &functions);
    write_section(&mut out, CUSTOM, &names);
    Ok(out)
}

fn empty_names() -> Vec<u8> {
    let mut names = Vec::new();
    write_text(&mut names, "name");
    names
}

fn bodies(content: &[u8]) -> Result<Vec<&[u8]>> {
    let mut read = Reader::new(content);
    (0..read.number()?)
        .map(|_| {
            let length = read.number()?;
            read.take(length)
        })
        .collect()
}

/// The place of each function.
fn places_of(bodies: &[&[u8]]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..bodies.len()).collect();
    sorted.sort_by_key(|function| bodies[*function]);
    let (short, long): (Vec<_>, Vec<_>) = sorted
        .into_iter()
        .partition(|function| bodies[*function].len() < SHORT);
    let chain = chain(
        &long
            .iter()
            .map(|function| bodies[*function])
            .collect::<Vec<_>>(),
    );
    let order = short
        .into_iter()
        .chain(chain.into_iter().map(|at| long[at]));
    let mut places = vec![0; bodies.len()];
    for (place, function) in order.enumerate() {
        places[function] = place;
    }
    places
}

/// From each one to the one most like it of those that are left; where none is, to the first of them.
fn chain(bodies: &[&[u8]]) -> Vec<usize> {
    let windows: Vec<Vec<u64>> = bodies.iter().map(|body| windows(body)).collect();
    let mut holders: HashMap<u64, Vec<usize>> = HashMap::new();
    for (at, windows) in windows.iter().enumerate() {
        for window in windows {
            holders.entry(*window).or_default().push(at);
        }
    }
    let mut left = vec![true; bodies.len()];
    let mut shared = vec![0_usize; bodies.len()];
    let mut order = Vec::with_capacity(bodies.len());
    let mut next = (!bodies.is_empty()).then_some(0);
    let mut first_left = 0;
    while let Some(here) = next {
        left[here] = false;
        order.push(here);
        let mut met = Vec::new();
        for window in &windows[here] {
            let holders = &holders[window];
            if holders.len() > COMMON {
                continue;
            }
            for at in holders.iter().copied().filter(|at| left[*at]) {
                if shared[at] == 0 {
                    met.push(at);
                }
                shared[at] += 1;
            }
        }
        met.sort_unstable();
        // Windows that both have, of those that either has; compared as fractions.
        let mut best: Option<(usize, usize, usize)> = None;
        for at in met {
            let both = std::mem::take(&mut shared[at]);
            let either = windows[here].len() + windows[at].len() - both;
            if best.is_none_or(|(_, most, of)| both * of > most * either) {
                best = Some((at, both, either));
            }
        }
        next = best.map(|(at, ..)| at).or_else(|| {
            first_left += left[first_left..].iter().position(|left| *left)?;
            Some(first_left)
        });
    }
    order
}

/// Every few bytes that follow each other somewhere in a body, each once.
fn windows(body: &[u8]) -> Vec<u64> {
    let mut windows: Vec<u64> = body
        .windows(WINDOW)
        .map(|window| {
            window
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte))
        })
        .collect();
    windows.sort_unstable();
    windows.dedup();
    windows
}

#[cfg(test)]
mod tests {
    use super::places_of;

    #[test]
    fn like_follows_like() {
        let body = |seed: u8, last: u8| {
            let mut body: Vec<u8> = (0..40).map(|at| at * 3 + seed).collect();
            body.push(last);
            body
        };
        let bodies = [body(0, 1), body(7, 1), body(0, 2), vec![9], body(7, 2)];
        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        assert_eq!(places_of(&bodies), [1, 3, 2, 0, 4]);
        assert_eq!(places_of(&[]), [0; 0]);
    }
}
