//! The runbooks that are shipped, by the real binary.

mod switch_traffic;
