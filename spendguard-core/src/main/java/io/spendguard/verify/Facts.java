package io.spendguard.verify;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What only all streams together can judge: whose id an event has, and what became of a decision at which cost. Such facts are
 * kept by their id while the package is read, and told to the books afterwards, a part of the ids at a time.
 */
final class Facts {
    private static final int EVENT = 0;
    private static final int DECISION = 1;
    private static final int DROPPED_DECISION = 2;
    private static final int DROPPED_OUTCOME = 3;
    private static final int PART = 4;
    private static final int OUTCOME = 5;
    private static final int RATE = 6;
    private static final int COST = 7;
    private static final int APPROVAL = 8;
    private static final int KEY = 9;
    private static final int EXTENSION = 10;
    /** Added to a kind: of the same decision by the same event as the fact before it in its partition. */
    private static final int CONTINUED = 16;

    /** Many decisions apply the few prices of a book, under few contracts: so many of them are kept once. */
    private static final int SHARED = 4_096;
    /** Longer than what anybody calls a contract or a model; as long as a line, a few of them would fill the memory. */
    private static final int LONGEST_SHARED = 400;

    private final FactSpool spool;
    private final FactWriter fact = new FactWriter();
    /** Places differ by file as often as there are streams. */
    private final List<Home> homes = new ArrayList<>();

    /** By file. */
    private final Map<String, Integer> numberOfHome = new HashMap<>();

    private final List<String> tenants = new ArrayList<>();
    private final Map<String, Integer> numberOfTenant = new HashMap<>();
    private final List<Rate> rates = new ArrayList<>();
    private final Map<Rate, Integer> numberOfRate = new HashMap<>();
    private final List<String> terms = new ArrayList<>();
    private final Map<String, Integer> numberOfTerms = new HashMap<>();

    /** What the fact before was about, where it may be continued. */
    private @Nullable UUID lastDecision;

    private @Nullable Place lastPlace;

    Facts(FactSpool spool) {
        this.spool = spool;
    }

    /** An event has this id, by its payload. */
    void event(Place place, UUID id) {
        fact.clear().number(EVENT).id(id);
        put(place, id);
        add(id, null);
    }

    /**
     * A decision's event; what it moves is empty where that is illegible.
     *
     * @param expiresAt when its hold ends by itself; null where it holds nothing
     * @param under the contract and price book it was made under; null where it does not say
     * @param binds whether it was made in earnest: what only watches lets every call pass
     * @param claimed what stands for the accounts that it claims; null where it does not say
     */
    void decision(
            Place place,
            UUID id,
            @Nullable Instant expiresAt,
            @Nullable String under,
            boolean binds,
            @Nullable UUID claimed,
            List<EntryLine> entries) {
        begin(DECISION, place, id);
        put(expiresAt);
        fact.flag(binds);
        putOptional(claimed);
        putTerms(under);
        putHeld(entries);
        add(id, place);
    }

    /** An action was decided under its key, of which this is the digest. */
    void key(Place place, UUID digest) {
        fact.clear().number(KEY).id(digest);
        put(place, digest);
        add(digest, null);
    }

    /** A decision whose event was closed and dropped. */
    void droppedDecision(String tenant, UUID id) {
        fact.clear().number(DROPPED_DECISION).id(id).number(tenant(tenant));
        add(id, null);
    }

    /** A final outcome whose event was closed and dropped. */
    void droppedOutcome(String tenant, UUID id) {
        fact.clear().number(DROPPED_OUTCOME).id(id).number(tenant(tenant));
        add(id, null);
    }

    /**
     * A part of an open hold was committed, or that was refused.
     *
     * @param number the part's; empty where it was refused
     */
    void part(Place place, UUID decision, OptionalLong number, List<EntryLine> entries) {
        begin(PART, place, decision);
        fact.flag(number.isPresent()).number(number.orElse(0));
        putMoved(entries);
        add(decision, place);
    }

    /**
     * An open hold was extended, or that was refused.
     *
     * @param until when the hold ends by itself from now on; null where it does not say
     * @param claims what it says is held from now on, by account
     */
    void extension(
            Place place,
            UUID decision,
            boolean isGranted,
            @Nullable Instant until,
            Map<UUID, Long> claims,
            List<EntryLine> entries) {
        begin(EXTENSION, place, decision);
        fact.flag(isGranted);
        put(until);
        put(claims);
        putMoved(entries);
        add(decision, place);
    }

