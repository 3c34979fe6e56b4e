//! The tables, and bringing them up to date.

use std::borrow::Cow;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AnyPool, SqlSafeStr};

use crate::store::{Database, StoreError};

/// Number, name, and the statements for SQLite and for PostgreSQL.
const MIGRATIONS: [(i64, &str, &str, &str); 3] = [
    (
        1,
        "start",
        include_str!("../../migrations/sqlite/0001_start.sql"),
        include_str!("../../migrations/postgres/0001_start.sql"),
    ),
    (
        2,
        "trail",
        include_str!("../../migrations/sqlite/0002_trail.sql"),
        include_str!("../../migrations/postgres/0002_trail.sql"),
    ),
    (
        3,
        "jobs",
        include_str!("../../migrations/sqlite/0003_jobs.sql"),
        include_str!("../../migrations/postgres/0003_jobs.sql"),
    ),
];

/// Brings the tables up to date. Several may try at the same time: one does it, the others wait.
pub(super) async fn migrate(pool: &AnyPool, database: Database) -> Result<(), StoreError> {
    migrator(database).run(pool).await?;
    Ok(())
}

fn migrator(database: Database) -> Migrator {
    let migrations = MIGRATIONS.into_iter().map(|(version, name, sqlite, postgres)| {
        let sql = match database {
            Database::Sqlite => sqlite,
            Database::Postgres => postgres,
        };
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    });
    Migrator::with_migrations(migrations.collect())
}
