//! Words and texts: values that are stored as a JSON string.

use crate::engine::call::{Call, ErrorClass, Outcome};
use crate::engine::event::{HoldClass, Verdict};
use crate::engine::evidence::Proof;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

/// A value that is stored as its text form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(Parse(|text: &str| text.parse().map_err(|error: T::Err| error.to_string()), PhantomData))
            .map(Self)
    }
}

/// A value of a closed set that is stored as its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<T>(pub(super) T);

/// A closed set whose members have names.
pub(super) trait Named: Sized {
    /// The name of a member.
    fn name(&self) -> &'static str;

    /// The member of that name.
    fn from_name(name: &str) -> Option<Self>;
}

impl<T: Named> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

impl<'de, T: Named> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |text: &str| T::from_name(text).ok_or_else(|| format!("unknown word {text:?}"));
        deserializer.deserialize_str(Parse(parse, PhantomData)).map(Self)
    }
}

struct Parse<T, F: Fn(&str) -> Result<T, String>>(F, PhantomData<T>);

impl<T, F: Fn(&str) -> Result<T, String>> Visitor<'_> for Parse<T, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

macro_rules! named {
    ($($type:ty),*) => {$(
        impl Named for $type {
            fn name(&self) -> &'static str {
                Self::name(*self)
            }

            fn from_name(name: &str) -> Option<Self> {
                Self::from_name(name)
            }
        }
    )*};
}

named!(Call, Outcome, ErrorClass, Proof);

impl Named for HoldClass {
    fn name(&self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Outside => "outside",
            Self::Doubt => "doubt",
            Self::Check => "check",
            Self::Window => "window",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        let classes = [Self::Person, Self::Outside, Self::Doubt, Self::Check, Self::Window];
        classes.into_iter().find(|class| Named::name(class) == name)
    }
}

impl Named for Verdict {
    fn name(&self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::Done, Self::Failed, Self::Cancelled].into_iter().find(|verdict| Named::name(verdict) == name)
    }
}

/// Whether a gate holds, as a word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed(pub(super) bool);

impl Named for Passed {
    fn name(&self) -> &'static str {
        if self.0 { "pass" } else { "fail" }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self(true), Self(false)].into_iter().find(|passed| passed.name() == name)
    }
}

/// Whether an effect took place, as an operator says it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resolved(pub(super) bool);

impl Named for Resolved {
    fn name(&self) -> &'static str {
        if self.0 { "applied" } else { "not-applied" }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self(true), Self(false)].into_iter().find(|applied| applied.name() == name)
    }
}
