//! A database for one test: a file, or one of the tests' own PostgreSQL.

use super::Kind;
use anyhow::Context;
use zhangzheng::kinds::Random;

/// A database for one test.
pub(super) struct Database {
    pub(super) url: String,
    name: Option<String>,
}

/// Where the tests' PostgreSQL listens: `make test` starts it and says so.
fn postgres() -> String {
    std::env::var("ZHANGZHENG_TEST_POSTGRES")
        .expect("ZHANGZHENG_TEST_POSTGRES is not set: `make test` starts PostgreSQL and sets it (or use `tests/postgres.sh run <command>`)")
}

impl Database {
    pub(super) async fn new(kind: Kind, folder: &std::path::Path) -> anyhow::Result<Self> {
        match kind {
            Kind::Sqlite => Ok(Self { url: format!("sqlite:{}", folder.join("test.db").display()), name: None }),
            Kind::Postgres => {
                let server = postgres();
                let name = format!("test_{}", Random::system().token().get(..20).context("a name")?);
                execute(&server, &format!("create database {name}")).await?;
                Ok(Self { url: format!("{server}/{name}"), name: Some(name) })
            }
        }
    }

    pub(super) async fn drop(self) {
        if let Some(name) = self.name {
            execute(&postgres(), &format!("drop database {name} with (force)")).await.expect("drop the database");
        }
    }
}

async fn execute(server: &str, statement: &str) -> anyhow::Result<()> {
    use sqlx::{Connection, Executor};
    let mut connection = sqlx::PgConnection::connect(&format!("{server}/postgres")).await?;
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await?;
    connection.close().await?;
    Ok(())
}
