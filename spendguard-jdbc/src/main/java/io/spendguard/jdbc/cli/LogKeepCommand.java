package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.EvidenceLog;
import io.spendguard.jdbc.LogKeeper;
import io.spendguard.jdbc.LogKeeping;
import io.spendguard.json.JsonObject;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.Signer;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard log keep} */
@Command(
        name = "keep",
        description = "Keeps the log: takes new events up and signs checkpoints, until it is broken off.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class LogKeepCommand implements Callable<Integer> {
    private final Terminal terminal;
    private final Map<String, String> environment;

    @Mixin
    private DatabaseOptions database;

    @Mixin
    private SigningKeyOptions key;

    @Option(names = "--origin", required = true, description = "the log's name, such as example.com/spendguard")
    private String origin;

    @Option(
            names = "--forward-every",
            paramLabel = "DURATION",
            description = "how often new events are taken up (${DEFAULT-VALUE})",
            defaultValue = "PT1S")
    private Duration forwardEvery;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "DURATION",
            description = "how long new events wait for a signature (${DEFAULT-VALUE})",
            defaultValue = "PT1M")
    private Duration checkpointEvery;

    @Option(
            names = "--checkpoint-events",
            paramLabel = "NUMBER",
            description = "how many new ones are signed at once (${DEFAULT-VALUE})",
            defaultValue = "10000")
    private long checkpointEvents;

    @Option(names = "--limit", paramLabel = "NUMBER", description = "end after so many checkpoints")
    private @Nullable Integer limit;

    @Option(names = "--json", description = "one line with a JSON object for each checkpoint")
    private boolean json;

    private boolean isAway;

    LogKeepCommand(Terminal terminal, Map<String, String> environment) {
        this.terminal = terminal;
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        return key.with(this::keep);
    }

    private Integer keep(Signer signer) throws IOException {
        PGSimpleDataSource source = database.dataSource(environment);
        EvidenceLog log = EvidenceLog.open(source);
        LogKeeping keeping = LogKeeping.signedBy(origin, signer)
                .forwardEvery(forwardEvery)
                .checkpointEvery(checkpointEvery)
                .checkpointEvents(checkpointEvents);
        Checkpoint before = latest(log);
        long known = before == null ? 0 : before.size();
        int left = limit == null ? Integer.MAX_VALUE : limit;
        try (LogKeeper keeper = LogKeeper.start(source, keeping)) {
            while (left > 0 && !Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(keeper, forwardEvery.toNanos());
                Checkpoint last = latestNow(log);
                if (last != null && last.size() > known) {
                    known = last.size();
                    left--;
                    print(last);
                }
            }
        }
        return SpendGuardCli.OK;
    }

    /** A database that is away for a while ends nothing: the keeper tries again, and so is this. */
    private @Nullable Checkpoint latestNow(EvidenceLog log) {
        try {
            Checkpoint last = latest(log);
            isAway = false;
            return last;
        } catch (LedgerUnavailableException away) {
            if (!isAway) {
                terminal.cannotRun(away);
            }
            isAway = true;
            return null;
        }
    }

    private static @Nullable Checkpoint latest(EvidenceLog log) {
        return log.latest().map(note -> Checkpoint.parse(note.text())).orElse(null);
    }

    private void print(Checkpoint checkpoint) {
        if (json) {
            terminal.json(JsonObject.create()
                    .put("origin", checkpoint.origin())
                    .put("size", checkpoint.size())
                    .put("root", checkpoint.root().hex()));
        } else {
            terminal.line("log: checkpoint " + checkpoint.size() + " of " + checkpoint.origin() + ", root "
                    + checkpoint.root().hex());
        }
    }
}
