package io.spendguard.verify;

import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whether an event's entries are such as its kind makes: a decision holds what it claims and spends nothing, a refusal moves nothing,
 * a release spends nothing, an opening, a grant or a transfer touches the accounts it names by the amount it names, and nobody
 * borrows what he does not spend. Looks at one event at a time, so that it holds of excerpts too.
 */
final class MovementCheck {
    private static final Set<String> ALLOWING = Set.of("continue", "degrade");
    private static final Set<String> HOLDING = Set.of("AVAILABLE", "HELD");
    private static final Set<String> PARTING = Set.of("AVAILABLE", "HELD", "SPENT");
    private static final Set<String> SETTLING = Set.of("AVAILABLE", "HELD", "SPENT", "DEBT");
    private static final Set<String> CORRECTING = Set.of("AVAILABLE", "SPENT", "DEBT");
    private static final Set<String> LIMITING = Set.of("AVAILABLE", "DEBT", "ADJUSTMENT");
    private static final Set<String> GIVING = Set.of("AVAILABLE", "DEBT", "GRANT");
    /** Of types that this version does not know nobody can tell. */
    private static final Set<String> MOTIONLESS = Set.of(
            EventTypes.APPROVAL_RESOLVED,
            EventTypes.CONTRACT_REJECTED,
            EventTypes.PERIOD_CLOSED,
            EventTypes.STREAM_OPENED,
            EventTypes.KEY_CERTIFIED,
            EventTypes.KEY_REVOKED,
            EventTypes.STREAM_FENCED,
            EventTypes.TAIL_LOST,
            EventTypes.CLOCK_ANOMALY,
            EventTypes.UNRECORDED,
            EventTypes.STREAM_CLOSED,
            EventTypes.STREAM_CLOSED_BY_FENCE);

    private final AccountBooks accounts;
    private final Findings findings;

    MovementCheck(AccountBooks accounts, Findings findings) {
        this.accounts = accounts;
        this.findings = findings;
    }

    /** Checks one event whose bytes are those that were signed; throws {@link IllegalArgumentException} for malformed facts. */
    void event(Place place, String type, JsonObject data) {
        List<EntryLine> entries = data.has("entries") ? EntryLine.of(data) : List.of();
        switch (type) {
            case EventTypes.DECISION -> decision(place, data, entries);
            case EventTypes.HOLD_EXTENDED -> {
                change(place, data.object("extension").bool("granted"), entries, "extends a hold", HOLDING);
                if (data.has("claims")) {
                    claimed(place, data, null);
                }
            }
            case EventTypes.PART_COMMITTED ->
                change(place, data.object("part").bool("committed"), entries, "commits a part", PARTING);
            case EventTypes.OUTCOME -> outcome(place, data.object("outcome"), entries);
            case EventTypes.CONTRACT_ACTIVATED -> {
                requireKinds(place, entries, LIMITING, "changes limits");
                requireOneWay(place, entries);
            }
            case EventTypes.ACCOUNT_OPENED -> {
                requireOnly(place, entries, Set.of(id(data.object("account"), "id")), "opens an account");
                requireKinds(place, entries, LIMITING, "opens an account");
                requireOneWay(place, entries);
            }
            case EventTypes.LIMIT_CARRIED -> requireKinds(place, entries, LIMITING, "carries a limit");
            case EventTypes.BUDGET_GRANTED, EventTypes.BUDGET_TRANSFERRED -> allotment(place, data, entries);
            default -> {
                if (MOTIONLESS.contains(type) && !entries.isEmpty()) {
                    unfit(place, "moves money, though events of its type never do");
                }
            }
        }
    }

    private void decision(Place place, JsonObject data, List<EntryLine> entries) {
        JsonObject decision = data.object("decision");
        String effect = decision.string("effect");
        if (ALLOWING.contains(effect) != data.has("expiresAt")) {
            unfit(
                    place,
                    data.has("expiresAt")
                            ? "holds, though decision '" + effect + "' refuses"
                            : "holds nothing, though decision '" + effect + "' allows");
        } else if (!data.has("expiresAt") && !entries.isEmpty()) {
            unfit(place, "moves money, though decision '" + effect + "' refuses");
        }
        // What leaves a rolling window is spent no longer, and what an earlier window owes is spent in a later one.
        if (sum(entries, "SPENT") > 0) {
            unfit(place, "spends, though a decision only holds");
        }
        if (data.has("claims")
                && data.has("expiresAt")
                && !claimed(place, data, namespace(decision)).equals(sums(entries, "HELD"))) {
            unfit(place, "holds something else than what it claims");
        }
        if (isAny(entries, "DEBT", -1)) {
            unfit(place, "borrows, though a decision holds what is available");
        }
        if (isAny(entries, "HELD", -1)) {
            unfit(place, "gives back what others hold");
        }
    }

    private void change(Place place, boolean isDone, List<EntryLine> entries, String what, Set<String> kinds) {
        if (!isDone && !entries.isEmpty()) {
            unfit(place, "moves money, though it says that it was refused");
        } else if (entries.stream().anyMatch(entry -> !kinds.contains(entry.kind()))) {
            unfit(place, what + " and moves more than what is held and available");
        } else if (isAny(entries, "AVAILABLE", 1)) {
            unfit(place, what + " and makes something available: it only takes");
        }
    }

