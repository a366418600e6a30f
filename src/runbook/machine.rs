//! What works expressions out: an environment without loaders, functions or access to anything.

use super::filters::FILTERS;
use super::tests::TESTS;
use minijinja::{Environment, UndefinedBehavior};
use std::sync::LazyLock;

/// Steps of the expression machine that one rendering may take.
const FUEL: u64 = 100_000;

/// The one environment. It is built at first use.
pub(super) static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(32);
    for filter in FILTERS {
        (filter.add)(&mut environment);
    }
    for test in TESTS {
        (test.add)(&mut environment);
    }
    environment
});
