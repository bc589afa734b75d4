package org.lrcc.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code lrcc completion}: completion of commands and options in bash and zsh. */
@Command(
        name = CompletionCommand.NAME,
        description = "Print a script that completes lrcc's commands and options in bash and zsh.",
        footer = {"  source <(lrcc completion)", "  lrcc completion > ~/.local/share/bash-completion/completions/lrcc"})
final class CompletionCommand extends Subcommand {
    /** The one command that wants to know all of them. */
    static final String NAME = "completion";

    @Spec
    private CommandSpec self = CommandSpec.create();

    @Override
    void execute() {
        CommandLine root = self.root().commandLine();
        console().print(AutoComplete.bash("lrcc", root));
    }
}
