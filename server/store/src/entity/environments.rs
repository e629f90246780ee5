//! Environments, their agents and what was sent to them.

entity! {
    /// An environment.
    environment in "environments" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        name: String,
        name_folded: String,
        purpose: String,
        position: i64,
        two_stage: bool,
        parallel_creation: bool,
        parallel_execution: bool,
        parallel_limit: i64,
        created: i64,
        created_by: Option<Uuid>,
        last_synchronized: Option<i64>,
        synchronizing_since: Option<i64>,
        synchronization_error: Option<String>,
        revision: i64,
        infrastructure: String,
        keep_hours: i64,
        maintenance_since: Option<i64>,
        maintenance_by: Option<Uuid>,
        maintenance_reason: Option<String>,
    }
}

entity! {
    /// A setting of the whole installation that was changed; `value` is JSON.
    console_setting in "console_settings" {
        #[sea_orm(primary_key, auto_increment = false)]
        name: String,
        value: String,
        reason: String,
        revision: i64,
        changed: i64,
        changed_by: Option<Uuid>,
    }
}

entity! {
    /// The agent of an environment; only its secret's hash is here.
    agent in "agents" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        environment_id: Uuid,
        secret_hash: String,
        version: String,
        protocol: i64,
        platform: i64,
        address: String,
        joined: i64,
        last_seen: Option<i64>,
        connected: bool,
        clock_skew_ms: Option<i64>,
        inventory_counter: i64,
        wants_inventory: bool,
        next_command: i64,
        last_command: i64,
        last_event: i64,
        signs_life: bool,
    }
}

entity! {
    /// A one-time code with which an agent joins; only its hash is here.
    join_code in "join_codes" {
        #[sea_orm(primary_key, auto_increment = false)]
        code_hash: String,
        environment_id: Uuid,
        created: i64,
        created_by: Option<Uuid>,
        expires: i64,
        used: Option<i64>,
    }
}

entity! {
    /// A command to an agent; `body` is the protocol's order as JSON.
    agent_command in "agent_commands" {
        #[sea_orm(primary_key, auto_increment = false)]
        agent_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        number: i64,
        attempt_id: Uuid,
        run_id: Uuid,
        epoch: i64,
        time_limit_ms: i64,
        body: String,
        created: i64,
        finished: Option<i64>,
    }
}
