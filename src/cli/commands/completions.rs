//! `surefoot completions`.

use crate::cli::exit;
use crate::cli::ui::Ui;
use clap::Command;
use clap_complete::Shell;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
                        surefoot completions bash > ~/.local/share/bash-completion/completions/surefoot\n  \
                        surefoot completions zsh > ~/.zfunc/_surefoot\n  \
                        surefoot completions fish > ~/.config/fish/completions/surefoot.fish")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn completions(args: &CompletionsArgs, ui: &Ui) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut typed(&(ui.grammar)()), "surefoot", &mut script);
    ui.printer.file(&String::from_utf8_lossy(&script));
    exit::DONE
}

/// The command line without the commands that nobody types.
fn typed(grammar: &Command) -> Command {
    let commands: Vec<Command> = grammar.get_subcommands().filter(|one| !one.is_hide_set()).cloned().collect();
    let arguments: Vec<clap::Arg> = grammar.get_arguments().cloned().collect();
    Command::new("surefoot")
        .version(env!("CARGO_PKG_VERSION"))
        .disable_help_subcommand(true)
        .args(arguments)
        .subcommands(commands)
}
