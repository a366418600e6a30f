//! The driver: one turn after another.
