//! Lists of names in words.

use domain::impact::ElementSubject;

/// `GetQuote`, `GetQuote and Tariff`, `GetQuote, Tariff and 3 more`.
pub fn name_elements(elements: &[ElementSubject], count: u32) -> String {
    let names: Vec<&str> = elements.iter().map(|e| e.name.as_str()).collect();
    name_list(&names, count as usize, "elements")
}

/// A list in words: at most three names, then how many more. `total` may be above the number of
/// names given.
pub fn name_list(names: &[&str], total: usize, what: &str) -> String {
    let total = total.max(names.len());
    match names {
        [] if total == 0 => what.to_owned(),
        [] => format!("{total} {what}"),
        [one] if total == 1 => (*one).to_owned(),
        [one, two] if total == 2 => format!("{one} and {two}"),
        [one, two, three] if total == 3 => format!("{one}, {two} and {three}"),
        _ => {
            let shown = names.len().min(2);
            format!("{} and {} more", names[..shown].join(", "), total - shown)
        }
    }
}
