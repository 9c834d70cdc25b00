package io.spendguard.verify;

import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which contracts came into force for a tenant, with which limits: a decision names one of them, and an account has the limit that
 * one of them stated. Memory is proportional to the contracts that came into force, and not to the events under them.
 */
final class ContractBook {
    /** So many contracts may be named before an event is read that puts them in force. */
    private static final int MOST_WAITING = 10_000;

    private static final History NOTHING = new History();

    private final Scope scope;
    private final Findings findings;
    private final EnclosedContracts enclosed = new EnclosedContracts();
    private final Set<InForce> activated = new HashSet<>();
    /** Contracts that decisions name, with the first of these, where no event read so far puts them in force. */
    private final Map<InForce, Place> named = new HashMap<>();

    /** The same, where the stream of such a decision puts its contract in force afterwards, and no other stream does. */
    private final Map<InForce, Place> early = new HashMap<>();

    private final Map<Budget, History> limits = new HashMap<>();
    /** Limits that were carried to accounts, with the first event that did, where no event read so far states them. */
    private final Map<Carried, Place> carried = new HashMap<>();

    /** The first limit of a budget that was carried when its stream had stated another one last. */
    private final Map<Budget, Outdated> outdated = new HashMap<>();

    private final Set<Book> books = new HashSet<>();
    /** Tenants for whom a contract came into force. */
    private final Set<String> governed = new HashSet<>();
    /** By tenant, the first event that leaves out what it stands under. */
    private final Map<String, Place> unbound = new HashMap<>();
    /** Tenants of whose events some were closed and dropped. */
    private final Set<String> begunBefore = new HashSet<>();

    ContractBook(Scope scope, Findings findings) {
        this.scope = scope;
        this.findings = findings;
    }

    /** Reads the enclosed contracts, before the events. */
    void read(PackageReader reader, List<StoredZip.Entry> entries) throws IOException {
        enclosed.read(reader, entries);
    }

    /** Some of the tenant's events are not there, as they were closed and dropped. */
    void beganBefore(String tenant) {
        begunBefore.add(tenant);
    }

