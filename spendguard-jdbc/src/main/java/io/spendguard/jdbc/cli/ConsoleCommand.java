package io.spendguard.jdbc.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** A command that answers on a terminal, in text or as one JSON object; its value is the exit code. */
abstract class ConsoleCommand implements Callable<Integer> {
    final Terminal terminal;

    @Option(names = "--json", description = "answer with one JSON object")
    boolean json;

    ConsoleCommand(Terminal terminal) {
        this.terminal = terminal;
    }
}
