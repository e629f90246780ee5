//! Labels are texts, short or long.

use domain::label::Label;
use pretty_assertions::assert_eq;

#[test]
fn a_label_is_its_text_whatever_its_length() {
    for length in 0..60 {
        for text in ["a".repeat(length), "ä".repeat(length)] {
            let label = Label::from(text.as_str());
            assert_eq!(label.as_str(), text);
            assert_eq!(label.clone(), label);
            assert_eq!(String::from(label.clone()), text);
            let bytes = postcard::to_stdvec(&label).unwrap();
            assert_eq!(bytes, postcard::to_stdvec(&text).unwrap());
            assert_eq!(postcard::from_bytes::<Label>(&bytes).unwrap(), label);
        }
    }
}

#[test]
fn labels_sort_as_texts_do() {
    let mut texts = vec!["b", "", "a long text that is kept elsewhere", "a", "ab"];
    let mut labels: Vec<Label> = texts.iter().map(|t| Label::from(*t)).collect();
    texts.sort_unstable();
    labels.sort_unstable();
    assert_eq!(labels, texts);
}
