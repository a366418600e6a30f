//! Every code has a page, and the example on it provokes that code and no other.

use super::{given, mistakes_in};
use surefoot::runbook::{Code, Inputs, explain};

/// The text between a fence of that language and its end.
fn fenced<'a>(page: &'a str, language: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("```{language}\n"))?;
    rest.split("```").next()
}

#[test]
fn the_example_of_each_page_provokes_its_code_and_no_other() {
    for code in Code::ALL {
        let page = code.page();
        let example = fenced(page, "yaml").unwrap_or_else(|| panic!("{} has no example", code.name()));
        // A page cannot hold a NUL, and its tabs should be seen.
        let example = example.replace('␀', "\0").replace('⇥', "\t");
        let pairs: Option<Vec<(&str, &str)>> = fenced(page, "sh")
            .map(|command| command.split_whitespace().filter_map(|word| word.split_once('=')).collect());
        let inputs = pairs.as_deref().map(given);
        let inputs = inputs.as_ref().map_or(Inputs::Unknown, Inputs::Given);
        let found = mistakes_in(example.as_bytes(), inputs);
        assert!(!found.is_empty(), "the example of {} is sound", code.name());
        assert!(found.iter().all(|found| found.starts_with(code.name())), "{} gives {found:?}", code.name());
    }
}

#[test]
fn each_page_says_what_it_means_and_how_to_mend_it() {
    for code in Code::ALL {
        let page = explain(code.name()).unwrap();
        assert!(page.starts_with(&format!("# {}: {}\n\n", code.name(), code.title())), "{page}");
        assert!(page.contains("\n## Example\n"), "{page}");
        assert!(
            page.trim_end().split_once("\n## How to fix it\n\n").is_some_and(|(_, text)| text.len() > 20),
            "{page}"
        );
    }
}

#[test]
fn codes_are_found_by_name_and_numbered_without_gaps() {
    for (number, code) in (1..).zip(Code::ALL) {
        assert_eq!(code.name(), format!("SF{number:03}"));
        assert_eq!(Code::from_name(&code.name().to_lowercase()), Some(*code));
    }
    assert_eq!(explain("SF999"), None);
}
