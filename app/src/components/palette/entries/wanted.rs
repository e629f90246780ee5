//! What was typed, read: a sign or a verb narrows the search.

/// What kind of entries is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything.
    Any,
    /// Actions only (`>`).
    Actions,
    /// Plans only (`#`).
    Plans,
    /// Environments only (`:`).
    Environments,
    /// An application to tag (`tag …`).
    Tag,
    /// An environment to synchronize (`sync …`).
    Synchronize,
    /// An application to deploy (`deploy …`).
    Deploy,
}

/// What was typed, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Which kind.
    pub kind: Kind,
    /// What is searched among them.
    pub rest: &'a str,
}

impl<'a> Wanted<'a> {
    /// Splits the sign or the verb that narrows the search from what is searched.
    pub fn read(text: &'a str) -> Self {
        const STARTS: [(&str, Kind); 7] = [
            (">", Kind::Actions),
            ("#", Kind::Plans),
            (":", Kind::Environments),
            ("tag ", Kind::Tag),
            ("sync ", Kind::Synchronize),
            ("synchronize ", Kind::Synchronize),
            ("deploy ", Kind::Deploy),
        ];
        let text = text.trim_start();
        STARTS
            .into_iter()
            .find_map(|(start, kind)| {
                let head = text.get(..start.len())?;
                head.eq_ignore_ascii_case(start).then(|| Self {
                    kind,
                    rest: text[start.len()..].trim(),
                })
            })
            .unwrap_or(Self {
                kind: Kind::Any,
                rest: text.trim(),
            })
    }

    /// What the server is asked for, if it is asked.
    pub fn asks_for(self) -> Option<&'a str> {
        (!self.rest.is_empty() && self.kind != Kind::Actions).then_some(self.rest)
    }

    /// What is said where nothing is found.
    pub fn nothing(self) -> String {
        let (what, more) = match self.kind {
            Kind::Any => (
                "Nothing",
                " Actions, applications, plans and environments are searched.",
            ),
            Kind::Actions => ("No action", ""),
            Kind::Plans => ("No plan", ""),
            Kind::Environments | Kind::Synchronize => ("No environment", ""),
            Kind::Tag => ("No application", ""),
            Kind::Deploy => ("Nothing that can be deployed", ""),
        };
        match self.rest {
            "" => match self.kind {
                Kind::Plans => "Type a plan's number or a part of its name.".to_owned(),
                Kind::Tag => "Type the name of the application to tag.".to_owned(),
                Kind::Deploy => "Type the name of the application to deploy.".to_owned(),
                _ => "Type the name of an environment.".to_owned(),
            },
            rest => format!("{what} found with “{rest}”.{more}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_narrows() {
        let read = |text| {
            let wanted = Wanted::read(text);
            (wanted.kind, wanted.rest, wanted.asks_for())
        };
        assert_eq!(read("# 18"), (Kind::Plans, "18", Some("18")));
        assert_eq!(read(" claims "), (Kind::Any, "claims", Some("claims")));
        assert_eq!(read(">"), (Kind::Actions, "", None));
        assert_eq!(read(">tag"), (Kind::Actions, "tag", None));
        assert_eq!(read("Tag Claims"), (Kind::Tag, "Claims", Some("Claims")));
        assert_eq!(read("sync "), (Kind::Synchronize, "", None));
        assert_eq!(read("deploy cl"), (Kind::Deploy, "cl", Some("cl")));
        assert_eq!(
            read("deployment"),
            (Kind::Any, "deployment", Some("deployment"))
        );
        assert_eq!(read("tagebuch"), (Kind::Any, "tagebuch", Some("tagebuch")));
        assert_eq!(read("ü"), (Kind::Any, "ü", Some("ü")));
    }
}
