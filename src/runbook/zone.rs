//! The names of time zones as people write them.

use super::suggest::nearest;
use crate::calendar::{self, Tz, zone_names};

/// The zone of that name, or what to do about a name that is none.
pub fn zone(name: &str) -> Result<Tz, String> {
    calendar::zone(name).ok_or_else(|| {
        let place = name.replace(' ', "_");
        let is_place = |zone: &&str| zone.rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&place));
        match zone_names().find(is_place).or_else(|| nearest(name, zone_names())) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => "write a name of the IANA time zone database, such as Europe/Berlin, or UTC".to_owned(),
        }
    })
}