    /** What became of a decision. */
    void outcome(Place place, UUID decision, DecisionBook.Outcome outcome, List<EntryLine> entries) {
        begin(OUTCOME, place, decision);
        UUID corrected = outcome.corrected();
        fact.flag(outcome.isFinal()).flag(outcome.isCorrection()).flag(corrected != null);
        put(outcome.expiredAt());
        putTerms(outcome.terms());
        if (outcome.isCorrection()) {
            fact.id(outcome.event()).text(outcome.kind().name()).number(outcome.disputed());
            put(outcome.actual());
        }
        put(outcome.committed());
        putOptional(outcome.charged());
        if (corrected != null) {
            fact.id(corrected);
        }
        putMoved(entries);
        add(decision, place);
    }

    /** What a decision's calls are priced at. */
    void rate(Place place, UUID decision, Rate rate) {
        begin(RATE, place, decision);
        putRate(rate);
        add(decision, place);
    }

    /** What a settlement says it cost. */
    void cost(Place place, UUID decision, Usage usage, Money cost) {
        begin(COST, place, decision);
        put(usage.inputTokens());
        put(usage.cacheReadTokens());
        put(usage.cacheWriteTokens());
        put(usage.outputTokens());
        put(usage.reasoningTokens());
        fact.number(cost.nanos()).text(cost.currency().getCurrencyCode());
        add(decision, place);
    }

    /** What an event says of the approval that a decision asks for; few do, so that it is kept as it is written. */
    void approval(Place place, UUID asking, JsonObject said) {
        begin(APPROVAL, place, asking);
        fact.bytes(said.toCanonicalBytes());
        add(asking, place);
    }

    /** Tells the books, and has them draw the conclusions that need every stream. */
    void tell(IdBook ids, KeyBook keys, DecisionBook decisions, CostBook costs, ApprovalBook approvals) {
        try {
            for (int partition = 0; partition < FactSpool.PARTITIONS; partition++) {
                new Teller(new FactReader(spool.read(partition))).tell(ids, keys, decisions, costs, approvals);
                ids.conclude();
                keys.conclude();
                approvals.conclude(); // it asks the book of decisions
                decisions.conclude();
                costs.conclude();
            }
        } catch (IOException failed) {
            throw spool.unusable(failed);
        }
    }

    private void begin(int kind, Place place, UUID decision) {
        if (place.equals(lastPlace) && decision.equals(lastDecision)) {
            fact.clear().number(kind + CONTINUED);
            return;
        }
        fact.clear().number(kind).id(decision);
        put(place, decision);
    }

    private void add(UUID id, @Nullable Place continuable) {
        lastDecision = id;
        lastPlace = continuable;
        spool.add(id, fact);
    }

    private void put(Place place, UUID id) {
        UUID event = place.event();
        fact.number(home(place)).number(place.line()).number(place.seq() - place.line());
        fact.flag(id.equals(event));
        if (!id.equals(event)) {
            fact.id(Objects.requireNonNull(event, "event"));
        }
    }

    /** By account, which mostly dissolves a hold and spends of it. */
    private void putMoved(List<EntryLine> entries) {
        fact.flag(!entries.isEmpty());
        List<EntryLine> left = new ArrayList<>(entries);
        left.removeIf(entry -> !isHeld(entry) && !isSpent(entry));
        fact.number(left.size());
        UUID account = null;
        for (EntryLine entry : left) {
            fact.flag(isSpent(entry)).flag(entry.account().equals(account));
            if (!entry.account().equals(account)) {
                account = entry.account();
                fact.id(account);
            }
            fact.number(entry.atomic());
        }
    }

    private void putHeld(List<EntryLine> entries) {
        int count = 0;
        for (EntryLine entry : entries) {
            count += isHeld(entry) ? 1 : 0;
        }
        fact.number(count);
        for (EntryLine entry : entries) {
            if (isHeld(entry)) {
                fact.id(entry.account()).number(entry.atomic());
            }
        }
    }

    private static boolean isHeld(EntryLine entry) {
        return entry.kind().equals("HELD");
    }

    private static boolean isSpent(EntryLine entry) {
        return entry.kind().equals("SPENT");
    }

