//! Whatever a file of at most 16 MiB holds, `check` and `plan` answer at once: the shipped runbooks, mutated.
//!
//! As a campaign, with a limit of two seconds where it is built for release:
//! `SUREFOOT_FUZZ_MINUTES=10 cargo test --release --locked --test it language::fuzz -- --nocapture`

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use surefoot::base::Map;
use surefoot::report::{Style, json, plan as plan_text};
use surefoot::runbook::{Inputs, compile};

const RUNBOOKS: [&str; 2] =
    [include_str!("../../../runbooks/migrate-to-vdc.yaml"), include_str!("../../../runbooks/overwrite.yaml")];
/// The largest file that is read.
const FILE_MAX: usize = 16 << 20;
/// What is not optimized takes about ten times as long.
const LIMIT: Duration = Duration::from_secs(if cfg!(debug_assertions) { 20 } else { 2 });

/// Numbers that a seed decides.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    /// A number up to `most`, small ones as often as large ones.
    fn size(&mut self, most: usize) -> usize {
        let bits = self.below(usize::try_from(most.max(2).ilog2()).unwrap() + 1);
        (1 << bits) + self.below(1 << bits)
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const WORDS: [&str; 26] = [
    "{{ steps.nope.id }}",
    "{{ inputs.nope }}",
    "{{ secrets.nope }}",
    "{{ steps.capture.nmae }}",
    "{{ inputs.bucket | nope }}",
    "{{ '{{' }}",
    "{{",
    "}}",
    "{%",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "|\n",
    ">-\n",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\u{202e}",
    "\\u2028",
    "\t",
];

/// One change of a text.
fn mutate(dice: &mut Dice, text: &mut String) {
    let at = text.floor_char_boundary(dice.below(text.len() + 1));
    let line = |text: &str, at: usize| {
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        let end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        start..end
    };
    match dice.below(9) {
        0 => text.insert_str(at, dice.pick(&WORDS)),
        1 => {
            let end = text.ceil_char_boundary((at + dice.size(40)).min(text.len()));
            text.replace_range(at..end, "");
        }
        2 => {
            // The same line many times.
            let range = line(text, at);
            let most = (FILE_MAX * 2 / range.len().max(1)).max(1);
            let copies = text[range.clone()].repeat(dice.size(20_000).min(most));
            text.insert_str(range.start, &copies);
        }
        3 => {
            let range = line(text, at);
            text.replace_range(range, "");
        }
        4 => {
            // A name that goes on and on.
            let letter = dice.pick(&["a", "é", "_", "{", "[", "0", " ", "\\n"]);
            text.insert_str(at, &letter.repeat(dice.size(1 << 20)));
        }
        5 => {
            // A long list or map in a line.
            let item = dice.pick(&["a, ", "{}, ", "[], ", "k: v, ", "\"{{ steps.x }}\", ", "'', "]);
            let (open, close) = if dice.below(2) == 0 { ("[", "]") } else { ("{", "}") };
            text.insert_str(at, &format!("{open}{}{close}", item.repeat(dice.size(200_000))));
        }
        6 => {
            let depth = dice.size(2_000);
            let (open, close) = if dice.below(2) == 0 { ("[", "]") } else { ("{a: ", "}") };
            text.insert_str(at, &format!("{}{}", open.repeat(depth), close.repeat(depth)));
        }
        7 => {
            let other = line(text, text.floor_char_boundary(dice.below(text.len() + 1)));
            let copy = text[other].to_owned();
            let range = line(text, at);
            text.insert_str(range.start, &copy);
        }
        _ => {
            let bytes = [b'a' + u8::try_from(dice.below(26)).unwrap()];
            if at < text.len() {
                let end = text.ceil_char_boundary(at + 1);
                text.replace_range(at..end, std::str::from_utf8(&bytes).unwrap());
            }
        }
    }
}

/// A name of that many letters, of which the last ones tell it apart.
fn name(length: usize, number: usize) -> String {
    format!("{}{number:05}", "n".repeat(length.saturating_sub(5).max(1)))
}

/// A runbook that is large in one respect.
#[expect(clippy::too_many_lines, reason = "one row for each kind of large file")]
fn large(dice: &mut Dice) -> String {
    let count = dice.size(20_000);
    let length = [8, 40, 64, 65, 300][dice.below(5)];
    let head = "runbook: large\nversion: 1.0.0\n".to_owned();
    let references = |text: &mut String, what: &str, tail: &str| {
        text.push_str("steps:\n");
        for number in 0..count {
            let name = name(length, number + 1);
            let _ = writeln!(
                text,
                "  - {{id: s{number}, uses: assert, with: {{that: \"{{{{ {what}.x{name}{tail} == 1 }}}}\"}}}}"
            );
        }
    };
    let mut text = head;
    match dice.below(9) {
        0 => {
            text.push_str("inputs:\n");
            for number in 0..count {
                let _ = writeln!(text, "  {}: {{type: string}}", name(length, number));
            }
            references(&mut text, "inputs", "");
        }
        1 => {
            text.push_str("secrets:\n");
            for number in 0..count {
                let _ = writeln!(text, "  {}: {{env: [A]}}", name(length, number));
            }
            references(&mut text, "secrets", "");
        }
        2 => references(&mut text, "steps", ".id"),
        3 => {
            text.push_str("steps:\n");
            for number in 0..count {
                let (id, other) = (name(length.min(64), number), name(length.min(64), number + 1));
                let _ = writeln!(text, "  - {{id: {id}, uses: assert, needs: [x{other}], with: {{that: true}}}}");
            }
        }
        4 => {
            // One text with an expression beside the other, which the escape moves.
            let part = dice.pick(&["{{ inputs.nope }} ", "{{ steps.a.b }}", "{{ secrets.x }},", "{{ 1 }}"]);
            let lead = dice.pick(&["", "\\n", "é"]);
            let _ = writeln!(
                text,
                "steps:\n  - {{id: a, uses: assert, with: {{that: true, message: \"{lead}{}\"}}}}",
                part.repeat(count * 4)
            );
        }
        5 => {
            let _ = writeln!(text, "steps:\n  - id: a\n    uses: nope\n    with:");
            for number in 0..count * 4 {
                let _ = writeln!(text, "      k{number}: v");
            }
        }
        6 => {
            let values: String = (0..count * 4).map(|number| format!("v{number}, ")).collect();
            let pattern = "[a-z]{1,20}".repeat(dice.size(100));
            let _ = writeln!(
                text,
                "inputs:\n  a: {{type: string, pattern: \"^({pattern})?.*$\", enum: [{values}]}}\nsteps:\n  - {{id: a, uses: \
                 assert, with: {{that: \"{{{{ inputs.a == 'v' }}}}\"}}}}"
            );
        }
        7 => patterns(dice, &mut text, count),
        _ => {
            // Everybody waits for everybody before.
            let count = count.min(3_000);
            text.push_str("steps:\n");
            for number in 0..count {
                let before: Vec<_> = (number.saturating_sub(200)..number).map(|one| format!("s{one}")).collect();
                let _ = writeln!(
                    text,
                    "  - {{id: s{number}, uses: assert, with: {{that: true}}, needs: [{}]}}",
                    before.join(", ")
                );
            }
        }
    }
    text
}

/// Many inputs with a pattern each: all alike or none, small ones and ones that stand for many states.
fn patterns(dice: &mut Dice, text: &mut String, count: usize) {
    let (least, most) = (dice.size(60), dice.size(400));
    let is_shared = dice.below(2) == 0;
    let form = dice.pick(&["(a{L,M}){L,M}N", "(?:a{1,L}){1,M}xN", "[a-z]{1,M}N", "(a)?(b)?(a|b|N){0,M}", "^a{L}N*$"]);
    let value = "a".repeat(dice.size(64 << 10).min((8 << 20) / count));
    text.push_str("inputs:\n");
    for number in 0..count {
        let told = if is_shared { 0 } else { number };
        let pattern = form.replace('L', &least.to_string()).replace('M', &most.to_string());
        let pattern = pattern.replace('N', &told.to_string());
        let _ = writeln!(text, "  {}: {{type: string, pattern: \"{pattern}\", default: {value}}}", name(8, number));
    }
    text.push_str("steps:\n  - {id: a, uses: assert, with: {that: true}}\n");
}

/// A shipped runbook with a change or two, of which many can still be read.
pub(crate) fn nearly_sound(seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = dice.pick(&RUNBOOKS).to_owned();
    for _ in 0..=dice.below(2) {
        mutate(&mut dice, &mut text);
    }
    text
}

fn case(seed: u64) -> String {
    let mut dice = Dice(seed);
    let mut text = if dice.below(4) == 0 { large(&mut dice) } else { RUNBOOKS[dice.below(RUNBOOKS.len())].to_owned() };
    for _ in 0..dice.below(12) {
        mutate(&mut dice, &mut text);
        if text.len() > FILE_MAX {
            text.truncate(text.floor_char_boundary(FILE_MAX));
        }
    }
    text
}

/// What `check` and `plan` do with these bytes, and how long the longer of the two took.
fn took(text: &str) -> Duration {
    let nothing = Map::new();
    let style = Style { colour: false, columns: 100 };
    let times = [Inputs::Unknown, Inputs::Given(&nothing)].map(|inputs| {
        let begun = Instant::now();
        match compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), inputs) {
            Ok(plan) => drop((plan_text(&plan, style), json::plan(&plan))),
            Err(found) => {
                let shown = found.render(false);
                assert!(!shown.contains(['\u{202e}', '\u{1b}']) && !found.to_json().is_null());
            }
        }
        begun.elapsed()
    });
    times.into_iter().max().unwrap()
}

