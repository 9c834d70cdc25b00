package io.spendguard.jdbc.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Runs the command line in this process and keeps what it said. */
record Console(int exitCode, String out, String err) {
    static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

    static Console run(String... args) {
        return run(Map.of(), args);
    }

    static Console run(Map<String, String> environment, String... args) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = SpendGuardCli.run(
                new PrintWriter(out), new PrintWriter(err), environment, Clock.fixed(NOW, ZoneOffset.UTC), args);
        return new Console(exitCode, out.toString(), err.toString());
    }
}