    private void outcome(Place place, JsonObject outcome, List<EntryLine> entries) {
        if (outcome.bool("final")
                && outcome.string("kind").equals("RELEASED")
                && entries.stream().anyMatch(entry -> entry.kind().equals("SPENT"))) {
            unfit(place, "spends, though it releases a hold");
        }
        if (outcome.bool("final")) {
            requireKinds(place, entries, SETTLING, "settles a call");
            if (isAny(entries, "HELD", 1)) {
                unfit(place, "holds, though it settles a call");
            }
        } else {
            requireKinds(place, entries, CORRECTING, "corrects what is recorded of a call");
        }
        requireOneWay(place, entries);
    }

    private void allotment(Place place, JsonObject data, List<EntryLine> entries) {
        long amount = Amount.parse(data.string("amount")).atomic();
        Map<UUID, Long> granted = new HashMap<>();
        granted.put(named(place, data, "to"), -amount);
        if (data.has("from")) {
            granted.put(named(place, data, "from"), amount);
        }
        requireKinds(place, entries, GIVING, "gives " + data.string("amount"));
        requireOneWay(place, entries);
        requireOnly(place, entries, granted.keySet(), "gives " + data.string("amount"));
        if (!sums(entries, "GRANT").equals(granted)) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " says that it gives " + data.string("amount")
                            + ", but its entries give another amount: both must agree. Ask who wrote it.");
        }
    }

    private void requireOnly(Place place, List<EntryLine> entries, Set<UUID> accounts, String what) {
        if (entries.stream().anyMatch(entry -> !accounts.contains(entry.account()))) {
            unfit(place, what + " and moves money on another account");
        }
    }

    private void requireKinds(Place place, List<EntryLine> entries, Set<String> kinds, String what) {
        if (entries.stream().anyMatch(entry -> !kinds.contains(entry.kind()))) {
            unfit(place, what + " and moves what that never moves");
        }
    }

    /** What is taken is taken from what is available, then owed; what is given pays what is owed, then is available. */
    private void requireOneWay(Place place, List<EntryLine> entries) {
        Map<UUID, Long> available = sums(entries, "AVAILABLE");
        Map<UUID, Long> owed = sums(entries, "DEBT");
        owed.forEach((account, atomic) -> {
            if (Long.signum(available.getOrDefault(account, 0L)) * Long.signum(atomic) < 0) {
                unfit(place, "makes available for account " + account + " what it owes");
            }
        });
    }

    private UUID named(Place place, JsonObject data, String member) {
        JsonObject said = data.object(member);
        UUID account = id(said, "account");
        accounts.named(
                place,
                account,
                new AccountWords.Name(
                        said.string("budget"),
                        Amount.parse(data.string("amount")).unit(),
                        data.string("namespace")));
        return account;
    }

    private void unfit(Place place, String what) {
        findings.add(
                FindingCode.ENTRIES_UNFIT,
                place,
                "Event " + place.event() + " " + what + ": what moves is what the event says. Ask who wrote it.");
    }

    /** What a mode decides upon; null where a decision does not say in which it was made. */
    private static @Nullable String namespace(JsonObject decision) {
        return decision.has("mode") ? ContractBook.namespace(decision.string("mode")) : null;
    }

    private Map<UUID, Long> claimed(Place place, JsonObject data, @Nullable String namespace) {
        Map<UUID, Long> claimed = new HashMap<>();
        for (JsonObject claim : data.objects("claims")) {
            UUID account = id(claim, "account");
            Amount amount = Amount.parse(claim.string("amount"));
            accounts.named(place, account, new AccountWords.Name(claim.string("budget"), amount.unit(), namespace));
            claimed.merge(account, amount.atomic(), Math::addExact);
        }
        claimed.values().removeIf(atomic -> atomic == 0);
        return claimed;
    }

    private static Map<UUID, Long> sums(List<EntryLine> entries, String kind) {
        Map<UUID, Long> sums = new HashMap<>();
        for (EntryLine entry : entries) {
            if (entry.kind().equals(kind)) {
                sums.merge(entry.account(), entry.atomic(), Long::sum);
            }
        }
        sums.values().removeIf(atomic -> atomic == 0);
        return sums;
    }

    /** Whether an account's sum of the kind has this sign. */
    private static boolean isAny(List<EntryLine> entries, String kind, int sign) {
        for (EntryLine entry : entries) {
            if (entry.kind().equals(kind) && Long.signum(entry.atomic()) == sign) {
                return sums(entries, kind).values().stream().anyMatch(atomic -> Long.signum(atomic) == sign);
            }
        }
        return false;
    }

    private static long sum(List<EntryLine> entries, String kind) {
        return entries.stream()
                .filter(entry -> entry.kind().equals(kind))
                .mapToLong(EntryLine::atomic)
                .sum();
    }

    private static UUID id(JsonObject json, String member) {
        return UUID.fromString(json.string(member));
    }
}
