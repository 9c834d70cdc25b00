package io.spendguard.verify;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Unit;
import io.spendguard.proof.MerkleTree;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Re-derives every account from its entries. Within one stream order is proved, so balances are checked after each
 * event; across streams it is not, so an account that several streams move is checked at its end.
 */
final class AccountBooks {
    /** What may change a limit. */
    private static final Set<String> GRANTING =
            Set.of(EventTypes.ACCOUNT_OPENED, EventTypes.CONTRACT_ACTIVATED, EventTypes.LIMIT_CARRIED);

    /** What may give beside a limit. */
    private static final Set<String> ALLOTTING = Set.of(EventTypes.BUDGET_GRANTED, EventTypes.BUDGET_TRANSFERRED);

    private static final int SHARED = 4_096;

    private final Scope scope;
    private final Findings findings;
    private final Map<Key, Book> books = new HashMap<>();
    /** What the accounts of one budget have in common, so that a million of them hold it once. */
    private final Map<String, String> shared = new HashMap<>();

    AccountBooks(Scope scope, Findings findings) {
        this.scope = scope;
        this.findings = findings;
    }

    /**
     * Takes an event's entries; throws {@link JsonException} or {@link IllegalArgumentException} for malformed ones.
     *
     * @param isCovered whether the log's checkpoint covers the event
     */
    void event(Place place, String tenant, String type, Instant at, JsonObject data, boolean isCovered) {
        UUID.fromString(data.string("transaction"));
        Map<UUID, Movement> movements = movements(data);
        if (type.equals(EventTypes.ACCOUNT_OPENED)) {
            open(place, tenant, data, movements);
        }
        movements.forEach((account, movement) -> {
            if (movement.sum() != 0) {
                findings.add(
                        FindingCode.ENTRIES_UNBALANCED,
                        place,
                        "Event " + place.event() + " moves account " + account + " by " + movement.sum()
                                + ": every movement has two sides, which sum to 0. Ask who wrote it.");
            }
            if (movement.adjustment() != 0 && !GRANTING.contains(type)) {
                findings.add(
                        FindingCode.LIMIT_MISMATCH,
                        place,
                        "Event " + place.event() + " (" + type + ") changes the limit of account " + account
                                + ": only contracts and openings grant. Ask who wrote it.");
            }
            if (movement.grant() != 0 && !ALLOTTING.contains(type)) {
                findings.add(
                        FindingCode.LIMIT_MISMATCH,
                        place,
                        "Event " + place.event() + " (" + type + ") grants to account " + account
                                + ": only grants and transfers do. Ask who wrote it.");
            }
            book(tenant, account).apply(place, at, movement, isCovered);
        });
        if (type.equals(EventTypes.BUDGET_TRANSFERRED)) {
            requireNothingMinted(place, movements);
        }
    }

    /** Goes on from what dropped entries came to. */
    void carry(OpeningBalance opening) {
        Book book = book(opening.tenant(), opening.account());
        if (book.isCarried) {
            throw new JsonException("Account " + opening.account() + " has two opening balances.");
        }
        try {
            book.carry(
                    new Identity(
                            opening.account(),
                            opening.namespace(),
                            opening.budget(),
                            opening.key(),
                            opening.from(),
                            opening.until(),
                            opening.unit()),
                    Movement.of(opening));
            if (!book.isReportable()) {
                throw new JsonException(
                        "Account " + opening.account() + " cannot have begun with these balances: none is below"
                                + " zero, and no more was granted than its limit is.");
            }
        } catch (ArithmeticException overflow) {
            throw new JsonException("Its balances sum to more than a long holds.", overflow);
        }
    }

