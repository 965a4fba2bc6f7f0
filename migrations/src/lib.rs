//! The database, one file a migration, forward only; the same on SQLite and PostgreSQL.

pub use sea_orm_migration::prelude::*;

mod m0001_account;

/// All migrations, in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_account::Migration)]
    }
}
