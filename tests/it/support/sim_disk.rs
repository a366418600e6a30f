//! A disk in memory that can fail at any operation and lose what was not synced.