    private void requireNothingMinted(Place place, Map<UUID, Movement> movements) {
        BigInteger sum = movements.values().stream()
                .map(movement -> BigInteger.valueOf(movement.grant()))
                .reduce(BigInteger.ZERO, BigInteger::add);
        if (sum.signum() != 0) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " transfers " + sum.negate()
                            + " atoms more than it takes: what one account gets another gives. Ask who wrote it.");
        }
    }

    /** Draws the conclusions that need every stream; of an excerpt there are none, since others' entries are left out. */
    List<AccountReport> end() {
        if (scope.isExcerpt()) {
            return List.of();
        }
        books.forEach(this::conclude);
        return books.entrySet().stream()
                .filter(entry -> entry.getValue().isReportable())
                .map(entry -> entry.getValue().report(entry.getKey()))
                .sorted(Comparator.comparing(AccountReport::tenant)
                        .thenComparing(AccountReport::namespace)
                        .thenComparing(AccountReport::budget)
                        .thenComparing(AccountReport::key)
                        .thenComparing(AccountReport::from)
                        .thenComparing(AccountReport::account))
                .toList();
    }

    /**
     * The root over what the events that the checkpoint covers make of a tenant's accounts, as the log's heads have it;
     * empty where sums overflow.
     */
    Optional<Digest> coveredRoot(String tenant) {
        TreeMap<String, Digest> leaves = new TreeMap<>();
        for (Map.Entry<Key, Book> entry : books.entrySet()) {
            Movement balance = entry.getValue().covered;
            if (!entry.getKey().tenant().equals(tenant)) {
                continue;
            }
            if (entry.getValue().isOverflown || balance.limitOrNull() == null) {
                return Optional.empty();
            }
            long limit = Objects.requireNonNull(balance.limitOrNull());
            if (limit == 0 && balance.spent() == 0 && balance.held() == 0 && balance.debt() == 0) {
                continue;
            }
            UUID account = entry.getKey().account();
            leaves.put(
                    account.toString(),
                    LogHead.balanceLeaf(account, limit, balance.spent(), balance.held(), -balance.debt()));
        }
        return Optional.of(
                leaves.isEmpty()
                        ? MerkleTree.emptyRoot()
                        : MerkleTree.of(List.copyOf(leaves.values())).root());
    }

    private void conclude(Key key, Book book) {
        String account = "Account " + key.account() + " of tenant '" + key.tenant() + "'";
        Place use = book.firstUse;
        if (use != null && book.opening == null && !book.isCarried) {
            findings.add(
                    FindingCode.ACCOUNT_NOT_OPENED,
                    use,
                    account + " is used by event " + use.event()
                            + " but never opened: its limit is unknown. Export all streams.");
        } else if (use != null && book.opening != null && book.isUsedBefore(book.opening)) {
            findings.add(
                    FindingCode.ACCOUNT_NOT_OPENED,
                    use,
                    account + " is used by event " + use.event() + " before event " + book.opening.event()
                            + " opens it. Ask who wrote it.");
        }
        Place impossible = book.impossible();
        if (impossible != null) {
            findings.add(
                    FindingCode.BALANCE_IMPOSSIBLE,
                    impossible,
                    account + " has an impossible balance after event " + impossible.event()
                            + ": available, held, spent, debt and limit are never negative. Ask who wrote it.");
        }
    }

    private void open(Place place, String tenant, JsonObject data, Map<UUID, Movement> movements) {
        Identity identity = Identity.parse(data.object("account"), this::shared);
        Amount limit = Amount.parse(data.string("limit"));
        Book book = book(tenant, identity.id());
        if (book.opening != null || book.isCarried) {
            findings.add(
                    FindingCode.ACCOUNT_OPENED_TWICE,
                    place,
                    "Account " + identity.id() + " of tenant '" + tenant + "' is opened once more by event "
                            + place.event() + ": it is opened once. Ask who wrote it twice.");
            return;
        }
        book.open(place, identity);
        Movement movement = movements.getOrDefault(identity.id(), Movement.NONE);
        if (movement.adjustment() != -limit.atomic() || !limit.unit().equals(identity.unit())) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " states a limit of " + limit + " for account " + identity.id()
                            + ", but its entries grant "
                            + BigInteger.valueOf(movement.adjustment()).negate() + " atoms of "
                            + identity.unit() + ": both must agree. Ask who wrote it.");
        }
    }

    private String shared(String text) {
        if (shared.size() >= SHARED) {
            return shared.getOrDefault(text, text);
        }
        String first = shared.putIfAbsent(text, text);
        return first == null ? text : first;
    }

    private Book book(String tenant, UUID account) {
        return books.computeIfAbsent(new Key(tenant, account), key -> new Book());
    }

    private static Map<UUID, Movement> movements(JsonObject data) {
        Map<UUID, Movement> movements = new LinkedHashMap<>();
        try {
            for (EntryLine entry : EntryLine.of(data)) {
                movements.merge(entry.account(), Movement.of(entry.kind(), entry.atomic()), Movement::plus);
            }
            for (Movement movement : movements.values()) {
                Math.negateExact(movement.sum()); // so that nobody after this meets an overflow
            }
        } catch (ArithmeticException overflow) {
            throw new JsonException("Its entries sum to more than a long holds.", overflow);
        }
        return movements;
    }

    private record Key(String tenant, UUID account) {}

    /** What an account is. */
    private record Identity(
            UUID id, String namespace, String budget, String key, String from, String until, Unit unit) {
        static Identity parse(JsonObject json, UnaryOperator<String> shared) {
            return new Identity(
                    UUID.fromString(json.string("id")),
                    shared.apply(json.string("namespace")),
                    shared.apply(json.string("budget")),
                    json.string("key"),
                    shared.apply(json.string("from")),
                    shared.apply(json.string("until")),
                    new Unit(shared.apply(json.string("unit"))));
        }
    }

    /** Signed sums by kind. */
    private record Movement(long available, long held, long spent, long debt, long adjustment, long grant) {
        static final Movement NONE = new Movement(0, 0, 0, 0, 0, 0);

        static Movement of(String kind, long atomic) {
            return switch (kind) {
                case "AVAILABLE" -> new Movement(atomic, 0, 0, 0, 0, 0);
                case "HELD" -> new Movement(0, atomic, 0, 0, 0, 0);
                case "SPENT" -> new Movement(0, 0, atomic, 0, 0, 0);
                case "DEBT" -> new Movement(0, 0, 0, atomic, 0, 0);
                case "ADJUSTMENT" -> new Movement(0, 0, 0, 0, atomic, 0);
                case "GRANT" -> new Movement(0, 0, 0, 0, 0, atomic);
                default ->
                    throw new JsonException("Entry kind '" + kind
                            + "' is unknown: AVAILABLE, HELD, SPENT, DEBT, ADJUSTMENT and GRANT are known.");
            };
        }

        static Movement of(OpeningBalance opening) {
            long available = Math.addExact(
                    Math.subtractExact(Math.subtractExact(opening.limit(), opening.spent()), opening.held()),
                    opening.debt());
            return new Movement(
                    available,
                    opening.held(),
                    opening.spent(),
                    Math.negateExact(opening.debt()),
                    Math.negateExact(Math.subtractExact(opening.limit(), opening.granted())),
                    Math.negateExact(opening.granted()));
        }

        Movement plus(Movement other) {
            return new Movement(
                    Math.addExact(available, other.available),
                    Math.addExact(held, other.held),
                    Math.addExact(spent, other.spent),
                    Math.addExact(debt, other.debt),
                    Math.addExact(adjustment, other.adjustment),
                    Math.addExact(grant, other.grant));
        }

        /** What contract and operators give together; null where that is more than a long holds. */
        @Nullable
        Long limitOrNull() {
            try {
                return Math.negateExact(Math.addExact(adjustment, grant));
            } catch (ArithmeticException overflow) {
                return null;
            }
        }

        long sum() {
            return Math.addExact(
                    Math.addExact(Math.addExact(available, held), Math.addExact(spent, debt)),
                    Math.addExact(adjustment, grant));
        }

        /** Debt and adjustment are the sides that money comes from; the others hold it. */
        boolean isPossible() {
            return available >= 0 && held >= 0 && spent >= 0 && inRange(debt) && inRange(adjustment);
        }

        private static boolean inRange(long source) {
            return source <= 0 && source > Long.MIN_VALUE;
        }
    }

    /** One account's running balances. */
    private static final class Book {
        private Movement balance = Movement.NONE;
        /** Without the events that came after the checkpoint. */
        private Movement covered = Movement.NONE;

        private @Nullable Place opening;
        private @Nullable Identity identity;
        private @Nullable Place firstUse;
        private @Nullable Place last;
        private @Nullable Place firstImpossible;
        private boolean isMovedBySeveral;
        private boolean isOverflown;
        private boolean isCarried;
        private final History history = new History();

        private void open(Place place, Identity what) {
            opening = place;
            identity = what;
        }

        private void carry(Identity what, Movement carried) {
            identity = what;
            balance = balance.plus(carried);
            covered = covered.plus(carried);
            isCarried = true;
            history.begin(-carried.adjustment() - carried.grant(), carried.spent(), carried.held());
        }

        private void apply(Place place, Instant at, Movement movement, boolean isCovered) {
            history.add(at, -movement.adjustment() - movement.grant(), movement.spent(), movement.held());
            isMovedBySeveral |= last != null && !Objects.equals(last.stream(), place.stream());
            firstUse = firstUse == null ? place : firstUse;
            last = place;
            try {
                balance = balance.plus(movement);
                covered = isCovered ? covered.plus(movement) : covered;
            } catch (ArithmeticException overflow) {
                isOverflown = true;
            }
            if (firstImpossible == null && (isOverflown || !balance.isPossible())) {
                firstImpossible = place;
            }
        }

        /** Only within one stream: between streams no order is proved. */
        private boolean isUsedBefore(Place opened) {
            return firstUse != null
                    && Objects.equals(firstUse.stream(), opened.stream())
                    && firstUse.seq() < opened.seq();
        }

        /** The event after which a balance was impossible, or null. */
        private @Nullable Place impossible() {
            if (isMovedBySeveral && !isOverflown) {
                return balance.isPossible() ? null : last;
            }
            return firstImpossible;
        }

        private boolean isReportable() {
            return identity != null && !isOverflown && balance.isPossible() && balance.limitOrNull() != null;
        }

        private AccountReport report(Key key) {
            Identity what = Objects.requireNonNull(identity);
            Unit unit = what.unit();
            return new AccountReport(
                    key.tenant(),
                    key.account(),
                    what.namespace(),
                    what.budget(),
                    what.key(),
                    what.from(),
                    what.until(),
                    new Amount(Math.max(0, Objects.requireNonNull(balance.limitOrNull())), unit),
                    new Amount(balance.spent(), unit),
                    new Amount(balance.held(), unit),
                    new Amount(balance.available(), unit),
                    new Amount(-balance.debt(), unit),
                    history.points(unit));
        }
    }
}