/// Where a case is put before it is tried, so that one that never ends can be looked at.
fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn every_file_is_answered_at_once() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let minutes = number("SUREFOOT_FUZZ_MINUTES");
    let first = number("SUREFOOT_FUZZ_SEED").unwrap_or(1);
    let until = Instant::now() + minutes.map_or(Duration::from_secs(15), |minutes| Duration::from_secs(60 * minutes));
    let (mut seed, mut slowest) = (first, (Duration::ZERO, first));
    while Instant::now() < until && (minutes.is_some() || seed < first + 100) {
        let text = case(seed);
        if minutes.is_some() {
            std::fs::write(kept("fuzz-now.yaml"), &text).unwrap();
        }
        let time = took(&text);
        slowest = slowest.max((time, seed));
        if time > LIMIT {
            std::fs::write(kept(&format!("fuzz-{seed}.yaml")), &text).unwrap();
        }
        assert!(time <= LIMIT, "SUREFOOT_FUZZ_SEED={seed} took {time:?}, more than {LIMIT:?} ({} bytes)", text.len());
        seed += 1;
    }
    let (time, at) = slowest;
    println!("{} files, the slowest took {time:?} (seed {at})", seed - first);
}

#[test]
fn two_thousand_long_names_are_answered_at_once() {
    let mut text = "runbook: large\nversion: 1.0.0\ninputs:\n".to_owned();
    for number in 0..2_000 {
        let _ = writeln!(text, "  {}: {{type: string}}", name(64, number));
    }
    text.push_str("steps:\n");
    for number in 0..2_000 {
        let _ = writeln!(
            text,
            "  - {{id: s{number}, uses: assert, with: {{that: \"{{{{ inputs.{}x == 1 }}}}\"}}}}",
            name(63, number)
        );
    }
    assert!(took(&text) < LIMIT);
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
    assert!(found.iter().any(|found| found.hint.as_deref().is_some_and(|hint| hint.contains("did you mean"))));
}

