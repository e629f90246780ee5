//! Rows as tests need them before anything happens.

use crate::Set;
use crate::entity::environments::environment;
use crate::entity::people::user;
use uuid::Uuid;

/// An environment for tests with this place in the order, in which five plans may run.
pub fn environment(id: Uuid, name: &str, position: i64) -> environment::ActiveModel {
    environment::ActiveModel {
        id: Set(id),
        name: Set(name.to_owned()),
        name_folded: Set(domain::name::fold(name)),
        purpose: Set("test".to_owned()),
        position: Set(position),
        two_stage: Set(false),
        parallel_creation: Set(true),
        parallel_execution: Set(true),
        parallel_limit: Set(5),
        created: Set(1),
        created_by: Set(None),
        last_synchronized: Set(None),
        synchronizing_since: Set(None),
        synchronization_error: Set(None),
        revision: Set(1),
        ..Default::default()
    }
}

/// Somebody who may see and who cannot sign in; named as the login is.
pub fn user(id: Uuid, login: &str) -> user::ActiveModel {
    user::ActiveModel {
        id: Set(id),
        login: Set(login.to_owned()),
        login_folded: Set(domain::name::fold(login)),
        name: Set(login.to_owned()),
        email: Set(String::new()),
        standing: Set("viewer".to_owned()),
        password_hash: Set(String::new()),
        active: Set(true),
        created: Set(1),
        revision: Set(1),
        last_sign_in: Set(None),
    }
}
