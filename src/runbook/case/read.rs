//! From the bytes of a test file to its cases.

use super::keys::{CASE, EXPECT, FAULT, FILE};
use super::types::{
    Answer, At, AtStep, CaseAction, CaseFault, EndWord, Expect, Inline, Named, ScenarioPart, TestCase, TestFile,
};
use crate::base::{Map, Value, escape, parse_duration};
use crate::runbook::codes::Code;
use crate::runbook::diagnostic::{Collector, Diagnostics};
use crate::runbook::fit::resolve;
use crate::runbook::source::{Lines, Span};
use crate::runbook::suggest::or_list;
use crate::runbook::word::{Key, key_names};
use crate::runbook::yaml::{self, Data, Entry, Node};

/// Where all keys of a test file are described.
const IN_THE_PAGE: &str = "docs/testing.md describes them all";
/// The kinds of faults that a step can have.
const FAULT_KINDS: [&str; 14] = [
    "delay",
    "drop_request",
    "drop_response",
    "status",
    "reset",
    "truncate",
    "late",
    "refused",
    "away",
    "wrong_file",
    "crash_before",
    "crash_after",
    "power_before",
    "power_after",
];

/// The cases of a test file, or every mistake in it. `name` is what messages call the file.
pub fn read(name: &str, bytes: &[u8]) -> Result<TestFile, Diagnostics> {
    let mut found = Collector::default();
    let Some(text) = yaml::decode(bytes, &mut found) else { return Err(found.finish(name, "")) };
    let Some(root) = yaml::parse(text, &mut found) else { return Err(found.finish(name, text)) };
    let mut reader = Reader { found: &mut found, lines: Lines::of(text), text };
    match reader.file(&root) {
        Some((runbook, cases)) if found.is_empty() => {
            Ok(TestFile { name: name.to_owned(), text: text.to_owned(), runbook, cases })
        }
        _ => Err(found.finish(name, text)),
    }
}

struct Reader<'a> {
    found: &'a mut Collector,
    lines: Lines,
    text: &'a str,
}

