//! What goes wrong around a console, on demand; and what is looked at afterwards.

use sea_orm::{ConnectionTrait, Database};

/// Acts as if the time of all leases had run out.
pub async fn expire_leases(connection: &impl ConnectionTrait) -> crate::StoreResult<()> {
    use crate::entity::plans::lease;
    use sea_orm::{EntityTrait, sea_query::Expr};
    lease::Entity::update_many()
        .col_expr(lease::Column::Expires, Expr::value(0_i64))
        .exec(connection)
        .await?;
    Ok(())
}

/// The same of the leases of the owners that `is_gone` knows.
pub async fn expire_leases_of(store: &crate::Store, is_gone: impl Fn(&str) -> bool) {
    use crate::entity::plans::lease;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
    let leases = lease::Entity::find().all(store.read()).await;
    let owners = leases.expect("the database answers").into_iter();
    let gone = owners
        .map(|lease| lease.owner)
        .filter(|owner| is_gone(owner));
    let expired = lease::Entity::update_many()
        .col_expr(lease::Column::Expires, Expr::value(0_i64))
        .filter(lease::Column::Owner.is_in(gone))
        .exec(store.read())
        .await;
    expired.expect("the leases are stored");
}

/// Makes every unfinished command unreadable, as one that another version wrote.
pub async fn spoil_commands(connection: &impl ConnectionTrait) -> crate::StoreResult<()> {
    use crate::entity::environments::agent_command;
    use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, sea_query::Expr};
    agent_command::Entity::update_many()
        .col_expr(
            agent_command::Column::Body,
            Expr::value("{\"order\":\"dance\"}"),
        )
        .filter(agent_command::Column::Finished.is_null())
        .exec(connection)
        .await?;
    Ok(())
}

/// Everything that runs, commands, logs and the audit keep as text, one after the other.
pub async fn stored_texts(connection: &impl ConnectionTrait) -> crate::StoreResult<String> {
    use crate::entity::audit::audit_entry;
    use crate::entity::environments::agent_command;
    use crate::entity::plans::{run_line, run_module};
    use sea_orm::EntityTrait;
    let commands = agent_command::Entity::find().all(connection).await?;
    let modules = run_module::Entity::find().all(connection).await?;
    let lines = run_line::Entity::find().all(connection).await?;
    let audit = audit_entry::Entity::find().all(connection).await?;
    Ok(format!("{commands:?}{modules:?}{lines:?}{audit:?}"))
}

/// Everything that the database keeps, as bytes: of SQLite the files, with what was deleted and is
/// still in them; of PostgreSQL every row of every table.
pub async fn stored_bytes(store: &crate::Store) -> crate::StoreResult<Vec<u8>> {
    use sea_orm::{DbBackend, FromQueryResult, Statement};
    #[derive(FromQueryResult)]
    struct Text {
        text: String,
    }
    if let Some(path) = store.url().strip_prefix("sqlite:") {
        let mut bytes = Vec::new();
        for end in ["", "-wal"] {
            bytes.extend(std::fs::read(format!("{path}{end}")).unwrap_or_default());
        }
        return Ok(bytes);
    }
    let ask = async |sql: String| {
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        Text::find_by_statement(statement).all(store.read()).await
    };
    let tables = ask(
        "SELECT table_name::text AS text FROM information_schema.tables WHERE table_schema = 'public'"
            .to_owned(),
    );
    let mut all = Vec::new();
    for table in tables.await? {
        let rows = format!("SELECT row::text AS text FROM \"{}\" AS row", table.text);
        for row in ask(rows).await? {
            all.extend(row.text.into_bytes());
        }
    }
    Ok(all)
}

