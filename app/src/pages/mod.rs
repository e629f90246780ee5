//! The screens. A screen reads its address, owns its resources and actions, and passes values and
//! callbacks down. No screen imports another.

pub mod about;
pub mod accounts;
pub mod application;
pub mod applications;
pub mod blocking;
pub mod comparison;
pub mod environments;
pub mod later;
pub mod not_found;
pub mod not_loaded;
pub mod plan;
pub mod plan_abort;
pub mod plan_editor;
pub mod plan_line;
pub mod plan_lost;
pub mod plans;
pub mod replicate;
pub mod rollback;
pub mod run;
pub mod set_password;
pub mod settle;
pub mod setup;
pub mod sign_in;