    /** A contract comes into force; returns what it states; throws {@link IllegalArgumentException} for malformed facts. */
    Limits activated(Place place, String tenant, Instant at, JsonObject data) {
        if (data.has("mode") && data.has("priceBook")) {
            InForce inForce =
                    new InForce(tenant, data.string("contract"), data.string("mode"), data.string("priceBook"));
            inForce(place, inForce);
        }
        Limits stated = limits(data);
        if (data.has("mode") && !namespace(data.string("mode")).equals(stated.namespace())) {
            throw new JsonException("Member 'namespace' is not that of its mode.");
        }
        String fault = enclosed.fault(data);
        if (fault != null) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " puts contract " + data.string("contract") + " in force and " + fault
                            + ": a contract's limits are what it states. Ask who wrote it.");
        }
        books.add(new Book(tenant, stated.namespace()));
        governed.add(tenant);
        stated.byBudget().forEach((budget, amount) -> {
            Budget of = new Budget(tenant, stated.namespace(), budget);
            carried.remove(new Carried(of, amount));
            limits.computeIfAbsent(of, none -> new History())
                    .add(new Stated(Objects.requireNonNull(place.stream()), place.seq(), at, amount));
        });
        return stated;
    }

    /** Where the accounts of a mode's decisions are: what only watches has its own. */
    static String namespace(String mode) {
        return mode.equals("shadow") ? "shadow" : "enforce";
    }

    private void inForce(Place place, InForce inForce) {
        Place decided = named.remove(inForce);
        boolean isFirst = activated.add(inForce);
        if (isFirst && decided != null && Objects.equals(decided.stream(), place.stream())) {
            early.put(inForce, decided);
        } else if (early.containsKey(inForce) && !Objects.equals(early.get(inForce).stream(), place.stream())) {
            early.remove(inForce); // between streams no order is proved
        }
    }

    /** Limits reach accounts that were open then; returns them; throws {@link IllegalArgumentException} for malformed facts. */
    Limits carried(Place place, String tenant, JsonObject data) {
        Limits given = limits(data);
        given.byBudget().forEach((budget, amount) -> {
            Carried limit = new Carried(new Budget(tenant, given.namespace(), budget), amount);
            Stated last = limits.getOrDefault(limit.budget(), NOTHING).lastBefore(place);
            if (last != null && !last.limit().equals(amount) && outdated.size() < MOST_WAITING) {
                outdated.putIfAbsent(limit.budget(), new Outdated(place, amount, last.limit()));
            }
            if (isStated(limit)) {
                return;
            }
            if (carried.size() < MOST_WAITING) {
                carried.putIfAbsent(limit, place);
            } else if (!carried.containsKey(limit)) {
                notStated(limit, place);
            }
        });
        return given;
    }

    private boolean isStated(Carried limit) {
        return limits.getOrDefault(limit.budget(), NOTHING)
                .amounts
                .contains(limit.limit().toString());
    }

    private static Limits limits(JsonObject data) {
        Map<String, Amount> limits = new HashMap<>();
        for (JsonObject limit : data.objects("limits")) {
            if (limits.put(limit.string("budget"), Amount.parse(limit.string("limit"))) != null) {
                throw new JsonException("Member 'limits' names a budget twice.");
            }
        }
        return new Limits(data.string("namespace"), Map.copyOf(limits));
    }

    /** A decision names the contract that made it, and what it claims on which estimate. */
    void decided(Place place, String tenant, JsonObject data) {
        JsonObject decision = data.object("decision");
        if (!data.has("claims")
                || !data.has("action")
                || !data.has("estimate")
                || !data.object("estimate").has("method")) {
            unbound.putIfAbsent(tenant, place);
        }
        if (!data.has("contract") || !data.has("priceBook") || !decision.has("mode")) {
            unbound.putIfAbsent(tenant, place);
            return;
        }
        InForce inForce =
                new InForce(tenant, data.string("contract"), decision.string("mode"), data.string("priceBook"));
        if (activated.contains(inForce)) {
            return;
        }
        if (named.size() < MOST_WAITING) {
            named.putIfAbsent(inForce, place);
        } else if (!named.containsKey(inForce)) {
            notActivated(inForce, place);
        }
    }

    /** An outcome names the contract and the prices of its decision. */
    void settled(Place place, String tenant, JsonObject data) {
        if (!data.has("contract") || !data.has("priceBook")) {
            unbound.putIfAbsent(tenant, place);
        }
    }

    /** Draws the conclusions that need every stream; where some events are not there, nobody can tell. */
    void end() {
        named.forEach(this::notActivated);
        early.forEach(this::notActivated);
        carried.forEach(this::notStated);
        outdated.forEach(this::notInForce);
        unbound.forEach(this::notBound);
    }

    /** What it leaves out could not be held against anything. */
    private void notBound(String tenant, Place place) {
        if (governed.contains(tenant)) {
            findings.add(
                    FindingCode.EVENT_DATA_MALFORMED,
                    place,
                    "Event " + place.event() + " is the first of tenant '" + tenant
                            + "' that leaves out its contract, mode, price book, action, claims, estimate or how that was made: a decision names all"
                            + " of them, and an outcome its contract and price book. Ask who wrote it.");
        }
    }

    private void notStated(Carried limit, Place place) {
        Budget budget = limit.budget();
        if (isWhole(budget.tenant()) && governed.contains(budget.tenant())) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    place,
                    "Event " + place.event() + " carries a limit of " + limit.limit() + " to accounts of budget '"
                            + budget.budget() + "' (" + budget.namespace()
                            + "), which no contract in force states: a limit is what a contract states. Ask who wrote it.");
        }
    }

    /** Only within one stream: between streams no order is proved. */
    private void notInForce(Budget budget, Outdated limit) {
        if (isWhole(budget.tenant()) && limits.getOrDefault(budget, NOTHING).isOf(limit.place().stream())) {
            findings.add(
                    FindingCode.LIMIT_MISMATCH,
                    limit.place(),
                    "Event " + limit.place().event() + " carries a limit of " + limit.carried()
                            + " to accounts of budget '" + budget.budget() + "' (" + budget.namespace()
                            + "), where the last contract before it states " + limit.inForce()
                            + ": a limit is what the contract in force states. Ask who wrote it.");
        }
    }

    private void notActivated(InForce inForce, Place place) {
        if (isWhole(inForce.tenant())) {
            findings.add(
                    FindingCode.CONTRACT_NOT_ACTIVATED,
                    place,
                    "Event " + place.event() + " decides by contract " + inForce.contract() + " (" + inForce.mode()
                            + ") with price book " + inForce.priceBook() + ", which no event puts in force for tenant '"
                            + inForce.tenant() + "': a contract comes into force before it decides. Ask who wrote it.");
        }
    }

    /** Tells whether all that the tenant's writers wrote up to the end must be here. */
    boolean isWhole(String tenant) {
        return !scope.isExcerpt() && !scope.isLater() && !begunBefore.contains(tenant);
    }

    /**
     * What is wrong with an account's limit; null where nothing is, or where nobody can tell.
     *
     * @param opening the event that opens it
     * @param opened the limit it was opened with
     * @param limit what contracts made of that in the end
     * @param until when its window ends
     * @param lastMove the last event that moves it before that, if all that do are in one stream; otherwise null. Who moves an
     *     account gives it the limit in force first, so that one nobody moved may still have an earlier one
     */
    @Nullable
    String fault(
            String tenant,
            String namespace,
            String budget,
            Unit unit,
            Place opening,
            long opened,
            long limit,
            Instant until,
            @Nullable Place lastMove) {
        if (!isWhole(tenant) || !governed.contains(tenant)) {
            return null;
        }
        if (!books.contains(new Book(tenant, namespace))) {
            return "is opened in namespace '" + namespace + "', where no contract came into force";
        }
        History stated = limits.getOrDefault(new Budget(tenant, namespace, budget), NOTHING);
        if (!stated.has(opened, unit)) {
            return "is opened with " + new Amount(Math.max(0, opened), unit) + ", which no contract in force states";
        }
        Stated before = stated.lastBefore(opening);
        if (before != null && stated.isOf(opening.stream()) && !before.is(opened, unit)) {
            return "is opened with " + new Amount(Math.max(0, opened), unit)
                    + ", where the last contract before that states " + before.limit();
        }
        long last = opened;
        boolean isInOneStream = false;
        if (lastMove != null && stated.isOf(opening.stream())) {
            isInOneStream = true;
            Stated between = stated.lastBetween(opening.seq(), lastMove.seq(), until);
            last = between == null ? last : between.limit.atomic();
        } else if (stated.has(limit, unit)) {
            last = limit;
        }
        return last == limit
                ? null
                : "has a limit of " + limit + " atoms in the end, where the last contract states "
                        + (isInOneStream ? last + " of them" : "another one");
    }

    /** What one contract states. */
    record Limits(String namespace, Map<String, Amount> byBudget) {}

    /** Like those below in an order by which what has one hash is found: whoever writes events chooses names. */
    private record InForce(String tenant, String contract, String mode, String priceBook)
            implements Comparable<InForce> {
        private static final Comparator<InForce> ORDER = Comparator.comparing(InForce::tenant)
                .thenComparing(InForce::contract)
                .thenComparing(InForce::mode)
                .thenComparing(InForce::priceBook);

        @Override
        public int compareTo(InForce other) {
            return ORDER.compare(this, other);
        }
    }

    private record Book(String tenant, String namespace) implements Comparable<Book> {
        private static final Comparator<Book> ORDER =
                Comparator.comparing(Book::tenant).thenComparing(Book::namespace);

        @Override
        public int compareTo(Book other) {
            return ORDER.compare(this, other);
        }
    }

    private record Budget(String tenant, String namespace, String budget) implements Comparable<Budget> {
        private static final Comparator<Budget> ORDER = Comparator.comparing(Budget::tenant)
                .thenComparing(Budget::namespace)
                .thenComparing(Budget::budget);

        @Override
        public int compareTo(Budget other) {
            return ORDER.compare(this, other);
        }
    }

    private record Carried(Budget budget, Amount limit) implements Comparable<Carried> {
        private static final Comparator<Carried> ORDER =
                Comparator.comparing(Carried::budget).thenComparing(carried -> carried.limit.toString());

        @Override
        public int compareTo(Carried other) {
            return ORDER.compare(this, other);
        }
    }

    private record Outdated(Place place, Amount carried, Amount inForce) {}

    /** What was stated of one budget. Accounts are many, and so may changes of their limits be: none is held against all the others. */
    private static final class History {
        private final List<Stated> inOrder = new ArrayList<>(1);
        /** As they are written. */
        private final Set<String> amounts = new HashSet<>(2);

        private boolean isSpread;

        private void add(Stated next) {
            Stated last = inOrder.isEmpty() ? next : inOrder.get(inOrder.size() - 1);
            isSpread |= !last.stream.equals(next.stream);
            if (inOrder.isEmpty() || !last.says(next)) {
                inOrder.add(next);
                amounts.add(next.limit.toString());
            }
        }

        private boolean has(long atomic, Unit unit) {
            return atomic >= 0 && amounts.contains(new Amount(atomic, unit).toString());
        }

        /** Whether all of it was stated in this stream. */
        private boolean isOf(@Nullable UUID stream) {
            return inOrder.isEmpty() || (!isSpread && inOrder.get(0).stream.equals(stream));
        }

        /** What the stream of an event stated last before it; null where it stated nothing, or several streams did. */
        private @Nullable Stated lastBefore(Place place) {
            int first = isOf(place.stream()) ? firstFrom(place.seq()) : 0;
            return first == 0 ? null : inOrder.get(first - 1);
        }

        /** What was stated last behind one position and up to another, by an event dated before some time; of one stream. */
        private @Nullable Stated lastBetween(long after, long upTo, Instant before) {
            for (int i = firstFrom(upTo + 1) - 1; i >= 0 && inOrder.get(i).seq > after; i--) {
                if (inOrder.get(i).at.isBefore(before)) {
                    return inOrder.get(i);
                }
            }
            return null;
        }

        /** Of one stream: where those begin that stand at a position or behind it. */
        private int firstFrom(long seq) {
            int low = 0;
            int high = inOrder.size();
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (inOrder.get(middle).seq < seq) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low;
        }
    }

    private record Stated(UUID stream, long seq, Instant at, Amount limit) {
        private boolean says(Stated next) {
            return stream.equals(next.stream) && limit.equals(next.limit);
        }

        private boolean is(long atomic, Unit unit) {
            return limit.atomic() == atomic && limit.unit().equals(unit);
        }
    }
}
