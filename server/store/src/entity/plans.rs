//! Deployment plans, their runs, steps, attempts, logs and leases.

entity! {
    /// A deployment plan; `search` holds what the list searches. A draft that is `shared` is not its
    /// maker's alone. A saved plan that is `discarded` is stored as a draft that nobody finds, until
    /// it is brought back or removed.
    plan in "plans" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        number: i64,
        status: String,
        intervention: Option<String>,
        kind: String,
        source_id: Uuid,
        target_id: Uuid,
        name: String,
        revision: i64,
        saved_revision: Option<i64>,
        created: i64,
        created_by: Option<Uuid>,
        edited: Option<i64>,
        edited_by: Option<Uuid>,
        saved: Option<i64>,
        saved_by: Option<Uuid>,
        queued: Option<i64>,
        queued_by: Option<Uuid>,
        started: Option<i64>,
        started_by: Option<Uuid>,
        continued: Option<i64>,
        continued_by: Option<Uuid>,
        paused: Option<i64>,
        waited: i64,
        aborted: Option<i64>,
        aborted_by: Option<Uuid>,
        abort_reason: Option<String>,
        finished: Option<i64>,
        synchronized: Option<i64>,
        outcome: Option<String>,
        override_reason: Option<String>,
        errors: i64,
        warnings: i64,
        steps_done: i64,
        steps_total: i64,
        phase: Option<String>,
        origin_number: Option<i64>,
        origin: Option<String>,
        notes: String,
        search: String,
        settings_after: bool,
        shared: bool,
        discarded: Option<i64>,
        discarded_by: Option<Uuid>,
    }
}

entity! {
    /// A plan's row for one application. `choice` is `nothing`, `deploy`, `tag_and_deploy` or
    /// `deploy_custom`, with the ids of `modules` as JSON.
    plan_operation in "plan_operations" {
        #[sea_orm(primary_key, auto_increment = false)]
        plan_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        application_id: Uuid,
        plan_number: i64,
        position: i64,
        choice: String,
        version_id: Option<Uuid>,
        number: Option<String>,
        description: String,
        from_number: Option<String>,
        modules: Option<String>,
    }
}

entity! {
    /// What was looked at last of an application in the source, or of the target, for a plan.
    plan_look in "plan_looks" {
        #[sea_orm(primary_key, auto_increment = false)]
        plan_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        subject_id: Uuid,
        sequence: i64,
        at: i64,
    }
}

entity! {
    /// A filter of the list that somebody keeps; `query` as in an address.
    plan_filter in "plan_filters" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        user_id: Uuid,
        name: String,
        name_folded: String,
        query: String,
        created: i64,
        revision: i64,
    }
}

entity! {
    /// A consumer that a plan relinks.
    plan_republish in "plan_republish" {
        #[sea_orm(primary_key, auto_increment = false)]
        plan_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        module_id: Uuid,
    }
}

entity! {
    /// The value of a site property that a plan sets on its target, as in `settings`.
    plan_setting in "plan_settings" {
        #[sea_orm(primary_key, auto_increment = false)]
        plan_id: Uuid,
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

entity! {
    /// The last check of a plan and the one it started with, as JSON.
    plan_report in "plan_reports" {
        #[sea_orm(primary_key, auto_increment = false)]
        plan_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        kind: String,
        at: i64,
        revision: i64,
        landscape: i64,
        report: String,
    }
}

entity! {
    /// A run of a plan or of a publication.
    run in "runs" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        kind: String,
        plan_id: Option<Uuid>,
        environment_id: Uuid,
        name: String,
        stage: String,
        two_stage: bool,
        continued: bool,
        overridden: bool,
        stop_requested: Option<i64>,
        stop_by: Option<Uuid>,
        stop_reason: Option<String>,
        continue_requested: Option<i64>,
        actor_id: Option<Uuid>,
        actor_name: String,
        created: i64,
        ended: Option<i64>,
        last_log: i64,
        outcome: Option<String>,
        edges: String,
        publishes: Option<String>,
    }
}

entity! {
    /// A module of a run; without a version it leaves its environment.
    run_module in "run_modules" {
        #[sea_orm(primary_key, auto_increment = false)]
        run_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        module_id: Uuid,
        application_id: Uuid,
        name: String,
        module_version_id: Option<Uuid>,
        wave: i64,
        republish: bool,
        placement: Option<String>,
        settings_after: Option<String>,
        /// The application that it belonged to in its environment before, if the run moves it.
        former_application_id: Option<Uuid>,
    }
}

entity! {
    /// A line of a run's log.
    run_line in "run_log" {
        #[sea_orm(primary_key, auto_increment = false)]
        run_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        number: i64,
        at: i64,
        kind: String,
        module: Option<String>,
        text: String,
    }
}

entity! {
    /// Who walks a run, and until when (the database's clock).
    lease in "leases" {
        #[sea_orm(primary_key, auto_increment = false)]
        run_id: Uuid,
        owner: String,
        epoch: i64,
        expires: i64,
    }
}

entity! {
    /// A durable unit of a run.
    step in "steps" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        run_id: Uuid,
        position: i64,
        phase: String,
        wave: i64,
        kind: String,
        module_id: Option<Uuid>,
        digest: Option<String>,
        size: i64,
        state: String,
        attempts: i64,
        not_before: Option<i64>,
        started: Option<i64>,
        finished: Option<i64>,
        error: Option<String>,
        log_line: Option<i64>,
    }
}

entity! {
    /// One try at a step.
    attempt in "attempts" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        run_id: Uuid,
        step_id: Uuid,
        number: i64,
        epoch: i64,
        started: i64,
        deadline: i64,
        asked: i64,
        result: Option<String>,
        code: Option<String>,
        message: Option<String>,
        retry: bool,
        reported: Option<i64>,
        applied: bool,
    }
}
