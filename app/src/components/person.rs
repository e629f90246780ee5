//! People beside what they did.

use leptos::prelude::*;

/// The first letters of the first two words of a name; the style shows them as capitals, which needs
/// no table of all letters here.
pub fn initials(name: &str) -> String {
    name.split(|c: char| c.is_whitespace() || c == '-')
        .filter_map(|word| word.chars().next())
        .take(2)
        .collect()
}

/// A person's initials; the name stands beside it or in the element around it.
#[component]
pub fn Avatar(
    /// The name.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <span
            class=move || if name.with(|name| name == "Slipway") { "avatar robot" } else { "avatar" }
            aria-hidden="true"
        >
            {move || name.with(|name| initials(name))}
        </span>
    }
}

/// A person: initials and name.
#[component]
pub fn Who(
    /// The name.
    #[prop(into)]
    name: Signal<String>,
) -> impl IntoView {
    view! {
        <span class="who">
            <Avatar name/>
            <span>{move || name.get()}</span>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_two_letters_at_most() {
        assert_eq!(initials("Ana Ribeiro"), "AR");
        assert_eq!(initials("Ana Maria Ribeiro"), "AM");
        assert_eq!(initials("ana"), "a");
        assert_eq!(initials(""), "");
        assert_eq!(initials("Jean-Luc"), "JL");
    }
}
