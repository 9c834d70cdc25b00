package io.spendguard.jdbc.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import picocli.CommandLine;

/**
 * The command line of the auditor's own jar, {@code spendguard-verify.jar}: {@code verify} and nothing else, with no class
 * that could reach a database.
 */
public final class VerifierCli {
    private VerifierCli() {}

    /** Verifies and ends the process: 0 when all is well, 1 when something was found, 2 when it could not run. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, args));
    }

    /** Runs in this process; never throws for what its input holds. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        Terminal terminal = new Terminal(out, err, Arrays.asList(args).contains("--json"));
        CommandLine verify = new CommandLine(new VerifyCommand(terminal)).setCommandName("spendguard-verify");
        return terminal.execute(verify, args);
    }
}
