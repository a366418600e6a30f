//! Which failures a step is tried again after.

/// A class of failures that may pass, as `retry.on` names it. What is in doubt belongs to none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryClass {
    /// The service is at work on something that ends, and refuses meanwhile.
    Busy,
    /// The service names how long to wait.
    Limited,
    /// Nothing answers, or answers with an error of its own: no connection, 5xx, 429.
    Unavailable,
    /// The time of the attempt was over, and what it ended changes nothing.
    Timeout,
}

/// The failures that are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryOn(u8);

impl RetryClass {
    /// Every class, in the order to document them.
    pub const ALL: [Self; 4] = [Self::Busy, Self::Limited, Self::Unavailable, Self::Timeout];
    /// Their names.
    pub const NAMES: &[&str] = &["busy", "limited", "unavailable", "timeout"];

    /// Its name in `retry.on`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Limited => "limited",
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
        }
    }

    /// The class of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl RetryOn {
    /// What holds where a runbook does not say: what passes by itself.
    pub const USUAL: Self = Self(RetryClass::Busy.bit() | RetryClass::Limited.bit() | RetryClass::Unavailable.bit());

    /// These classes.
    pub fn of(classes: impl IntoIterator<Item = RetryClass>) -> Self {
        Self(classes.into_iter().fold(0, |bits, class| bits | class.bit()))
    }

    /// Whether failures of this class are tried again.
    pub const fn has(self, class: RetryClass) -> bool {
        self.0 & class.bit() != 0
    }
}
