//! `surefoot man`.

use crate::cli::exit;
use crate::cli::ui::Ui;
use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::io;

/// Print the manual page, for `man`
///
/// It describes every command, with all options and the exit codes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot man > ~/.local/share/man/man1/surefoot.1\n  surefoot man | man -l -")]
pub(in crate::cli) struct ManArgs {}

pub(super) fn man(_args: &ManArgs, ui: &Ui) -> u8 {
    let mut grammar = (ui.grammar)();
    grammar.build();
    // Writing to memory does not fail.
    let page = page(&grammar).unwrap_or_default();
    ui.printer.file(&String::from_utf8_lossy(&page));
    exit::DONE
}

fn page(grammar: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(grammar.clone()).title("SUREFOOT").manual("User commands");
    man.render_title(&mut page)?;
    let about = grammar.get_about().map(ToString::to_string).unwrap_or_default();
    let mut name = Roff::new();
    name.control("SH", ["NAME"]);
    // What `apropos` lists is one line.
    name.text([roman(format!("surefoot - {}", about.lines().next().unwrap_or_default()))]);
    name.to_writer(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    commands(grammar, "surefoot", &mut page)?;
    let mut codes = Roff::new();
    codes.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in exit::TABLE {
        codes.control("TP", []);
        codes.text([bold(code.to_string())]);
        codes.text([roman(meaning)]);
    }
    codes.to_writer(&mut page)?;
    Ok(page)
}

/// Each command below `above`, and those below it, as a section of its own.
fn commands(above: &Command, path: &str, page: &mut Vec<u8>) -> io::Result<()> {
    for command in above.get_subcommands().filter(|command| !command.is_hide_set()) {
        let path = format!("{path} {}", command.get_name());
        let mut heading = Roff::new();
        heading.control("SH", [path.to_uppercase().as_str()]);
        heading.to_writer(page)?;
        let man = Man::new(command.clone().bin_name(&path));
        let mut inner = Vec::new();
        man.render_synopsis_section(&mut inner)?;
        man.render_description_section(&mut inner)?;
        man.render_options_section(&mut inner)?;
        man.render_extra_section(&mut inner)?;
        // What is a section of a page of its own is a part of one here.
        page.extend(String::from_utf8_lossy(&inner).replace("\n.SH ", "\n.SS ").into_bytes());
        commands(command, &path, page)?;
    }
    Ok(())
}
