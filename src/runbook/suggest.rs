//! Did you mean.

/// Where everything that the language declares stands.
pub(super) const IN_THE_PAGE: &str = "`surefoot help language` lists them all";
/// Where everything that a runbook declares stands.
pub(super) const IN_THE_FILE: &str = "all of them stand in the runbook";

/// No name of the language is longer, so nothing longer is one that was mistyped.
const NAME_MAX: usize = 64 + 4;
/// More candidates than this are not looked at: among so many names the nearest one says little.
const LOOKED_AT_MAX: usize = 10_000;
/// The candidates that are compared letter by letter, which takes as long as their lengths multiplied.
const COMPARED_MAX: usize = 100;

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > NAME_MAX {
        return None;
    }
    let length = name.chars().count();
    // Of one or two letters every other is near, and says nothing.
    let reach = (length / 3).min(4);
    let letters = Letters::of(name);
    candidates
        .into_iter()
        .take(LOOKED_AT_MAX)
        .filter(|candidate| candidate.len() <= NAME_MAX && candidate.len().abs_diff(name.len()) <= reach + 2)
        .filter(|candidate| letters.may_be_near(&Letters::of(candidate), reach))
        .take(COMPARED_MAX)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
}

/// How often each letter stands in a text, some letters counted together. One edit changes at most two counts by one,
/// so texts that are far apart here are farther apart as texts.
struct Letters([u8; 32]);

impl Letters {
    fn of(text: &str) -> Self {
        let mut counts = [0_u8; 32];
        for letter in text.chars() {
            let kind = usize::try_from(u32::from(letter) % 32).unwrap_or_default();
            if let Some(count) = counts.get_mut(kind) {
                *count = count.saturating_add(1);
            }
        }
        Self(counts)
    }

    fn may_be_near(&self, other: &Self, reach: usize) -> bool {
        let apart: usize = self.0.iter().zip(&other.0).map(|(one, two)| usize::from(one.abs_diff(*two))).sum();
        apart <= 2 * reach
    }
}

/// `did you mean …?`, where one of the candidates is near.
pub(super) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// The near candidate, or else all of them in a sentence; `all` says where those that are left out stand.
pub(super) fn or_list(name: &str, what: &str, candidates: &[&str], all: &str) -> Option<String> {
    did_you_mean(name, candidates.iter().copied()).or_else(|| list(what, candidates, all))
}

/// `what: a, b, c`, cut after twelve; `all` says where the others stand.
pub(super) fn list(what: &str, candidates: &[&str], all: &str) -> Option<String> {
    const SHOWN: usize = 12;
    let (first, rest) = candidates.split_at(candidates.len().min(SHOWN));
    let tail = if rest.is_empty() { String::new() } else { format!(" and {} more; {all}", rest.len()) };
    (!first.is_empty()).then(|| format!("{what}: {}{tail}", first.join(", ")))
}
