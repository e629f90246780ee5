//! Telling other console processes that something changed, through PostgreSQL. SQLite has only
//! one process, so there is nobody to tell.

use crate::error::StoreResult;
use crate::{DatabaseKind, Store};
use sea_orm::ConnectionTrait;
use sea_orm::DbErr;
use sea_orm::RuntimeErr;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::sqlx::postgres::PgListener;
use std::sync::Arc;

/// The one channel of Slipway.
const CHANNEL: &str = "slipway";
/// The most bytes of one message; PostgreSQL refuses 8,000.
pub const MAX_MESSAGE: usize = 7_500;

/// Hears what other processes say. Reconnects by itself; what was said meanwhile is lost.
#[derive(Debug)]
pub struct Listener(PgListener);

fn broken(error: sea_orm::sqlx::Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

impl Listener {
    /// The next message.
    pub async fn next(&mut self) -> StoreResult<String> {
        let heard = self.0.recv().await.map_err(broken)?;
        Ok(heard.payload().to_owned())
    }
}

impl Store {
    /// Hears messages from now on; none on SQLite.
    pub async fn listen(&self) -> StoreResult<Option<Listener>> {
        if self.kind() == DatabaseKind::Sqlite {
            return Ok(None);
        }
        let mut listener = PgListener::connect(self.url()).await.map_err(broken)?;
        listener.listen(CHANNEL).await.map_err(broken)?;
        Ok(Some(Listener(listener)))
    }

    /// Says something to all processes, this one included; nothing on SQLite.
    pub async fn notify(&self, message: &str) -> StoreResult<()> {
        if self.kind() == DatabaseKind::Postgres {
            let mut query = Query::select();
            query.expr(Expr::cust_with_values(
                "CAST(pg_notify($1, $2) AS text)",
                [CHANNEL, message],
            ));
            self.read().query_one(&query).await?;
        }
        Ok(())
    }
}
