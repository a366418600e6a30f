//! Tests of surefoot through its public doors; one module a subject.

mod stand;
