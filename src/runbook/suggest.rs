//! Did you mean.

/// Where everything that the language declares stands.
pub(super) const IN_THE_PAGE: &str = "`surefoot help language` lists them all";
/// Where everything that a runbook declares stands.
pub(super) const IN_THE_FILE: &str = "all of them stand in the runbook";

/// The candidate nearest to `name`, if one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    // Of one or two letters every other is near, and says nothing.
    let reach = (length / 3).min(4);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= reach + 2)
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= reach)
        .min()
        .map(|(_, candidate)| candidate)
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
