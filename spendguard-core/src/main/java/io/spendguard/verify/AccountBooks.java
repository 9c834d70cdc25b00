package io.spendguard.verify;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.LogHead;
import io.spendguard.evidence.OpeningBalance;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import io.spendguard.proof.MerkleTree;
import java.math.BigInteger;
import java.time.Duration;
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

    /** What an event calls its time may be so long before the ledger wrote it: its caller waited, and clocks differ. */
    private static final Duration LATENESS = Duration.ofMinutes(1);

    /** The key, or its last part, of the accounts in which a rolling window remembers what to give back, and when. */
    private static final String BUCKET = "~bucket";

    private final Scope scope;
    private final ContractBook contracts;
    private final Findings findings;
    private final Map<Key, Book> books = new HashMap<>();
    /** What the accounts of one budget have in common, so that a million of them hold it once. */
    private final Map<String, String> shared = new HashMap<>();

    AccountBooks(Scope scope, ContractBook contracts, Findings findings) {
        this.scope = scope;
        this.contracts = contracts;
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
        ContractBook.Limits limits = limits(place, tenant, type, at, data);
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
            Book book = book(tenant, account);
            book.apply(place, at, movement, isCovered);
            Rules rules = new Rules(account, book);
            if (limits != null && movement.adjustment() != 0) {
                rules.limited(place, limits);
            }
            if (type.equals(EventTypes.DECISION)) {
                book.carriedOver(place, at, movement.spent());
            }
            if ((type.equals(EventTypes.DECISION) && movement.held() > 0) || movement.grant() != 0) {
                rules.open(place, at);
            }
        });
        if (type.equals(EventTypes.BUDGET_TRANSFERRED)) {
            requireNothingMinted(place, movements);
        }
    }

    private ContractBook.@Nullable Limits limits(Place place, String tenant, String type, Instant at, JsonObject data) {
        if (type.equals(EventTypes.CONTRACT_ACTIVATED) && data.has("limits")) {
            return contracts.activated(place, tenant, at, data);
        }
        return type.equals(EventTypes.LIMIT_CARRIED) ? contracts.carried(place, tenant, data) : null;
    }

    /** An event calls an account so. */
    void named(Place place, UUID account, AccountWords.Name name) {
        String tenant = Objects.requireNonNull(place.tenant(), "tenant");
        new Rules(account, book(tenant, account)).named(place, name);
    }

    /** Goes on from what dropped entries came to. */
    void carry(OpeningBalance opening) {
        beganBefore(opening.tenant());
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
                            AccountWords.window(opening.from(), opening.until()),
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

    /** Some of the tenant's events are not there. */
    void beganBefore(String tenant) {
        contracts.beganBefore(tenant);
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
        requireCarried();
        contracts.end();
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
                            + ": available, held, spent, debt and limit are never negative, and who owes has nothing"
                            + " available. Ask who wrote it.");
        }
        requireStatedLimit(key, book);
    }

    private void requireStatedLimit(Key key, Book book) {
        Identity identity = book.identity;
        Place opening = book.opening;
        if (identity == null || opening == null || book.isOverflown || book.isCarried) {
            return;
        }
        String fault = contracts.fault(
                key.tenant(),
                identity.namespace(),
                identity.budget(),
                identity.unit(),
                opening,
                book.openedWith,
                -book.balance.adjustment(),
                identity.window().until(),
                book.isMovedBySeveral ? null : book.lastInWindow);
        if (fault != null) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    opening,
                    "Account " + key.account() + " of tenant '" + key.tenant() + "' and budget '" + identity.budget()
                            + "' " + fault + ": a limit is what a contract states. Ask who wrote it.");
        }
    }

    /**
     * What a decision carries over adds up over a budget's accounts: debt that a window absorbs was spent in an earlier one, and what
     * leaves a rolling window leaves one of its buckets, which is over.
     */
    private void requireCarried() {
        Map<Family, Carry> families = new HashMap<>();
        books.forEach((key, book) -> {
            Identity identity = book.identity;
            Place carried = book.carried;
            if (identity == null || carried == null) {
                return;
            }
            boolean isBucket = identity.isBucket();
            if (isBucket && book.carriedAt.isBefore(identity.window().until())) {
                carriedWrongly(
                        carried,
                        "gives back what account " + key.account() + " remembers until "
                                + identity.window().until());
            }
            families.merge(
                    new Family(
                            key.tenant(),
                            identity.namespace(),
                            identity.budget(),
                            identity.windowKey(),
                            identity.unit()),
                    new Carry(isBucket ? -book.carriedOver : book.carriedOver, carried),
                    Carry::plus);
        });
        families.forEach((family, carry) -> {
            if (carry.sum() != 0) {
                carriedWrongly(
                        carry.first(),
                        "is one of those whose decisions carry over " + carry.sum() + " atoms of budget '"
                                + family.budget() + "' that no window or bucket of it had spent");
            }
        });
    }

    private void carriedWrongly(Place place, String what) {
        findings.add(
                FindingCode.ENTRIES_UNFIT,
                place,
                "Event " + place.event() + " " + what
                        + ": what was spent leaves a window when it is over, and no sooner. Ask who wrote it.");
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
        book.open(place, identity, limit.atomic());
        AccountWords words = book.words;
        if (words != null) {
            book.words = null;
            book.isLimitedBySeveral |= book.limitedIn != null; // whose changes are not told in their order
            words.replay(new Rules(identity.id(), book));
        }
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

    /** A budget's accounts for one key, whatever their windows. */
    private record Family(String tenant, String namespace, String budget, String key, Unit unit) {}

    /** What decisions carried over, and an event that did. */
    private record Carry(long sum, Place first) {
        private Carry plus(Carry other) {
            return new Carry(sum + other.sum, first);
        }
    }

    /** What an account is. */
    private record Identity(
            UUID id, String namespace, String budget, String key, String from, String until, Period window, Unit unit) {
        static Identity parse(JsonObject json, UnaryOperator<String> shared) {
            String from = shared.apply(json.string("from"));
            String until = shared.apply(json.string("until"));
            return new Identity(
                    UUID.fromString(json.string("id")),
                    shared.apply(json.string("namespace")),
                    shared.apply(json.string("budget")),
                    json.string("key"),
                    from,
                    until,
                    AccountWords.window(from, until),
                    new Unit(shared.apply(json.string("unit"))));
        }

        /** Whether it is a rolling window's memory of one bucket. */
        private boolean isBucket() {
            return !window.equals(Period.ALWAYS) && (key.equals(BUCKET) || key.endsWith("/" + BUCKET));
        }

        /** The key of the window whose bucket it is; its own, where it is none. */
        private String windowKey() {
            if (!isBucket()) {
                return key;
            }
            return key.equals(BUCKET) ? "" : key.substring(0, key.length() - BUCKET.length() - 1);
        }
    }

    /** Holds what events say of an account against its opening, or keeps it until that is read. */
    private final class Rules implements AccountWords.Listener {
        private final UUID account;
        private final Book book;

        private Rules(UUID account, Book book) {
            this.account = account;
            this.book = book;
        }

        @Override
        public void named(Place place, AccountWords.Name name) {
            Identity identity = book.identity;
            AccountWords.Name other = identity == null
                    ? book.words().named(place, name)
                    : new AccountWords.Name(identity.budget(), identity.unit(), identity.namespace());
            if (other != null && !other.agrees(name)) {
                findings.add(
                        FindingCode.ACCOUNT_MISNAMED,
                        place,
                        "Event " + place.event() + " takes account " + account + " for one of " + name
                                + ", but it is one of " + other
                                + ": an account is of one budget and unit for good. Ask who wrote it.");
            }
        }

        @Override
        public void open(Place place, Instant at) {
            Identity identity = book.identity;
            if (identity == null) {
                book.words().open(place, at);
            } else if (!identity.window().contains(at)) {
                findings.add(
                        FindingCode.WINDOW_CLOSED,
                        place,
                        "Event " + place.event() + " of " + at + " holds on account " + account
                                + ", or gives to it or takes from it, but that is open from " + identity.from()
                                + " until " + identity.until()
                                + ": what is over or not begun can no longer be given out, nor yet. Ask who wrote it.");
            }
        }

        @Override
        public void limited(Place place, ContractBook.Limits limits) {
            Identity identity = book.identity;
            if (identity == null) {
                book.words().limited(place, limits);
                return;
            }
            Amount stated = limits.byBudget().get(identity.budget());
            String fault = null;
            if (stated == null || !limits.namespace().equals(identity.namespace())) {
                fault = "states none for";
            } else if (!stated.unit().equals(identity.unit())
                    || (!book.isLimitedBySeveral && -book.balance.adjustment() != stated.atomic())) {
                fault = "states " + stated + " and does not give it to";
            }
            if (fault != null) {
                findings.add(
                        FindingCode.LIMIT_MISMATCH,
                        place,
                        "Event " + place.event() + " changes the limit of account " + account + ", and " + fault
                                + " budget '" + identity.budget() + "' (" + identity.namespace()
                                + "): a contract's limits are what it states. Ask who wrote it.");
            }
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
            return available >= 0
                    && held >= 0
                    && spent >= 0
                    && inRange(debt)
                    && inRange(adjustment)
                    && (debt == 0 || available == 0);
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
        /** The last one that surely came before its window ended: after that it keeps the limit it has. */
        private @Nullable Place lastInWindow;

        private @Nullable Place firstImpossible;
        private boolean isMovedBySeveral;
        private boolean isOverflown;
        private boolean isCarried;
        private long openedWith;
        /** The one stream that changes its limit. */
        private @Nullable UUID limitedIn;

        private boolean isLimitedBySeveral;
        /** What is said of it before its opening was read; null where there is nothing. */
        private @Nullable AccountWords words;
        /** What decisions make of what it has spent; 0 unless something leaves a window. */
        private long carriedOver;

        private @Nullable Place carried;
        private Instant carriedAt = Instant.MAX;
        private final History history = new History();

        private void open(Place place, Identity what, long limit) {
            opening = place;
            identity = what;
            openedWith = limit;
        }

        private AccountWords words() {
            AccountWords known = words;
            if (known == null) {
                known = new AccountWords();
                words = known;
            }
            return known;
        }

        /** A decision moves what was spent, though it spends nothing itself. */
        private void carriedOver(Place place, Instant at, long spent) {
            if (spent == 0) {
                return;
            }
            carried = carried == null ? place : carried;
            carriedAt = at.isBefore(carriedAt) ? at : carriedAt;
            try {
                carriedOver = Math.addExact(carriedOver, spent);
            } catch (ArithmeticException overflow) {
                isOverflown = true;
            }
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
            if (identity == null || at.isBefore(identity.window().until().minus(LATENESS))) {
                lastInWindow = place;
            }
            if (movement.adjustment() != 0) {
                isLimitedBySeveral |= limitedIn != null && !limitedIn.equals(place.stream());
                limitedIn = place.stream();
            }
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
