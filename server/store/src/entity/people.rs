//! The installation, its accounts, sessions and tokens.

entity! {
    /// The one row that stands for this installation.
    installation in "installation" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        created: i64,
        setup_hash: Option<String>,
        setup_used: Option<i64>,
    }
}

entity! {
    /// A number that is raised inside transactions.
    counter in "counters" {
        #[sea_orm(primary_key, auto_increment = false)]
        name: String,
        value: i64,
    }
}

entity! {
    /// An account.
    user in "users" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        login: String,
        login_folded: String,
        name: String,
        email: String,
        standing: String,
        password_hash: String,
        active: bool,
        created: i64,
        revision: i64,
        last_sign_in: Option<i64>,
    }
}

entity! {
    /// A one-time link that sets an account's password; only its code's hash is here.
    password_link in "password_links" {
        #[sea_orm(primary_key, auto_increment = false)]
        code_hash: String,
        user_id: Uuid,
        created: i64,
        expires: i64,
    }
}

entity! {
    /// A browser that is signed in; only the token's hash is here.
    session in "sessions" {
        #[sea_orm(primary_key, auto_increment = false)]
        token_hash: String,
        user_id: Uuid,
        created: i64,
        last_seen: i64,
        expires: i64,
        address: String,
        user_agent: String,
    }
}

entity! {
    /// A failed try to sign in (domain.md 6.3).
    sign_in_failure in "sign_in_failures" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        login_folded: String,
        address: String,
        at: i64,
    }
}

entity! {
    /// A bearer token; only its hash is here.
    token in "tokens" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        user_id: Uuid,
        name: String,
        token_hash: String,
        created: i64,
        last_used: Option<i64>,
        expires: Option<i64>,
    }
}
