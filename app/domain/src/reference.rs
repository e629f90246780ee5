//! Elements that modules offer each other, and when a changed one still fits (domain.md 1.6).

use crate::name::compare;
use serde::{Deserialize, Serialize};

/// How a consumer is bound to what it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// Signature and implementation: the content is copied into the consumer at publish.
    Strong,
    /// Signature only: resolved at run time through the producer's address.
    Weak,
}

/// The kinds of element, as in domain.md 1.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ElementKind {
    /// Logic on the server, copied into consumers.
    ServerAction,
    /// Logic in the browser, copied into consumers.
    ClientAction,
    /// A reusable piece of screen.
    Block,
    /// A picture.
    Image,
    /// Any other file.
    Resource,
    /// A script file.
    Script,
    /// A style sheet with its files.
    Theme,
    /// A role that end users have.
    Role,
    /// A business process.
    Process,
    /// One activity of a process.
    ProcessActivity,
    /// A whole screen, reached by its address.
    Screen,
    /// Logic reached over the network.
    ServiceAction,
    /// A table.
    Entity,
    /// A fixed list of records.
    StaticEntity,
    /// A shape of data.
    Structure,
}

impl ElementKind {
    /// All kinds, in order.
    pub const ALL: [Self; 15] = [
        Self::ServerAction,
        Self::ClientAction,
        Self::Block,
        Self::Image,
        Self::Resource,
        Self::Script,
        Self::Theme,
        Self::Role,
        Self::Process,
        Self::ProcessActivity,
        Self::Screen,
        Self::ServiceAction,
        Self::Entity,
        Self::StaticEntity,
        Self::Structure,
    ];

    /// How consumers of this kind are bound.
    pub const fn strength(self) -> Strength {
        match self {
            Self::Screen
            | Self::ServiceAction
            | Self::Entity
            | Self::StaticEntity
            | Self::Structure => Strength::Weak,
            _ => Strength::Strong,
        }
    }

    /// The word people read ("action", "screen").
    pub const fn label(self) -> &'static str {
        match self {
            Self::ServerAction => "server action",
            Self::ClientAction => "client action",
            Self::Block => "block",
            Self::Image => "image",
            Self::Resource => "resource",
            Self::Script => "script",
            Self::Theme => "theme",
            Self::Role => "role",
            Self::Process => "process",
            Self::ProcessActivity => "process activity",
            Self::Screen => "screen",
            Self::ServiceAction => "service action",
            Self::Entity => "entity",
            Self::StaticEntity => "static entity",
            Self::Structure => "structure",
        }
    }
}

/// What a member is to its element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// Given by the consumer.
    Input,
    /// Given back to the consumer.
    Output,
    /// A field of an entity or structure.
    Attribute,
    /// One record of a static entity.
    Record,
}

/// One typed part of an element's interface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Member {
    /// What it is to the element.
    pub role: MemberRole,
    /// Its name; compared with ASCII case folded.
    pub name: String,
    /// Its type as written in the manifest (`text`, `integer`, another element's name, …).
    pub data_type: String,
    /// Whether a consumer must give it.
    pub mandatory: bool,
}

/// An element's interface: its typed members, sorted by role and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Interface {
    /// The members.
    pub members: Vec<Member>,
}

impl Interface {
    /// The interface with these members: sorted by role and name; of members with the same role
    /// and name the first is kept.
    pub fn new(mut members: Vec<Member>) -> Self {
        members.sort_by(Member::place);
        members.dedup_by(|later, first| first.place(later).is_eq());
        Self { members }
    }

    /// Whether the members are sorted and none appears twice.
    pub fn is_normal(&self) -> bool {
        self.members.windows(2).all(|w| w[0].place(&w[1]).is_lt())
    }

    /// The position of a member; names are compared with ASCII case folded.
    pub fn position(&self, role: MemberRole, name: &str) -> Option<usize> {
        self.members
            .binary_search_by(|m| m.role.cmp(&role).then_with(|| compare(&m.name, name)))
            .ok()
    }

    /// The positions of all members with one of these names, sorted; `Err` is the first name that
    /// no member has.
    pub fn positions<'a>(&self, names: &[&'a str]) -> Result<Vec<u16>, &'a str> {
        let mut found = Vec::new();
        for name in names {
            let before = found.len();
            for (i, member) in self.members.iter().enumerate() {
                if compare(&member.name, name).is_eq() {
                    found.push(u16::try_from(i).map_err(|_| *name)?);
                }
            }
            if found.len() == before {
                return Err(name);
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }
}

impl Member {
    fn place(&self, other: &Self) -> std::cmp::Ordering {
        self.role
            .cmp(&other.role)
            .then_with(|| compare(&self.name, &other.name))
    }
}

