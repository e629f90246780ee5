//! Rows as the database holds them, one file per area. Nothing outside `store` and `backend`
//! names these types.

/// Writes an entity down: a module with `Model`, `Entity`, `Column` and `ActiveModel`.
macro_rules! entity {
    ($(#[$doc:meta])* $name:ident in $table:literal {
        $($(#[$field:meta])* $column:ident: $kind:ty,)*
    }) => {
        $(#[$doc])*
        pub mod $name {
            #![allow(missing_docs)]
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$field])* pub $column: $kind,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

pub mod audit;
pub mod catalog;
pub mod environments;
pub mod hotfixes;
pub mod people;
pub mod plans;
pub mod waiting;
