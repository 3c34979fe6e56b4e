//! Statements about many rows at once.

use std::fmt::Write;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe};

use crate::store::StoreError;

/// Rows of one statement: few statements for any number of rows, and few different ones, so that all of them stay prepared.
const ROWS: [usize; 12] = [64, 32, 24, 16, 8, 7, 6, 5, 4, 3, 2, 1];

/// A statement that gets its values.
type Statement<'q> = Query<'q, Any, AnyArguments>;

/// Inserts rows of so many columns; `insert` ends where the rows begin.
pub(super) async fn insert<T>(
    connection: &mut AnyConnection,
    (insert, columns): (&str, usize),
    mut rows: &[T],
    bind: impl for<'q> Fn(Statement<'q>, &T) -> Statement<'q>,
) -> Result<(), StoreError> {
    while let Some((now, later)) = next(rows) {
        let sql = format!("{insert} {}", places(now.len(), columns));
        let query = now.iter().fold(sqlx::query(AssertSqlSafe(sql)), &bind);
        query.execute(&mut *connection).await?;
        rows = later;
    }
    Ok(())
}

/// Finds the rows of what is wanted, which is so many columns each; `select` ends where its values begin. The answer may name
/// one thing many times, and none that is not there.
pub(super) async fn find<T>(
    connection: &mut AnyConnection,
    (select, columns): (&str, usize),
    wanted: &[&T],
    bind: impl for<'q> Fn(Statement<'q>, &T) -> Statement<'q>,
) -> Result<Vec<AnyRow>, StoreError> {
    let wanted = padded(wanted);
    let sql = format!("{select} IN (VALUES {})", places(wanted.len(), columns));
    let query = wanted.into_iter().fold(sqlx::query(AssertSqlSafe(sql)), |query, one| bind(query, one));
    Ok(query.fetch_all(connection).await?)
}

/// What is wanted, the last of it repeated until there are as many as one of few different statements asks for.
fn padded<T>(wanted: &[T]) -> Vec<&T> {
    let more = wanted.len().next_power_of_two() - wanted.len();
    wanted.iter().chain(wanted.last().into_iter().cycle().take(more)).collect()
}

/// As many of the rows as one statement takes, and those that remain.
fn next<T>(rows: &[T]) -> Option<(&[T], &[T])> {
    let count = ROWS.into_iter().find(|count| *count <= rows.len())?;
    rows.split_at_checked(count)
}

/// `($1,$2,$3),($4,$5,$6)…`
fn places(rows: usize, columns: usize) -> String {
    let mut sql = String::new();
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ",(" });
        for column in 1..=columns {
            let comma = if column == 1 { "" } else { "," };
            let _never_fails = write!(sql, "{comma}${}", row * columns + column);
        }
        sql.push(')');
    }
    sql
}