/// The entries of a map whose keys were checked.
#[derive(Clone, Copy)]
struct Fields<'t>(&'t [Entry<'t>]);

impl<'t> Fields<'t> {
    fn get(self, key: &str) -> Option<&'t Node<'t>> {
        self.0.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }
}

impl Reader<'_> {
    fn file(&mut self, root: &Node<'_>) -> Option<(Named, Vec<TestCase>)> {
        let fields = self.fields(root, "a test file", FILE)?;
        let runbook = self.need(fields, "runbook", root.span, "name the runbook, `runbook: switch-traffic.yaml`");
        let runbook = runbook.and_then(|node| self.named(node, "`runbook`"));
        let base = self.setting(fields);
        let cases = self.need(fields, "cases", root.span, "a test file has cases, `cases: [{case: it works}]`");
        let cases = cases.map(|node| self.list(node, "`cases`")).unwrap_or_default();
        if cases.is_empty() && fields.get("cases").is_some_and(|node| matches!(node.data, Data::List(_))) {
            self.found
                .add(Code::MissingKey, root.span, "there is no case")
                .hint("write at least one, `- case: its name`");
        }
        let cases: Vec<_> = cases.iter().filter_map(|node| self.case(node, &base)).collect();
        for (place, case) in cases.iter().enumerate() {
            if cases.iter().take(place).any(|other| other.name.text == case.name.text) {
                let message = format!("there is a case `{}` already", escape(&case.name.text));
                self.found.add(Code::DuplicateKey, case.name.span, message).hint("give each case a name of its own");
            }
        }
        Some((runbook?, cases))
    }

    /// What a file says for all of its cases, as a case without a name.
    fn setting(&mut self, fields: Fields<'_>) -> TestCase {
        let mut case = TestCase {
            name: Named { text: String::new(), span: Span::default() },
            line: 0,
            scenario: Vec::new(),
            inputs: Map::new(),
            input_places: Vec::new(),
            nobody: false,
            answers: Vec::new(),
            faults: Vec::new(),
            actions: Vec::new(),
            expect: Expect {
                end: EndWord::Done,
                exit: None,
                because: None,
                outputs: None,
                effects: None,
                refused: None,
                skipped: None,
            },
        };
        self.common(&mut case, fields);
        case
    }

    /// Takes over what a file and its cases both may have.
    fn common(&mut self, case: &mut TestCase, fields: Fields<'_>) {
        match fields.get("scenario").map(|node| (node, &node.data)) {
            Some((node, Data::Scalar { .. })) => {
                // The scenario of another file takes the place of the one above.
                case.scenario = self.named(node, "`scenario`").map(ScenarioPart::File).into_iter().collect();
            }
            Some((node, Data::Map(_))) => case.scenario.push(ScenarioPart::Inline(inline(node))),
            Some((node, _)) => self.wrong(node, "`scenario`", "a path or a map"),
            None => {}
        }
        for entry in self.entries(fields, "inputs") {
            let value = match &entry.value.data {
                Data::Scalar { text, plain } if !resolve(text, *plain).is_null() => Value::String(text.to_string()),
                _ => value(&entry.value),
            };
            case.inputs.insert(entry.key.to_string(), value);
            case.input_places.push(key_of(entry));
        }
        match fields.get("answers").map(|node| (node, &node.data)) {
            Some((_, Data::Scalar { text, .. })) if text == "nobody" => {
                (case.nobody, case.answers) = (true, Vec::new());
            }
            Some((node, Data::Scalar { .. } | Data::List(_))) => self.wrong(node, "`answers`", "`nobody` or a map"),
            Some(_) => {
                for entry in self.entries(fields, "answers") {
                    let answer = self.answer(entry);
                    case.answers.retain(|(step, _)| step.text != entry.key);
                    case.answers.extend(answer.map(|answer| (key_of(entry), answer)));
                }
            }
            None => {}
        }
    }

    fn answer(&mut self, entry: &Entry<'_>) -> Option<Answer> {
        let one = |node: &Node<'_>| match &node.data {
            Data::Scalar { text, plain } => Some(Some(text.to_string()).filter(|_| !resolve(text, *plain).is_null())),
            _ => None,
        };
        match &entry.value.data {
            Data::List(items) => {
                let texts: Option<Vec<_>> = items.iter().map(one).collect();
                texts.map(Answer::InTurn)
            }
            _ => one(&entry.value).map(Answer::Always),
        }
        .or_else(|| {
            self.wrong(
                &entry.value,
                &format!("the answer to `{}`", escape(&entry.key)),
                "a text, a list of texts or null",
            );
            None
        })
    }

    fn case(&mut self, node: &Node<'_>, base: &TestCase) -> Option<TestCase> {
        let fields = self.fields(node, "a case", CASE)?;
        let name = self.need(fields, "case", node.span, "name the case, `case: a lost answer is settled by looking`");
        let name = name.and_then(|node| self.named(node, "`case`"));
        let mut case = base.clone();
        self.common(&mut case, fields);
        if let Some(node) = fields.get("faults") {
            let faults = self.list(node, "`faults`");
            case.faults = faults.iter().filter_map(|node| self.fault(node)).collect();
        }
        if let Some(node) = fields.get("then") {
            case.actions = self.list(node, "`then`").iter().filter_map(|node| self.action(node)).collect();
        }
        if let Some(node) = fields.get("expect") {
            self.expect(&mut case.expect, node);
        }
        case.name = name?;
        case.line = self.lines.position(self.text, case.name.span.start).line;
        Some(case)
    }

    fn fault(&mut self, node: &Node<'_>) -> Option<CaseFault> {
        let is_of_step = matches!(&node.data, Data::Map(entries) if entries.iter().any(|entry| entry.key == "step"));
        if !is_of_step && matches!(&node.data, Data::Map(entries) if entries.iter().any(|entry| entry.key == "match")) {
            return Some(CaseFault::Matching(inline(node)));
        }
        let fields = self.fields(node, "a fault", FAULT)?;
        let hint = "say at which step, `step: drain`, or which requests, `match: {method: POST}`";
        let step = self.need(fields, "step", node.span, hint).and_then(|node| self.named(node, "`step`"));
        let kinds = format!("kinds of faults: {}", FAULT_KINDS.join(", "));
        let kind = self.need(fields, "kind", node.span, &kinds).and_then(|node| self.named(node, "`kind`"));
        let kind = kind.filter(|kind| self.one_of(kind, "a fault of a step", "kinds of faults", &FAULT_KINDS));
        let at = fields.get("at").and_then(|node| self.named(node, "`at`"));
        let at = at.filter(|at| self.one_of(at, "`at`", "words", &["effect", "look"]));
        let after = fields.get("after").map_or(Some(0), |node| self.number(node, "`after`", 1_000_000));
        let count = fields.get("count").map_or(Some(1), |node| self.number(node, "`count`", 1_000_000));
        Some(CaseFault::AtStep(AtStep {
            step: step?,
            kind: kind?,
            at_effect: at.map(|at| at.text == "effect"),
            after: after?,
            count: count?,
            arg: fields.get("arg").map(value).unwrap_or_default(),
            span: node.span,
        }))
    }

    fn action(&mut self, node: &Node<'_>) -> Option<CaseAction> {
        const FORM: &str = "`resume`, `cancel`, `resolve: {STEP: applied}` or `wait: 10m`";
        match &node.data {
            Data::Scalar { text, .. } if text == "resume" => return Some(CaseAction::Resume),
            Data::Scalar { text, .. } if text == "cancel" => return Some(CaseAction::Cancel),
            Data::Map(entries) => match entries.as_slice() {
                [Entry { key, value, .. }] if key == "wait" => {
                    let text = self.named(value, "`wait`")?;
                    match parse_duration(&text.text) {
                        Ok(span) => return Some(CaseAction::Wait(span)),
                        Err(_) => self.wrong(value, "`wait`", "a duration, like 10m"),
                    }
                    return None;
                }
                [Entry { key, value: Node { data: Data::Map(steps), .. }, .. }] if key == "resolve" => {
                    if let [step] = steps.as_slice() {
                        let word = self.named(&step.value, "the outcome")?;
                        let is_word = self.one_of(&word, "an outcome", "outcomes", &["applied", "not-applied"]);
                        return is_word.then(|| CaseAction::Resolve(key_of(step), word.text == "applied"));
                    }
                }
                _ => {}
            },
            _ => {}
        }
        self.wrong(node, "what the operator does", FORM);
        None
    }

    fn expect(&mut self, expect: &mut Expect, node: &Node<'_>) {
        let Some(fields) = self.fields(node, "`expect`", EXPECT) else { return };
        if let Some(end) = fields.get("end").and_then(|node| self.named(node, "`end`")) {
            let names = EndWord::ALL.map(EndWord::name);
            if self.one_of(&end, "`end`", "ends", &names) {
                expect.end = EndWord::ALL.into_iter().find(|one| one.name() == end.text).unwrap_or(EndWord::Done);
            }
        }
        let exit = fields.get("exit").and_then(|node| self.number(node, "`exit`", 255));
        expect.exit = exit.and_then(|exit| u8::try_from(exit).ok());
        expect.because = fields.get("because").and_then(|node| self.named(node, "`because`")).map(|named| named.text);
        if fields.get("outputs").is_some() {
            let outputs = self.entries(fields, "outputs");
            expect.outputs = Some(outputs.iter().map(|entry| (key_of(entry), value(&entry.value))).collect());
        }
        expect.effects = fields.get("effects").map(|node| self.places(node, "`effects`"));
        expect.refused = fields.get("refused").map(|node| self.places(node, "`refused`"));
        expect.skipped = fields.get("skipped").map(|node| {
            self.list(node, "`skipped`").iter().filter_map(|node| self.named(node, "a skipped step")).collect()
        });
    }

    /// A list of steps, each alone or as the key of what is said of it.
    fn places(&mut self, node: &Node<'_>, what: &str) -> Vec<At> {
        let mut places = Vec::new();
        for node in self.list(node, what) {
            match &node.data {
                Data::Scalar { .. } => {
                    places.extend(self.named(node, "a step").map(|step| At { step, what: None }));
                }
                Data::Map(entries) if entries.len() == 1 => {
                    let told = entries.iter().filter_map(|entry| {
                        let said = self.named(&entry.value, &format!("what is said of `{}`", escape(&entry.key)))?;
                        Some(At { step: key_of(entry), what: Some(said.text) })
                    });
                    places.extend(told);
                }
                _ => self.wrong(node, "an entry", "a step, or `STEP: TEXT`"),
            }
        }
        places
    }

    fn fields<'t>(&mut self, node: &'t Node<'t>, what: &str, known: &[Key]) -> Option<Fields<'t>> {
        let Data::Map(entries) = &node.data else {
            self.wrong(node, what, "a map");
            return None;
        };
        let names = key_names(known);
        for entry in entries.iter().filter(|entry| !entry.key.is_empty() && !names.contains(&entry.key.as_ref())) {
            let message = format!("{what} has no key `{}`", escape(&entry.key));
            let hint = or_list(&entry.key, "keys", &names, IN_THE_PAGE);
            self.found.add_with(Code::UnknownKey, entry.key_span, message, hint);
        }
        Some(Fields(entries))
    }

    fn need<'t>(&mut self, fields: Fields<'t>, key: &str, at: Span, hint: &str) -> Option<&'t Node<'t>> {
        let node = fields.get(key);
        if node.is_none() {
            let start = fields.0.first().map_or(at, |entry| entry.key_span);
            self.found.add(Code::MissingKey, start, format!("the key `{key}` is missing")).hint(hint);
        }
        node
    }

    fn entries<'t>(&mut self, fields: Fields<'t>, key: &str) -> &'t [Entry<'t>] {
        match fields.get(key).map(|node| (node, &node.data)) {
            Some((_, Data::Map(entries))) => entries,
            Some((node, _)) => {
                self.wrong(node, &format!("`{key}`"), "a map");
                &[]
            }
            None => &[],
        }
    }

    fn list<'t>(&mut self, node: &'t Node<'t>, what: &str) -> &'t [Node<'t>] {
        if let Data::List(items) = &node.data {
            return items;
        }
        self.wrong(node, what, "a list");
        &[]
    }

    fn named(&mut self, node: &Node<'_>, what: &str) -> Option<Named> {
        match &node.data {
            Data::Scalar { text, plain } if !resolve(text, *plain).is_null() => {
                Some(Named { text: text.to_string(), span: node.span })
            }
            _ => {
                self.wrong(node, what, "text");
                None
            }
        }
    }

    fn number(&mut self, node: &Node<'_>, what: &str, most: u64) -> Option<u64> {
        let number = match &node.data {
            Data::Scalar { text, plain } => resolve(text, *plain).as_u64().filter(|number| *number <= most),
            _ => None,
        };
        if number.is_none() {
            self.wrong(node, what, &format!("a whole number from 0 to {most}"));
        }
        number
    }

    fn one_of(&mut self, named: &Named, what: &str, words: &str, known: &[&str]) -> bool {
        let is_known = known.contains(&named.text.as_str());
        if !is_known {
            let message = format!("{what} cannot be `{}`", escape(&named.text));
            self.found.add_with(Code::Misfit, named.span, message, or_list(&named.text, words, known, IN_THE_PAGE));
        }
        is_known
    }

    fn wrong(&mut self, node: &Node<'_>, what: &str, expected: &str) {
        if node.data != Data::Broken {
            self.found.add(Code::WrongType, node.span, format!("{what} must be {expected}"));
        }
    }
}

fn key_of(entry: &Entry<'_>) -> Named {
    Named { text: entry.key.to_string(), span: entry.key_span }
}

fn inline(node: &Node<'_>) -> Inline {
    let mut keys = Vec::new();
    keys_of(node, &mut keys);
    Inline { value: value(node), span: node.span, keys }
}

fn keys_of(node: &Node<'_>, keys: &mut Vec<Named>) {
    match &node.data {
        Data::List(items) => items.iter().for_each(|item| keys_of(item, keys)),
        Data::Map(entries) => {
            for entry in entries {
                keys.push(key_of(entry));
                keys_of(&entry.value, keys);
            }
        }
        Data::Scalar { .. } | Data::Broken => {}
    }
}

fn value(node: &Node<'_>) -> Value {
    match &node.data {
        Data::Scalar { text, plain } => resolve(text, *plain),
        Data::List(items) => items.iter().map(value).collect(),
        Data::Map(entries) => entries.iter().map(|entry| (entry.key.to_string(), value(&entry.value))).collect(),
        Data::Broken => Value::Null,
    }
}
