//! Hotfixes, and versions that were taken out of environments.

entity! {
    /// A change that was made downstream of Development. `state` is `open`, `solved`, `waived` or
    /// `withdrawn`; `content` is a digest over the modules' bundles, as long as it has no tag.
    hotfix in "hotfixes" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        application_id: Uuid,
        environment_id: Uuid,
        version_id: Option<Uuid>,
        base_id: Option<Uuid>,
        content: String,
        since: i64,
        made_by: Option<Uuid>,
        state: String,
        solved_by_id: Option<Uuid>,
        reason: Option<String>,
        ended: Option<i64>,
        ended_by: Option<Uuid>,
    }
}

entity! {
    /// A version that a rollback took out of an environment.
    hold in "holds" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        application_id: Uuid,
        environment_id: Uuid,
        version_id: Uuid,
        plan_number: i64,
        since: i64,
        released: Option<i64>,
        released_by: Option<Uuid>,
        reason: Option<String>,
    }
}