    /** A time to the second, before which what happens in it is not yet over: 0 where there is none. */
    private void put(@Nullable Instant time) {
        fact.number(time == null ? 0 : Math.max(1, time.getEpochSecond()));
    }

    private void putOptional(@Nullable UUID id) {
        fact.flag(id != null);
        if (id != null) {
            fact.id(id);
        }
    }

    private void put(Map<UUID, Long> byAccount) {
        fact.number(byAccount.size());
        byAccount.forEach((account, atomic) -> fact.id(account).number(atomic));
    }

    private void putTerms(@Nullable String under) {
        if (under == null) {
            fact.number(-1);
            return;
        }
        Integer known = numberOfTerms.get(under);
        if (known == null && terms.size() < SHARED && under.length() <= LONGEST_SHARED) {
            known = terms.size();
            terms.add(under);
            numberOfTerms.put(under, known);
        }
        if (known == null) {
            fact.number(-2).text(under);
        } else {
            fact.number(known);
        }
    }

    private void putRate(Rate rate) {
        Integer known = numberOfRate.get(rate);
        if (known == null && rates.size() < SHARED && rate.length() <= LONGEST_SHARED) {
            known = rates.size();
            rates.add(rate);
            numberOfRate.put(rate, known);
        }
        Price price = rate.price();
        if (known != null) {
            fact.number(known);
        } else if (price == null) {
            fact.number(-1);
        } else {
            fact.number(-2).flag(rate.isPublished()).bytes(price.toJson().toCanonicalBytes());
        }
    }

    private void put(OptionalLong count) {
        fact.number(count.orElse(-1));
    }

    private int home(Place place) {
        // Streams are read one after the other.
        Home last = homes.isEmpty() ? null : homes.get(homes.size() - 1);
        if (last != null && last.isOf(place)) {
            return homes.size() - 1;
        }
        Home home = new Home(
                Objects.requireNonNull(place.file(), "file"),
                Objects.requireNonNull(place.tenant(), "tenant"),
                Objects.requireNonNull(place.stream(), "stream"));
        Integer known = numberOfHome.putIfAbsent(home.file(), homes.size());
        if (known != null) {
            return known;
        }
        homes.add(home);
        return homes.size() - 1;
    }

    private int tenant(String tenant) {
        Integer known = numberOfTenant.putIfAbsent(tenant, tenants.size());
        if (known != null) {
            return known;
        }
        tenants.add(tenant);
        return tenants.size() - 1;
    }

    /** Whose file a place is in. */
    private record Home(String file, String tenant, UUID stream) {
        private boolean isOf(Place place) {
            return file.equals(place.file()) && stream.equals(place.stream()) && tenant.equals(place.tenant());
        }
    }

    /** Tells the facts of one partition. */
    private final class Teller {
        private final FactReader in;
        private UUID id = new UUID(0, 0);
        private Place place = Place.PACKAGE;
        private String tenant = "";

        private Teller(FactReader in) {
            this.in = in;
        }

        private void tell(IdBook ids, KeyBook keys, DecisionBook decisions, CostBook costs, ApprovalBook approvals)
                throws IOException {
            while (in.hasMore()) {
                int kind = (int) in.number();
                if (kind < CONTINUED) {
                    id = in.id();
                    readSubject(kind);
                }
                switch (kind % CONTINUED) {
                    case EVENT -> ids.event(place, id);
                    case KEY -> keys.decided(place, id);
                    case DECISION -> {
                        Instant expiresAt = time();
                        boolean binds = in.flag();
                        UUID claimed = optional();
                        decisions.decision(place, tenant, id, expiresAt, under(), binds, claimed, held());
                    }
                    case DROPPED_DECISION -> decisions.droppedDecision(tenant, id);
                    case DROPPED_OUTCOME -> decisions.droppedOutcome(tenant, id);
                    case PART -> {
                        boolean isDone = in.flag();
                        long number = in.number();
                        OptionalLong part = isDone ? OptionalLong.of(number) : OptionalLong.empty();
                        decisions.part(place, tenant, id, part, in.flag(), moved());
                    }
                    case EXTENSION -> {
                        boolean isGranted = in.flag();
                        Instant until = time();
                        Map<UUID, Long> claims = byAccount();
                        decisions.extension(place, tenant, id, isGranted, until, claims, in.flag(), moved());
                    }
                    case OUTCOME -> decisions.outcome(place, tenant, id, outcome(), in.flag(), moved());
                    case RATE -> costs.rate(tenant, id, rate());
                    case APPROVAL -> approvals.fact(place, tenant, id, JsonObject.parse(in.bytes()));
                    case COST -> costs.cost(place, tenant, id, usage(), cost());
                    default -> throw new IOException("It holds a fact of unknown kind " + kind + ".");
                }
            }
        }

