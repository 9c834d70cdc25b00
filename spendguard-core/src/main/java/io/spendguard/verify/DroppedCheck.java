package io.spendguard.verify;

import io.spendguard.evidence.ClosedPeriod;
import io.spendguard.evidence.DroppedEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks what was dropped before the export: that chain and log still hold over what is left of it, that a signed event closed it,
 * and that balances go on from those the closed head committed to. What the dropped events said is the archive's to show.
 */
final class DroppedCheck {
    /** A package that claims more than this is not read into memory. */
    private static final int MAX_KEPT = 5_000_000;

    private final LogCheck log;
    private final AccountBooks accounts;
    private final Facts facts;
    private final Findings findings;
    private final Map<PackageNames.StreamName, Map<Long, Rest>> events = new HashMap<>();
    private final Map<String, Gone> tenants = new TreeMap<>();
    private int kept;

    DroppedCheck(LogCheck log, AccountBooks accounts, Facts facts, Findings findings) {
        this.log = log;
        this.accounts = accounts;
        this.facts = facts;
        this.findings = findings;
    }

    /** Reads what is left, after the log and before the events. */
    void read(PackageReader reader, List<StoredZip.Entry> entries) throws IOException {
        for (StoredZip.Entry entry : entries) {
            if (entry.name().equals(PackageNames.DROPPED)) {
                lines(reader, entry, line -> {
                    DroppedEvent event = DroppedEvent.parse(line);
                    accounts.beganBefore(event.tenant());
                    events.computeIfAbsent(
                                    new PackageNames.StreamName(event.tenant(), event.stream()),
                                    name -> new HashMap<>())
                            .put(event.seq(), Rest.of(event));
                });
            } else if (entry.name().equals(PackageNames.OPENINGS)) {
                lines(reader, entry, line -> {
                    OpeningBalance opening = OpeningBalance.parse(line);
                    gone(opening.tenant()).openings.add(opening);
                    accounts.carry(opening);
                });
            }
        }
    }

    /** The digest of the event that was dropped from a position; null where none was. */
    @Nullable
    Digest digest(String tenant, UUID stream, long seq) {
        Map<Long, Rest> ofStream = events.get(new PackageNames.StreamName(tenant, stream));
        Rest event = ofStream == null ? null : ofStream.get(seq);
        return event == null ? null : event.digest();
    }

    /** The chain went on over a dropped event to this value. */
    void passed(String tenant, UUID stream, long seq, Digest chain) {
        Rest event = events.getOrDefault(new PackageNames.StreamName(tenant, stream), Map.of())
                .get(seq);
        if (event == null) {
            return;
        }
        Gone gone = gone(tenant);
        long leaf = log.dropped(tenant, stream, seq, chain);
        gone.events++;
        gone.end = Math.max(gone.end, leaf + 1);
        gone.isCovered &= leaf >= 0;
        UUID decision = event.decision();
        if (decision != null && event.isDecision()) {
            facts.droppedDecision(tenant, decision);
        } else if (decision != null && event.isFinal()) {
            facts.droppedOutcome(tenant, decision);
        }
    }

    /** An event that closes a period; throws {@link IllegalArgumentException} when it does not say which. */
    void closed(Place place, String tenant, JsonObject data) {
        ClosedPeriod period = ClosedPeriod.parse(tenant, data.object("period"));
        LogHead.Detail head = log.head(tenant, period.size());
        if (head == null) {
            return; // without the log it closes nothing here
        }
        if (!head.root().equals(period.root()) || !head.balanceRoot().equals(period.balanceRoot())) {
            findings.add(
                    FindingCode.LOG_DIFFERS,
                    place,
                    "Event " + place.event() + " closes " + period.size() + " events of tenant '" + tenant
                            + "' under other roots than the log's head of that size. Ask who signed it.");
            return;
        }
        gone(tenant).periods.put(period.size(), period);
    }

    /** Draws the conclusions that need every stream; returns how many events are gone, by tenant. */
    Map<String, Long> end() {
        Map<String, Long> counts = new TreeMap<>();
        tenants.forEach((tenant, gone) -> {
            if (gone.events > 0 || !gone.openings.isEmpty()) {
                counts.put(tenant, gone.events);
                conclude(tenant, gone);
            }
        });
        return counts;
    }

    private void conclude(String tenant, Gone gone) {
        Map.Entry<Long, ClosedPeriod> period = gone.periods.ceilingEntry(gone.end);
        if (!gone.isCovered || period == null) {
            findings.add(
                    FindingCode.EVENT_LEFT_OUT,
                    Place.file(PackageNames.DROPPED),
                    gone.events + " events of tenant '" + tenant + "' are gone, but no signed event closes the first "
                            + gone.end
                            + " of them under the enclosed checkpoint. Look for them in an archive, and ask who"
                            + " dropped them.");
            return;
        }
        Digest root = OpeningBalance.root(gone.openings);
        boolean isAsClosed = gone.periods.values().stream()
                .anyMatch(closed ->
                        closed.size() >= gone.end && closed.balanceRoot().equals(root));
        if (!isAsClosed) {
            findings.add(
                    FindingCode.BALANCES_DIFFER,
                    Place.file(PackageNames.OPENINGS),
                    "The opening balances of tenant '" + tenant + "' are not those its period was closed with: "
                            + period.getKey()
                            + " events. Finish dropping it (spendguard evidence drop) and export again, or"
                            + " ask who changed them.");
        }
    }

    private Gone gone(String tenant) {
        return tenants.computeIfAbsent(tenant, name -> new Gone());
    }

    private void lines(PackageReader reader, StoredZip.Entry entry, Consumer<byte[]> sink) throws IOException {
        long[] count = {0};
        boolean[] isSound = {true};
        reader.lines(entry, piece -> {}, line -> {
            count[0]++;
            if (!isSound[0]) {
                return;
            }
            try {
                if (++kept > MAX_KEPT) {
                    throw new JsonException("More than " + MAX_KEPT + " lines are not checked. Export one tenant.");
                }
                sink.accept(line);
            } catch (JsonException malformed) {
                isSound[0] = false;
                findings.add(
                        FindingCode.LOG_MALFORMED,
                        new Place(entry.name(), count[0], null, null, 0, null),
                        "Line " + count[0] + " of " + entry.name() + " is not what belongs there: "
                                + malformed.getMessage() + " Export again.");
            }
        });
    }

    /** What is left of an event, by its position. */
    private record Rest(Digest digest, @Nullable UUID decision, boolean isDecision, boolean isFinal) {
        static Rest of(DroppedEvent event) {
            return new Rest(
                    event.digest(), event.decision(), event.type().equals(EventTypes.DECISION), event.isFinal());
        }
    }

    /** What is gone of one tenant. */
    private static final class Gone {
        private final List<OpeningBalance> openings = new ArrayList<>();
        /** By size. */
        private final TreeMap<Long, ClosedPeriod> periods = new TreeMap<>();

        private long events;
        /** The leaf after the last one that is gone. */
        private long end;

        private boolean isCovered = true;
    }
}