#[test]
fn many_patterns_are_answered_at_once() {
    for seed in 1..=8 {
        let mut dice = Dice(seed);
        let mut text = "runbook: large\nversion: 1.0.0\n".to_owned();
        let count = dice.size(1_000);
        patterns(&mut dice, &mut text, count);
        let time = took(&text);
        assert!(time <= LIMIT / 4, "seed {seed} took {time:?} ({} bytes)", text.len());
    }
}

/// Inputs with these patterns, each with this default.
fn matched(patterns: impl IntoIterator<Item = String>, default: &str) -> String {
    let (mut inputs, mut steps) = (String::new(), String::new());
    for (number, pattern) in patterns.into_iter().enumerate() {
        let _ = writeln!(inputs, "  i{number}: {{type: string, default: {default}, pattern: \"{pattern}\"}}");
        let _ = writeln!(
            steps,
            "  - {{id: s{number}, uses: assert, with: {{that: \"{{{{ inputs.i{number} != '' }}}}\"}}}}"
        );
    }
    format!("runbook: large\nversion: 1.0.0\ninputs:\n{inputs}steps:\n{steps}")
}

/// The first mistake of a kind that is looked for: limits.
fn limit(text: &str) -> Option<String> {
    assert!(took(text) < LIMIT / 4, "{:?}", took(text));
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).err()?;
    let told: Vec<_> = found.iter().filter(|found| found.code.name() == "SF003").collect();
    assert!(told.iter().all(|found| found.hint.is_some()), "{told:?}");
    told.first().map(|found| found.message.clone())
}