/// Leaves no room in the log of a SQLite file (`sqlite:PATH`): what is written next takes new room on
/// the disk.
pub async fn empty_log(url: &str) {
    use sea_orm::{DbBackend, FromQueryResult, Statement};
    #[derive(FromQueryResult)]
    struct Checkpoint {
        busy: i32,
    }
    let path = url.strip_prefix("sqlite:").expect("a SQLite file");
    let mut options = sea_orm::ConnectOptions::new(format!("sqlite://{path}"));
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options)
        .await
        .expect("the database opens");
    let checkpoint = || {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        Checkpoint::find_by_statement(Statement::from_string(DbBackend::Sqlite, sql))
    };
    // As long as somebody reads from the log, it stays.
    while checkpoint()
        .one(&connection)
        .await
        .expect("the database answers")
        .is_none_or(|checkpoint| checkpoint.busy != 0)
    {}
    connection.close().await.expect("the connection closes");
}

/// Somebody else who holds what others want to write, and takes their time.
pub struct WriteLock(sea_orm::DatabaseConnection);

impl WriteLock {
    /// Begins to write to the file of this address (`sqlite:PATH`), or to the accounts of this
    /// PostgreSQL database.
    pub async fn take(url: &str) -> Self {
        let (url, statement) = match url.strip_prefix("sqlite:") {
            Some(path) => (format!("sqlite://{path}"), "BEGIN IMMEDIATE"),
            None => (
                url.to_owned(),
                "BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE",
            ),
        };
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Database::connect(options)
            .await
            .expect("the database opens");
        connection
            .execute_unprepared(statement)
            .await
            .expect("nobody else writes");
        Self(connection)
    }

    /// Is done with it.
    pub async fn release(self) {
        self.0
            .execute_unprepared("ROLLBACK")
            .await
            .expect("the transaction ends");
        self.0.close().await.expect("the connection closes");
    }
}

/// Somebody else who holds all leases of a PostgreSQL database for a moment.
pub struct LeaseLock {
    transaction: sea_orm::DatabaseTransaction,
    connection: sea_orm::DatabaseConnection,
}

impl LeaseLock {
    /// Takes them.
    pub async fn take(url: &str) -> Self {
        use sea_orm::TransactionTrait;
        let mut options = sea_orm::ConnectOptions::new(url);
        options.max_connections(2).sqlx_logging(false);
        let connection = Database::connect(options).await.expect("a connection");
        let transaction = connection.begin().await.expect("a transaction");
        transaction
            .execute_unprepared("SELECT 1 FROM leases FOR UPDATE")
            .await
            .expect("nobody else holds them");
        Self {
            transaction,
            connection,
        }
    }

    /// Waits until somebody wants one of them.
    pub async fn is_wanted(&self) {
        let waiting = sea_orm::Statement::from_string(
            sea_orm::DatabaseBackend::Postgres,
            "SELECT 1 AS one FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        loop {
            let found = self.connection.query_one_raw(waiting.clone()).await;
            if found.expect("the database answers").is_some() {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Gives them back.
    pub async fn release(self) {
        self.transaction.rollback().await.expect("it ends");
    }
}

/// Takes a PostgreSQL database away: nobody gets in, and who is in is thrown out.
pub async fn take_away(url: &str) {
    let (admin, name) = admin_of(url).await;
    for statement in [
        format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"),
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"),
    ] {
        admin
            .execute_unprepared(&statement)
            .await
            .expect("it is taken away");
    }
}

/// Gives back what [`take_away`] took.
pub async fn give_back(url: &str) {
    let (admin, name) = admin_of(url).await;
    admin
        .execute_unprepared(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
        .await
        .expect("it is given back");
}

async fn admin_of(url: &str) -> (sea_orm::DatabaseConnection, String) {
    let (head, rest) = url
        .split_once("localhost/")
        .expect("an address of this cluster");
    let (name, tail) = rest.split_once('?').expect("an address of this cluster");
    let mut options = sea_orm::ConnectOptions::new(format!("{head}localhost/postgres?{tail}"));
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options).await.expect("a connection");
    (admin, name.to_owned())
}
