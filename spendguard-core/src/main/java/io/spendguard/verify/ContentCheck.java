package io.spendguard.verify;

import io.spendguard.evidence.EventLine;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Period;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Checks what events say: canonical form, labels, one decision to one outcome, and the money through its ledger. */
final class ContentCheck {
    private final Scope scope;
    private final Findings findings;
    private final AccountBooks accounts;
    private final ContractBook contracts;
    private final Facts facts;
    private final DecisionCheck decisions;
    private final ApprovalCheck approvals;
    private final MovementCheck movements;
    private final CostCheck costs;
    private final Chronicle chronicle;
    private final DroppedCheck dropped;
    private final LogCheck log;
    private Instant latest = Instant.MIN;

    ContentCheck(
            Scope scope,
            Findings findings,
            AccountBooks accounts,
            ContractBook contracts,
            Facts facts,
            DecisionCheck decisions,
            ApprovalCheck approvals,
            CostCheck costs,
            Chronicle chronicle,
            DroppedCheck dropped,
            LogCheck log) {
        this.scope = scope;
        this.findings = findings;
        this.accounts = accounts;
        this.contracts = contracts;
        this.facts = facts;
        this.movements = new MovementCheck(accounts, findings);
        this.decisions = decisions;
        this.approvals = approvals;
        this.costs = costs;
        this.chronicle = chronicle;
        this.dropped = dropped;
        this.log = log;
    }

    /** The tenant an event's payload names, or null when it cannot be read. */
    static @Nullable String tenantOf(EventLine line) {
        try {
            return JsonObject.parse(line.payloadBytes()).string("tenantid");
        } catch (JsonException unreadable) {
            return null;
        }
    }

    /** When an event's payload says it happened, or null when it cannot be read. */
    static @Nullable Instant timeOf(EventLine line) {
        try {
            return time(JsonObject.parse(line.payloadBytes()));
        } catch (JsonException unreadable) {
            return null;
        }
    }

    /** The latest time that an event gave; long ago without any. */
    Instant latest() {
        return latest;
    }

    /**
     * Checks one event.
     *
     * @param isIntact whether its bytes are those that were signed; others need not be canonical, and their costs prove nothing
     * @return its facts, or null when they cannot be read
     */
    @Nullable
    JsonObject event(Place place, String tenant, UUID stream, EventLine line, boolean isIntact) {
        JsonObject envelope = parse(place, line, isIntact);
        if (envelope == null) {
            return null;
        }
        try {
            requireLabels(place, tenant, line, envelope);
            facts.event(place, UUID.fromString(envelope.string("id"))); // its own id: the line's is only a label
            JsonObject data = envelope.object("data");
            Instant time = time(envelope);
            latest = time.isAfter(latest) ? time : latest;
            if (isIntact) {
                requireMatch(place, line, envelope);
            }
            if (data.has("entries")) {
                accounts.event(place, tenant, line.type(), time, data, log.covers(tenant, stream, line.seq()));
            }
            chronicle.event(line.type(), data);
            switch (line.type()) {
                case EventTypes.DECISION -> {
                    decisions.decision(place, envelope, data);
                    if (isIntact) {
                        decisions.key(place, data);
                        approvals.decision(place, time, data);
                        contracts.decided(place, tenant, data);
                        costs.decision(place, time, data);
                    }
                }
                case EventTypes.HOLD_EXTENDED -> decisions.extension(place, envelope, data);
                case EventTypes.PART_COMMITTED -> {
                    decisions.part(place, envelope, data);
                    if (isIntact) {
                        costs.part(place, data);
                    }
                }
                case EventTypes.OUTCOME -> {
                    decisions.outcome(place, time, envelope, data);
                    if (isIntact) {
                        contracts.settled(place, tenant, data);
                        costs.outcome(place, data);
                    }
                }
                case EventTypes.APPROVAL_RESOLVED -> {
                    if (isIntact) {
                        approvals.resolved(place, time, envelope, data);
                    }
                }
                case EventTypes.PERIOD_CLOSED -> dropped.closed(place, tenant, data);
                default -> {
                    // Other events' facts are their entries, if any.
                }
            }
            if (isIntact) {
                movements.event(place, line.type(), data);
            }
            return data;
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException malformed) {
            // Whoever signs may write numbers and times that no type holds: each of them is a finding, wherever it is
            // met.
            findings.add(
                    FindingCode.EVENT_DATA_MALFORMED,
                    place,
                    "Event " + line.id() + " (" + line.type() + ") lacks what its type has: " + malformed.getMessage());
            return null;
        }
    }

    private static Instant time(JsonObject envelope) {
        try {
            Instant time = Instant.parse(envelope.string("time"));
            if (Period.ALWAYS.contains(time)) {
                return time;
            }
        } catch (DateTimeParseException malformed) {
            throw new JsonException("Member 'time' is no RFC 3339 time in UTC.", malformed);
        }
        throw new JsonException("Member 'time' lies outside 1970 to 9999.");
    }

    private @Nullable JsonObject parse(Place place, EventLine line, boolean isIntact) {
        byte[] payload = line.payloadBytes();
        JsonObject canonical = JsonObject.parseCanonical(payload);
        if (canonical != null) {
            return canonical;
        }
        try {
            JsonObject envelope = JsonObject.parse(payload);
            notCanonical(place, line, isIntact, "Its members are written in another way.");
            return envelope;
        } catch (JsonException notJson) {
            notCanonical(place, line, isIntact, String.valueOf(notJson.getMessage()));
            return null;
        }
    }

    private void notCanonical(Place place, EventLine line, boolean isIntact, String fault) {
        if (isIntact) {
            findings.add(
                    FindingCode.EVENT_NOT_CANONICAL,
                    place,
                    "Event " + line.id() + " is not canonical JSON (RFC 8785): " + fault + " Ask who wrote it.");
        }
    }

    private void requireMatch(Place place, EventLine line, JsonObject envelope) {
        if (!scope.filter().matches(envelope)) {
            findings.add(
                    FindingCode.EVENT_OUTSIDE_FILTER,
                    place,
                    "Event " + line.id() + " (" + line.type() + ") does not match the filter that the manifest states ("
                            + scope.filter()
                            + "): an export by it would not hold the event. Ask who added it, or changed the filter.");
        }
    }

    private void requireLabels(Place place, String tenant, EventLine line, JsonObject envelope) {
        requireLabel(place, line, "id", envelope.string("id"), line.id().toString());
        requireLabel(place, line, "type", envelope.string("type"), line.type());
        requireLabel(place, line, "tenantid", envelope.string("tenantid"), tenant);
        requireLabel(place, line, "specversion", envelope.string("specversion"), "1.0");
    }

    private void requireLabel(Place place, EventLine line, String name, String actual, String expected) {
        if (!actual.equals(expected)) {
            findings.add(
                    FindingCode.EVENT_MISLABELLED,
                    place,
                    "Event " + line.id() + " says '" + actual + "' as its " + name + ", but '" + expected
                            + "' is said of it: both must agree. Ask who changed the label.");
        }
    }
}
