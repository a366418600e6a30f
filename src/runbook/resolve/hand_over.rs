//! What a step hands over to the runbook that it uses.

use super::Steps;
use super::target::{Secrecy, Target};
use super::values::template;
use crate::base::escape;
use crate::runbook::codes::Code;
use crate::runbook::given::expected_input;
use crate::runbook::include::{Interface, entries};
use crate::runbook::kind::Type;
use crate::runbook::plan::Template;
use crate::runbook::secret::find_part;
use crate::runbook::source::Span;
use crate::runbook::suggest::or_list;
use crate::runbook::yaml::{Data, Entry};
use std::collections::BTreeSet;

impl Steps<'_> {
    /// The inputs or the secrets for another runbook, each checked against what it declares.
    pub(super) fn handed_over(&mut self, entry: &Entry<'_>, other: &Interface, refs: &mut BTreeSet<usize>) -> Template {
        if !matches!(entry.value.data, Data::Map(_) | Data::Broken) {
            let message = format!("`{}` must be a map with a name for each value", entry.key);
            self.found.add(Code::Misfit, entry.value.span, message);
        }
        let is_secret = entry.key == "secrets";
        let mut given = Vec::new();
        for entry in entries(entry) {
            let Some(target) = self.foreign(entry, other, is_secret) else { continue };
            let mut uses = self.uses(refs);
            let value = template(&mut uses, &entry.value, &target);
            *refs = uses.refs;
            given.push((entry.key.to_string(), value));
        }
        Template::Map(given)
    }

    /// Reports what another runbook needs and is not given. A secret that is left out is the one of the same name here.
    pub(super) fn report_unmet(&mut self, with: &[Entry<'_>], other: &Interface, at: Span) {
        let given = |map: &str, name: &str| {
            let map = with.iter().find(|entry| entry.key == map);
            map.is_some_and(|map| entries(map).iter().any(|entry| entry.key == name))
        };
        let path = escape(&other.path);
        for input in other.inputs.iter().filter(|input| input.default.is_none() && !input.optional) {
            if !given("inputs", &input.name) {
                let (name, wanted) = (&input.name, expected_input(input));
                self.found.add(Code::MissingStepInput, at, format!("`{path}` needs the input `{name}`: {wanted}"));
                self.found.hint(format!("inputs: {{{name}: …}}"));
            }
        }
        for secret in other.secrets.iter().filter(|secret| !given("secrets", &secret.name)) {
            let name = &secret.name;
            let missing = match self.scope.use_secret(name) {
                None if secret.optional => continue,
                None => Some(format!("`{path}` needs the secret `{name}`, which is not declared here")),
                Some(parts) => {
                    let missing = secret.parts().into_iter().find(|part| find_part(parts, part).is_none());
                    missing
                        .map(|part| format!("`{path}` uses the part `{part}` of the secret `{name}`, which it lacks"))
                }
            };
            if let Some(message) = missing {
                self.found.add(Code::UnknownSecret, at, message);
                self.found.hint(format!(
                    "declare it, or hand over another one: `secrets: {{{name}: \"{{{{ secrets.other }}}}\"}}`"
                ));
            }
        }
    }

    /// What an input or a secret of another runbook takes; `None` where there is none of that name, which is reported.
    fn foreign(&mut self, entry: &Entry<'_>, other: &Interface, is_secret: bool) -> Option<Target> {
        let what = format!("`{}`", escape(&entry.key));
        if is_secret {
            if other.secrets.iter().any(|secret| secret.name == entry.key) {
                if self.scope.is_credential(&entry.key) {
                    let message = format!("{what} is used by kinds without being named, and cannot be another secret");
                    self.found.add(Code::Credential, entry.key_span, message);
                    self.found.hint("declare it here under the same name, and leave it out");
                    return None;
                }
                return Some(Target { secret: Secrecy::Handed, ..Target::any(&what) });
            }
        } else if let Some(input) = other.inputs.iter().find(|input| input.name == entry.key) {
            let needed = input.default.is_none() && !input.optional;
            let ty = input.ty.as_type().unwrap_or(Type::Any);
            return Some(Target { ty, needed, ..Target::any(&what) });
        }
        let names: Vec<&str> = if is_secret {
            other.secrets.iter().map(|secret| secret.name.as_str()).collect()
        } else {
            other.inputs.iter().map(|input| input.name.as_str()).collect()
        };
        let kind = if is_secret { "secret" } else { "input" };
        let hint = or_list(&entry.key, &format!("{kind}s"), &names, "it declares no others");
        let message = format!("`{}` has no {kind} `{}`", escape(&other.path), escape(&entry.key));
        self.found.add_with(Code::UnknownStepInput, entry.key_span, message, hint);
        None
    }
}
