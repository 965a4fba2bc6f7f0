//! The database, one file a migration.