/// How a changed element fits a consumer that was made for the former one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compatibility {
    /// Nothing changed that a consumer could see.
    Same,
    /// Changed in a way that the consumer need not know.
    Compatible,
    /// The consumer has to be adapted.
    Incompatible,
}

/// Types that consist of nothing else, as manifests call them: what a structure may get more of
/// without being another one to whoever reads it.
const BASIC_TYPES: [&str; 12] = [
    "text",
    "integer",
    "long_integer",
    "number",
    "decimal",
    "currency",
    "boolean",
    "date",
    "time",
    "date_time",
    "email",
    "phone_number",
];

/// Whether a consumer that saw `old` and uses the members at `used` (positions in `old`; empty
/// means all of them) of an element of this kind still fits `new` (domain.md 1.6).
///
/// * taken away: inputs fit, for nobody asks for them any more; anything else fits unless the
///   consumer uses it;
/// * added: outputs and records always fit; inputs and attributes fit if they are optional;
/// * of another type, or an optional member made mandatory: both at once, and an input is then
///   used by every consumer if it was mandatory.
///
/// Order and upper or lower case never matter; making a member optional fits. Of a block or a
/// screen the inputs stay as they are: any difference there does not fit. A structure can only get
/// more attributes of [basic types](BASIC_TYPES).
///
/// ```
/// use domain::reference::{
///     Compatibility, ElementKind, Interface, Member, MemberRole, compatible,
/// };
///
/// let input = |name: &str, mandatory| Member {
///     role: MemberRole::Input,
///     name: name.to_owned(),
///     data_type: "text".to_owned(),
///     mandatory,
/// };
/// let old = Interface::new(vec![input("customer", true)]);
/// let more = Interface::new(vec![input("customer", true), input("currency", false)]);
/// let asks = Interface::new(vec![input("customer", true), input("currency", true)]);
/// let fit = |kind, new| compatible(kind, &old, new, &[]);
/// assert_eq!(fit(ElementKind::ServiceAction, &old), Compatibility::Same);
/// assert_eq!(fit(ElementKind::ServiceAction, &more), Compatibility::Compatible);
/// assert_eq!(fit(ElementKind::ServiceAction, &asks), Compatibility::Incompatible);
/// assert_eq!(fit(ElementKind::Block, &more), Compatibility::Incompatible);
/// ```
pub fn compatible(
    kind: ElementKind,
    old: &Interface,
    new: &Interface,
    used: &[u16],
) -> Compatibility {
    if old == new {
        return Compatibility::Same;
    }
    let is_fixed = |role| {
        role == MemberRole::Input && matches!(kind, ElementKind::Block | ElementKind::Screen)
    };
    let mut same = old.members.len() == new.members.len();
    for (i, before) in old.members.iter().enumerate() {
        let position = u16::try_from(i).unwrap_or(u16::MAX);
        let is_input = before.role == MemberRole::Input;
        let is_used = used.is_empty() || used.contains(&position);
        let fits = match new.members.iter().find(|m| m.place(before).is_eq()) {
            Some(after) if stays(before, after) => {
                let unchanged = after.mandatory == before.mandatory;
                same &= unchanged;
                unchanged || !is_fixed(before.role)
            }
            Some(_) => {
                same = false;
                !(is_used || is_input && before.mandatory)
            }
            None => {
                same = false;
                if is_input {
                    !is_fixed(before.role)
                } else {
                    !is_used
                }
            }
        };
        if !fits {
            return Compatibility::Incompatible;
        }
    }
    for after in &new.members {
        let before = old.members.iter().find(|m| m.place(after).is_eq());
        if before.is_some_and(|before| stays(before, after)) {
            continue;
        }
        same = false;
        let fits = match after.role {
            MemberRole::Input => !after.mandatory && !is_fixed(after.role),
            MemberRole::Attribute => {
                !after.mandatory && (kind != ElementKind::Structure || is_basic(&after.data_type))
            }
            MemberRole::Output | MemberRole::Record => true,
        };
        if !fits {
            return Compatibility::Incompatible;
        }
    }
    if same {
        Compatibility::Same
    } else {
        Compatibility::Compatible
    }
}

fn is_basic(data_type: &str) -> bool {
    BASIC_TYPES
        .iter()
        .any(|basic| compare(basic, data_type).is_eq())
}

/// Whether a member of the same role and name is still the same thing to a consumer.
fn stays(before: &Member, after: &Member) -> bool {
    let type_stays =
        before.role == MemberRole::Record || compare(&before.data_type, &after.data_type).is_eq();
    let asks_more = matches!(before.role, MemberRole::Input | MemberRole::Attribute)
        && after.mandatory
        && !before.mandatory;
    type_stays && !asks_more
}
