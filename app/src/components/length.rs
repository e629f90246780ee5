//! Texts that are longer than what is taken: a browser would cut what is pasted without a word, so
//! it is told to cut nothing, and what is too long is said.

use super::status::thousands;

/// The `maxlength` of a field whose text is measured in words.
pub const NEVER_CUT: u32 = i32::MAX as u32;

/// What is wrong with a text that is longer than `what` takes ("a tag").
pub fn too_long(text: &str, what: &str, most: usize) -> Option<String> {
    let count = text.chars().count();
    (count > most).then(|| {
        format!(
            "This has {} characters, and {what} takes {}. Shorten it; nothing is cut off.",
            thousands(count as u64),
            thousands(most as u64)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::too_long;

    #[test]
    fn letters_are_counted_and_not_bytes() {
        assert_eq!(too_long(&"ü".repeat(2_000), "a tag", 2_000), None);
        let said = too_long(&"ü".repeat(2_345), "a tag", 2_000).unwrap_or_default();
        assert!(
            said.contains("2,345 characters") && said.contains("a tag takes 2,000"),
            "{said}"
        );
    }
}
