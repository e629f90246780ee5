//! Applications, modules, their published states, tags, and what runs where.

entity! {
    /// An application.
    application in "applications" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        name: String,
        name_folded: String,
        description: String,
        kind: String,
        modules: i64,
        created: i64,
        changed: i64,
    }
}

entity! {
    /// A module, in the application that it belongs to now.
    module in "modules" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        application_id: Uuid,
        name: String,
        name_folded: String,
        kind: String,
        created: i64,
    }
}

entity! {
    /// A bundle that the blob store holds.
    bundle in "bundles" {
        #[sea_orm(primary_key, auto_increment = false)]
        digest: String,
        size: i64,
        created: i64,
        unneeded_since: Option<i64>,
    }
}

entity! {
    /// A published state of a module. `contract`, `links` and `settings` are JSON; `state_key`
    /// is the SHA-256 over module, bundle and links.
    module_version in "module_versions" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        module_id: Uuid,
        application_id: Uuid,
        name: String,
        kind: String,
        url_path: String,
        needs_platform: i64,
        digest: String,
        state_key: String,
        contract: String,
        links: String,
        settings: String,
        created: i64,
        created_by: Option<Uuid>,
        environment_id: Option<Uuid>,
    }
}

entity! {
    /// That a module version uses a producer, and how many elements of it.
    module_reference in "module_references" {
        #[sea_orm(primary_key, auto_increment = false)]
        module_version_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        producer_id: Uuid,
        producer_name: String,
        elements: i64,
        strong: i64,
    }
}

entity! {
    /// A tagged version of an application.
    version in "versions" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        application_id: Uuid,
        number: String,
        sort_key: String,
        name: String,
        description: String,
        created: i64,
        created_by: Option<Uuid>,
        environment_id: Uuid,
        base_id: Option<Uuid>,
        hotfix: bool,
    }
}

entity! {
    /// A module version that a tag is made of.
    version_module in "version_modules" {
        #[sea_orm(primary_key, auto_increment = false)]
        version_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        module_version_id: Uuid,
    }
}

entity! {
    /// An environment that a tag can be deployed from.
    version_environment in "version_environments" {
        #[sea_orm(primary_key, auto_increment = false)]
        version_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        environment_id: Uuid,
    }
}

entity! {
    /// What an environment has of an application, with its marks.
    running in "running" {
        #[sea_orm(primary_key, auto_increment = false)]
        environment_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        application_id: Uuid,
        present: bool,
        base_id: Option<Uuid>,
        base_sort_key: Option<String>,
        modified: bool,
        hotfix: bool,
        changed_outside: bool,
        blocked: bool,
        block_reason: Option<String>,
        broken: i64,
        outdated: i64,
        can_move: bool,
        changed: Option<i64>,
        changed_by: Option<Uuid>,
        revision: i64,
    }
}

entity! {
    /// The module version that an environment runs.
    running_module in "running_modules" {
        #[sea_orm(primary_key, auto_increment = false)]
        environment_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        module_id: Uuid,
        application_id: Uuid,
        module_version_id: Uuid,
        attempt_id: Option<Uuid>,
        activated: i64,
        state: String,
    }
}

entity! {
    /// What an environment had of an application, from a time on.
    running_change in "running_history" {
        #[sea_orm(primary_key)]
        sequence: i64,
        environment_id: Uuid,
        application_id: Uuid,
        at: i64,
        present: bool,
        base_id: Option<Uuid>,
        modified: bool,
    }
}

entity! {
    /// What an environment ran of a module, from a time on; without a state it was gone.
    running_module_change in "running_module_history" {
        #[sea_orm(primary_key)]
        sequence: i64,
        environment_id: Uuid,
        module_id: Uuid,
        at: i64,
        application_id: Option<Uuid>,
        module_version_id: Option<Uuid>,
    }
}

entity! {
    /// What held of a site property in an environment, from a time on: a value, a secret (which is
    /// not kept here), or, without either, the default.
    setting_change in "settings_history" {
        #[sea_orm(primary_key)]
        sequence: i64,
        environment_id: Uuid,
        module_id: Uuid,
        name_folded: String,
        at: i64,
        value: Option<String>,
        secret: i64,
        fits: i64,
    }
}

entity! {
    /// The value of a site property in an environment: sealed if it has a `key_id`. `fits` says
    /// which types it has.
    setting in "settings" {
        #[sea_orm(primary_key, auto_increment = false)]
        environment_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        module_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        name_folded: String,
        name: String,
        value: String,
        key_id: Option<String>,
        fits: i64,
        changed: i64,
        changed_by: Option<Uuid>,
    }
}
