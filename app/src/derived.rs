//! Values that follow from other values. In the browser they are kept until something they were
//! made from changes. The server makes them anew at each reading: it draws a page once, on several
//! threads, and a value that was made while its data was on the way could be kept a moment too
//! long; the page would then take over something else than was sent.

use leptos::prelude::*;

/// A value that follows from others.
#[cfg(feature = "ssr")]
pub type Derived<T> = Signal<T>;
/// A value that follows from others.
#[cfg(not(feature = "ssr"))]
pub type Derived<T> = Memo<T>;

/// Makes a value that follows from what `make` reads. It is handed the value before, if there was
/// one (on the server there never is).
#[track_caller]
pub fn derived<T>(make: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Derived<T>
where
    T: PartialEq + Send + Sync + 'static,
{
    #[cfg(feature = "ssr")]
    return Signal::derive(move || make(None));
    #[cfg(not(feature = "ssr"))]
    return Memo::new(make);
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::derived;
    use leptos::prelude::*;

    #[test]
    fn the_server_sees_a_change_before_anybody_tells_of_it() {
        let owner = Owner::new();
        owner.with(|| {
            let answer = RwSignal::new(None::<u32>);
            let shown = derived(move |_| answer.get().map_or("nothing", |_| "cards"));
            let twice = derived(move |_| shown.get());
            assert_eq!(twice.get(), "nothing");
            // As long as another thread has set the answer but not told those that read it.
            answer.update_untracked(|answer| *answer = Some(1));
            assert_eq!(twice.get(), "cards");
        });
    }
}
