package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class TerminalTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** An uncaught error would end with 1, which says that the evidence is false. */
    @Test
    void execute_heapIsFull_cannotRunAndSaysWhatToGive() {
        Terminal terminal = new Terminal(new PrintWriter(out, true), new PrintWriter(err, true), true);

        int exitCode = terminal.execute(new CommandLine(new Greedy()));

        assertThat(exitCode).isEqualTo(SpendGuardCli.CANNOT_RUN);
        assertThat(err.toString())
                .matches("spendguard: Java heap of \\d+ MiB is full: the command was given up, and says"
                        + " nothing of what it was asked\\. Give it more, such as JAVA_TOOL_OPTIONS=-Xmx4g\\.\\R");
        assertThat(out.toString()).startsWith("{\"error\":");
    }

    @Command
    private static final class Greedy implements Callable<Integer> {
        @Override
        public Integer call() {
            throw new OutOfMemoryError("Java heap space");
        }
    }
}
