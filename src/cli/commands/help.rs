//! `surefoot help`.

use crate::cli::common::Output;
use crate::cli::exit;
use crate::cli::failure::CliError;
use crate::cli::ui::Ui;
use crate::ops::{Failure, FailureKind};
use crate::report::{self, Table};
use serde_json::json;

/// Print help for a command, the language of runbooks, or the exit codes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  surefoot help run\n  surefoot help language\n  surefoot help exit-codes")]
pub(in crate::cli) struct HelpArgs {
    /// Command, `language` or `exit-codes`
    #[arg(value_name = "TOPIC")]
    topic: Vec<String>,
}

pub(super) fn help(args: &HelpArgs, ui: &Ui) -> Result<u8, CliError> {
    if args.topic == ["exit-codes"] {
        exit_codes(ui);
        return Ok(exit::DONE);
    }
    if args.topic == ["language"] {
        ui.show(report::language, report::json::language);
        return Ok(exit::DONE);
    }
    let mut command = (ui.grammar)();
    command.build();
    let mut here = &mut command;
    for word in &args.topic {
        let names: Vec<String> = here.get_subcommands().map(|one| one.get_name().to_owned()).collect();
        here = here.find_subcommand_mut(word).ok_or_else(|| {
            Failure::new(FailureKind::Usage, format!("no help for `{word}`"))
                .hint(format!("topics are {}, language, exit-codes", names.join(", ")))
        })?;
    }
    ui.printer.styled_data(&here.render_long_help());
    Ok(exit::DONE)
}

fn exit_codes(ui: &Ui) {
    if ui.output == Output::Json {
        let codes: Vec<_> =
            exit::TABLE.iter().map(|(code, meaning)| json!({"code": code, "meaning": meaning})).collect();
        return ui.printer.json(&json!({"schema": "surefoot.exit-codes.v1", "codes": codes}));
    }
    let mut table = Table::new(["", ""]);
    for (code, meaning) in exit::TABLE {
        table.row([format!("{code:>2}"), meaning.to_owned()]);
    }
    ui.printer.data(&table.render(ui.printer.out_style()));
}
