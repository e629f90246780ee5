//! Parts of the frame that are rarely opened: the palette's content, the list of keys, one's own
//! dialogs. Their code is one part that is loaded when the first of them is opened.

// `wasm_split` expands to the foreign functions that load a part; none is written here.
#![allow(
    unsafe_code,
    clippy::used_underscore_binding,
    clippy::unnecessary_wraps
)]

use super::keyboard::{KeyHelp, use_keyboard};
use super::me::MeDialogs;
use super::palette;
use super::toast::use_toasts;
use crate::derived::derived;
use futures::FutureExt;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::{SplitLoaderError, wasm_split};

/// What the part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// What is in the palette.
    Palette,
    /// The dialogs, each closed until it is opened.
    Dialogs,
}

// One function, because each one knows only of itself whether its part is here.
#[wasm_split(frame, wasm_split_path = ::leptos::wasm_split, preload(load_frame), fallible)]
fn frame(piece: Piece) -> Result<AnyView, SplitLoaderError> {
    Ok(match piece {
        Piece::Palette => view! { <palette::Content/> }.into_any(),
        Piece::Dialogs => {
            let me = expect_context::<MeDialogs>();
            view! {
                <KeyHelp/>
                {me.view()}
            }
            .into_any()
        }
    })
}

/// A piece of the part that is here: it answers at once.
fn piece(piece: Piece) -> Option<AnyView> {
    frame(piece).now_or_never().and_then(Result::ok)
}

/// Whether the part is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Away,
    Coming,
    Here,
}

/// The palette and the dialogs of the frame. Nothing of them is in the document until one is
/// opened.
#[component]
pub fn FrameParts(
    /// One's own dialogs.
    me: MeDialogs,
) -> impl IntoView {
    let keyboard = use_keyboard();
    let toasts = use_toasts();
    let part = RwSignal::new(Part::Away);
    let openers = [keyboard.help, keyboard.palette, me.tokens, me.password];
    let open = derived(move |_| openers.iter().any(|open| open.get()));
    Effect::new(move |_| {
        if !(open.get() || keyboard.near.get()) || part.get_untracked() != Part::Away {
            return;
        }
        part.set(Part::Coming);
        spawn_local(async move {
            if load_frame().await.is_ok() {
                part.try_set(Part::Here);
                return;
            }
            part.try_set(Part::Away);
            keyboard.near.try_set(false);
            if open.try_get_untracked() == Some(true) {
                for opener in openers {
                    opener.try_set(false);
                }
                toasts.warn(
                    "This could not be opened",
                    "A part of the page did not arrive from the console. Try again in a moment.",
                );
            }
        });
    });
    let here = derived(move |_| part.get() == Part::Here);
    let dialogs = move || here.get().then(|| piece(Piece::Dialogs)).flatten();
    let content = ViewFn::from(move || {
        if here.get() {
            piece(Piece::Palette).into_any()
        } else {
            view! { <palette::Waiting/> }.into_any()
        }
    });
    view! {
        <palette::Palette content/>
        {dialogs}
    }
}
