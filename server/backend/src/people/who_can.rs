//! Whom somebody can ask who may not do something.

use super::actor_from;
use crate::Backend;
use domain::AppError;
use domain::access::Action;
use store::accounts;

impl Backend {
    /// Who may do this, in words: one by name, and how many others; none if there is nobody.
    pub(crate) async fn who_can(&self, action: Action) -> Result<Option<String>, AppError> {
        let all = accounts::list(self.store.read()).await?;
        let able = all.iter().filter(|user| user.active);
        let mut able = able.map(actor_from).filter(|one| one.access.can(action));
        Ok(able.next().map(|first| in_words(&first.name, able.count())))
    }
}

fn in_words(first: &str, others: usize) -> String {
    match others {
        0 => first.to_owned(),
        1 => format!("{first} and 1 other"),
        n => format!("{first} and {n} others"),
    }
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn one_is_named_and_the_others_are_counted() {
        assert_eq!(in_words("Ada", 0), "Ada");
        assert_eq!(in_words("Ada", 1), "Ada and 1 other");
        assert_eq!(in_words("Ada", 2), "Ada and 2 others");
    }
}