        private void readSubject(int kind) throws IOException {
            if (kind == DROPPED_DECISION || kind == DROPPED_OUTCOME) {
                tenant = tenants.get((int) in.number());
                return;
            }
            Home home = homes.get((int) in.number());
            long line = in.number();
            long seq = in.number() + line;
            UUID event = in.flag() ? id : in.id();
            place = new Place(home.file(), line, home.tenant(), home.stream(), seq, event);
            tenant = home.tenant();
        }

        private List<EntryLine> held() throws IOException {
            int count = (int) in.number();
            List<EntryLine> held = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                held.add(new EntryLine(in.id(), "HELD", in.number()));
            }
            return held;
        }

        private List<EntryLine> moved() throws IOException {
            int count = (int) in.number();
            List<EntryLine> moved = new ArrayList<>(count);
            UUID account = new UUID(0, 0);
            for (int i = 0; i < count; i++) {
                String kind = in.flag() ? "SPENT" : "HELD";
                account = in.flag() ? account : in.id();
                moved.add(new EntryLine(account, kind, in.number()));
            }
            return moved;
        }

        private DecisionBook.Outcome outcome() throws IOException {
            boolean isFinal = in.flag();
            boolean isCorrection = in.flag();
            boolean isCorrectedById = in.flag();
            Instant expiredAt = time();
            String under = under();
            UUID event = id;
            Change.Kind kind = Change.Kind.WORD;
            long disputed = 0;
            Map<UUID, Long> actual = Map.of();
            if (isCorrection) {
                event = in.id();
                kind = Change.Kind.valueOf(in.text());
                disputed = in.number();
                actual = byAccount();
            }
            Map<UUID, Long> committed = byAccount();
            UUID charged = optional();
            UUID corrected = isCorrectedById ? in.id() : null;
            return new DecisionBook.Outcome(
                    event,
                    isFinal,
                    expiredAt,
                    isCorrection,
                    corrected,
                    under,
                    kind,
                    disputed,
                    actual,
                    committed,
                    charged);
        }

        private Map<UUID, Long> byAccount() throws IOException {
            long left = in.number();
            Map<UUID, Long> byAccount = left == 0 ? Map.of() : new HashMap<>();
            for (; left > 0; left--) {
                byAccount.put(in.id(), in.number());
            }
            return byAccount;
        }

        private @Nullable UUID optional() throws IOException {
            return in.flag() ? in.id() : null;
        }

        private @Nullable Instant time() throws IOException {
            long second = in.number();
            return second == 0 ? null : Instant.ofEpochSecond(second);
        }

        private @Nullable String under() throws IOException {
            int number = (int) in.number();
            if (number >= 0) {
                return terms.get(number);
            }
            return number == -1 ? null : in.text();
        }

        private Rate rate() throws IOException {
            int number = (int) in.number();
            if (number >= 0) {
                return rates.get(number);
            }
            if (number == -1) {
                return Rate.GIVEN;
            }
            boolean isPublished = in.flag();
            return new Rate(Price.fromJson(JsonObject.parse(in.bytes())), isPublished);
        }

        private Usage usage() throws IOException {
            Usage.Builder usage = Usage.builder();
            long input = in.number();
            if (input >= 0) {
                usage.inputTokens(input);
            }
            long cacheRead = in.number();
            if (cacheRead >= 0) {
                usage.cacheReadTokens(cacheRead);
            }
            long cacheWrite = in.number();
            if (cacheWrite >= 0) {
                usage.cacheWriteTokens(cacheWrite);
            }
            long output = in.number();
            if (output >= 0) {
                usage.outputTokens(output);
            }
            long reasoning = in.number();
            if (reasoning >= 0) {
                usage.reasoningTokens(reasoning);
            }
            return usage.build();
        }

        private Money cost() throws IOException {
            long nanos = in.number();
            return Money.ofNanos(nanos, in.text());
        }
    }
}