#[test]
fn patterns_that_stand_for_much_are_refused_at_once() {
    let nested = |most: usize, number: usize| format!("(a{{1,{most}}}){{1,{most}}}|{number}");
    let large = matched((0..600).map(|number| nested(300, number)), "a");
    assert_eq!(limit(&large).unwrap(), "the pattern stands for too many states");
    let many = matched((0..20_000).map(|number| format!("^a{{1,9}}|{number}$")), "a");
    assert_eq!(limit(&many).unwrap(), "there are more than 1000 different patterns");
    let work = matched((0..900).map(|number| nested(50, number)), "a");
    assert_eq!(limit(&work).unwrap(), "the patterns up to this one are too much work together");
    let long = matched(["a".repeat(5_000)], "a");
    assert_eq!(limit(&long).unwrap(), "the pattern has 5000 bytes, the limit is 4096");
    // Each is small, and so is their number; what they are compared with is not.
    let text = matched((0..20).map(|number| format!("(?:a{{1,40}}){{1,40}}x|{number}")), &"a".repeat(64 << 10));
    assert_eq!(limit(&text), None);
    let found = compile(surefoot::kinds::catalog(), "case.yaml", text.as_bytes(), Inputs::Unknown).unwrap_err();
    assert!(found.render(false).contains("shorten the text or repeat less in patterns"), "{}", found.render(false));
}

#[test]
fn a_thousand_inputs_that_share_a_pattern_are_compared() {
    let given: Map = (0..5_000).map(|number| (format!("i{number}"), "0badcafe".into())).collect();
    let shared = matched((0..5_000).map(|_| "^[0-9a-f]{8}$".to_owned()), "2f49c2b3");
    for inputs in [Inputs::Unknown, Inputs::Given(&given)] {
        let begun = Instant::now();
        let plan = compile(surefoot::kinds::catalog(), "case.yaml", shared.as_bytes(), inputs).unwrap();
        assert!(begun.elapsed() < LIMIT / 4 && plan.inputs.len() == 5_000);
    }
    let wrong: Map = [("i7".to_owned(), "nothing".into())].into_iter().collect();
    let found = compile(surefoot::kinds::catalog(), "case.yaml", shared.as_bytes(), Inputs::Given(&wrong)).unwrap_err();
    assert!(found.render(false).contains("text that matches ^[0-9a-f]{8}$"), "{}", found.render(false));
    // As much as people write: long lines of text and addresses.
    let forms = ["^.{1,1000}$", "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"];
    let texts = matched(forms.map(str::to_owned), &"a".repeat(60));
    compile(surefoot::kinds::catalog(), "case.yaml", texts.as_bytes(), Inputs::Unknown).unwrap();
}

#[test]
fn a_thousand_steps_that_each_wait_for_all_before_them_are_answered_at_once() {
    let mut text = "runbook: large\nversion: 1.0.0\nsteps:\n".to_owned();
    let mut before: Vec<String> = Vec::new();
    for number in 0..1_000 {
        let needs = before.join(", ");
        let _ = writeln!(text, "  - {{id: s{number}, uses: assert, with: {{that: true}}, needs: [{needs}]}}");
        before.push(format!("s{number}"));
    }
    let time = took(&text);
    assert!(time < LIMIT, "{time:?}");
}
