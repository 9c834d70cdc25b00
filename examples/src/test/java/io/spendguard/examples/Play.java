package io.spendguard.examples;

import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.IdSource;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;

/** Plays a demo on a ledger in memory, at a fixed time, and keeps what it prints. */
final class Play {
    static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);

    private Play() {}

    /** The lines printed, with every id shown as {@code ID}. */
    static List<String> linesOf(Demo demo, Path folder) {
        return textOf(demo, folder, false).lines().toList();
    }

    static String textOf(Demo demo, Path folder, boolean isConsole) {
        InMemoryLedger ledger = new InMemoryLedger(CLOCK);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        demo.play(new Stage(
                () -> ledger,
                Path.of("contracts"),
                folder.resolve("evidence"),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                isConsole,
                CLOCK,
                IdSource.system()));
        return out.toString(StandardCharsets.UTF_8)
                .replaceAll("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "ID");
    }
}
