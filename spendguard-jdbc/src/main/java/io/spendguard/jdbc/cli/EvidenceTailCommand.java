package io.spendguard.jdbc.cli;

import io.spendguard.evidence.EventTypes;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.SealedEvent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard evidence tail} */
@Command(
        name = "tail",
        description = "Shows the last audit events and follows new ones, until it is broken off.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class EvidenceTailCommand implements Callable<Integer> {
    private static final int EVENTS_PER_LOOK = 1_000;

    private final Terminal terminal;
    private final Map<String, String> environment;

    @Mixin
    private DatabaseOptions database;

    @Option(names = "--tenant", description = "this tenant's events only")
    private @Nullable String tenant;

    @Option(
            names = "--last",
            paramLabel = "NUMBER",
            description = "how many events of each stream come first (${DEFAULT-VALUE})",
            defaultValue = "10")
    private int last;

    @Option(names = "--once", description = "end after what is there now")
    private boolean once;

    @Option(names = "--limit", paramLabel = "NUMBER", description = "end after so many events")
    private @Nullable Integer limit;

    @Option(names = "--money", description = "only decisions, outcomes and what else moves money")
    private boolean money;

    @Option(
            names = "--every",
            paramLabel = "DURATION",
            description = "how often to look (${DEFAULT-VALUE})",
            defaultValue = "PT1S")
    private Duration every;

    @Option(names = "--json", description = "one line with the event's JSON for each")
    private boolean json;

    EvidenceTailCommand(Terminal terminal, Map<String, String> environment) {
        this.terminal = terminal;
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        requireBounds();
        EvidenceReader reader = EvidenceReader.open(database.dataSource(environment));
        if (tenant != null) {
            reader.requireTenant(tenant);
        }
        EvidenceReader.Follower follower = reader.follow(tenant, last);
        int left = limit == null ? Integer.MAX_VALUE : limit;
        while (left > 0) {
            List<SealedEvent> events = follower.next(EVENTS_PER_LOOK);
            for (SealedEvent event : events) {
                if (left > 0 && isWanted(event)) {
                    print(event);
                    left--;
                }
            }
            if (events.isEmpty()) {
                if (once || Thread.currentThread().isInterrupted()) {
                    break;
                }
                LockSupport.parkNanos(every.toNanos());
            }
        }
        return SpendGuardCli.OK;
    }

    private void requireBounds() {
        if (last < 0 || (limit != null && limit < 1) || every.isNegative() || every.isZero()) {
            throw new IllegalArgumentException("Options --last " + last + ", --limit " + limit + ", --every " + every
                    + ": at least 0, 1 and more than no time are needed. Correct them.");
        }
    }

    private boolean isWanted(SealedEvent event) {
        String type = event.draft().type();
        return !money || !(EventTypes.isOfTheEvidence(type) || type.equals(EventTypes.APPROVAL_RESOLVED));
    }

    private void print(SealedEvent event) {
        JsonObject payload = JsonObject.parse(event.draft().payload());
        if (json) {
            terminal.json(payload);
        } else {
            terminal.line(EventWords.line(payload));
        }
    }
}
