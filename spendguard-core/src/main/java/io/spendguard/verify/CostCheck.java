package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Re-derives every priced cost: the price from the enclosed price book that the decision names, the cost from that price
 * and the usage, what is charged and spent from the cost.
 */
final class CostCheck {
    private static final int MAX_BOOK_BYTES = 64 << 20;
    private static final Rate GIVEN = new Rate(null, false);
    /** Many decisions apply the few prices of a book: so many of them are kept once. */
    private static final int SHARED_RATES = 4_096;
    /** So few that looking for one stays quick also when somebody chose them to be hard to tell apart. */
    private static final int SHARED_PRICES = 256;

    private final Findings findings;
    /** By digest in hexadecimal. */
    private final Map<String, PriceBook> books = new HashMap<>();

    /** By tenant. */
    private final Map<String, UuidMap<Rate>> rates = new HashMap<>();

    private final Map<Rate, Rate> shared = new HashMap<>();
    /** As events write them. */
    private final Map<JsonObject, Price> prices = new HashMap<>();
    /** Whose decision has not passed by yet. */
    private final List<Settled> waiting = new ArrayList<>();

    private long derived;
    private long estimates;
    private long given;
    private long unproved;

    CostCheck(Findings findings) {
        this.findings = findings;
    }

    /** Reads the enclosed price books, before the events; one that is not what its name says is left out. */
    void read(PackageReader reader, List<StoredZip.Entry> entries) throws IOException {
        for (StoredZip.Entry entry : entries) {
            Digest digest = PackageNames.parseMember(entry.name()).orElse(null);
            if (digest == null || !entry.name().equals(PackageNames.priceBook(digest))) {
                continue;
            }
            if (entry.size() > MAX_BOOK_BYTES) {
                malformed(entry.name(), "it has " + entry.size() + " bytes, more than a price book ever has");
                continue;
            }
            byte[] content = reader.content(entry);
            if (Digest.sha256(content).equals(digest)) {
                book(entry.name(), digest, content);
            }
        }
    }

    /** Checks how an estimate was made, and keeps the price for the outcome. */
    void decision(Place place, String tenant, Instant at, JsonObject data) {
        if (!data.has("estimate")) {
            return;
        }
        JsonObject estimate = data.object("estimate");
        Key key = new Key(tenant, UUID.fromString(data.object("decision").string("id")));
        if (!estimate.has("price")) {
            keep(key, GIVEN);
            return;
        }
        Rate rate = shared(rate(place, at, data, price(estimate.object("price"))));
        keep(key, rate);
        Money cost = Money.parse(estimate.string("cost"));
        if (isCost(place, "estimates", usage(estimate.object("usage")), rate, cost) && rate.isPublished()) {
            estimates++;
        }
    }

    /** Checks what an outcome says it cost, and what it charges for that. */
    void outcome(Place place, String tenant, JsonObject data) {
        JsonObject outcome = data.object("outcome");
        if (outcome.bool("final")) {
            requireSpent(place, data);
        }
        if (!data.has("cost")) {
            return;
        }
        Money cost = Money.parse(data.string("cost"));
        if (outcome.has("reference")) { // what a bill says, and nobody can re-derive
            given++;
            return;
        }
        requireCharged(place, data, cost);
        boolean isGiven = outcome.has("given") && outcome.bool("given");
        requirePriced(place, tenant, outcome, data, cost, isGiven);
    }

    /** Checks what a part of a session says it cost, and what it charges for that. */
    void part(Place place, String tenant, JsonObject data) {
        requireSpent(place, data);
        if (data.has("cost")) {
            Money cost = Money.parse(data.string("cost"));
            requireCharged(place, data, cost);
            requirePriced(place, tenant, data.object("part"), data, cost, false);
        }
    }

    private void requirePriced(
            Place place, String tenant, JsonObject facts, JsonObject data, Money cost, boolean isGiven) {
        if (isGiven || !data.has("usage")) {
            given++;
            return;
        }
        Key key = new Key(tenant, UUID.fromString(facts.string("decision")));
        Settled settled = new Settled(place, key, usage(data.object("usage")), cost);
        Rate rate = rateOf(key);
        if (rate == null) {
            waiting.add(settled);
        } else {
            compare(settled, rate);
        }
    }

    /** Draws the conclusions that need every stream. */
    CostReport end() {
        for (Settled settled : waiting) {
            Rate rate = rateOf(settled.key());
            if (rate == null) {
                unproved++;
            } else {
                compare(settled, rate);
            }
        }
        return new CostReport(derived, estimates, given, unproved);
    }

    private void keep(Key key, Rate rate) {
        rates.computeIfAbsent(key.tenant(), name -> new UuidMap<>()).put(key.decision(), rate);
    }

    private @Nullable Rate rateOf(Key key) {
        UuidMap<Rate> ofTenant = rates.get(key.tenant());
        return ofTenant == null ? null : ofTenant.get(key.decision());
    }

    private Rate shared(Rate rate) {
        Rate known = shared.get(rate);
        if (known == null && shared.size() < SHARED_RATES) {
            shared.put(rate, rate);
        }
        return known == null ? rate : known;
    }

    private void compare(Settled settled, Rate rate) {
        if (rate.price() == null) {
            given++;
        } else if (isCost(settled.place(), "costs", settled.usage(), rate, settled.cost())) {
            derived += rate.isPublished() ? 1 : 0;
            unproved += rate.isPublished() ? 0 : 1;
        }
    }

    private boolean isCost(Place place, String what, Usage usage, Rate rate, Money cost) {
        Money made = rate.cost(usage);
        if (cost.equals(made)) {
            return true;
        }
        findings.add(
                FindingCode.COST_DIFFERS,
                place,
                "Event " + place.event() + " " + what + " " + cost + ", but " + usage
                        + " at the price of its decision make "
                        + (made == null ? "nothing that can be counted" : made)
                        + ": a cost is usage times price. Ask who wrote it.");
        return false;
    }

    /** The price an event says it applied, and whether the book it names has it for the model at that time. */
    private Rate rate(Place place, Instant at, JsonObject data, Price applied) {
        PriceBook book = books.get(data.string("priceBook"));
        if (book == null) {
            return new Rate(applied, false);
        }
        JsonObject action = data.object(data.has("effective") ? "effective" : "action");
        Price published =
                book.find(action.string("provider"), action.string("model"), at).orElse(null);
        if (applied.equals(published)) {
            return new Rate(applied, true);
        }
        findings.add(
                FindingCode.PRICE_DIFFERS,
                place,
                "Event " + place.event() + " applies a price to model '" + action.string("model")
                        + "' that price book " + book.digest() + " does not have for it at " + at
                        + ": prices come from the book that the event names. Ask who wrote it.");
        return new Rate(applied, false);
    }

    /** Budgets in the cost's currency are charged the cost, but for those that settle at the hold. */
    private void requireCharged(Place place, JsonObject data, Money cost) {
        for (JsonObject charge : data.objects("actual")) {
            Amount amount = Amount.parse(charge.string("amount"));
            if (!charge.bool("estimated")
                    && amount.unit().equals(cost.toAmount().unit())
                    && !amount.equals(cost.toAmount())) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        place,
                        "Event " + place.event() + " charges budget '" + charge.string("budget") + "' " + amount
                                + " for a cost of " + cost + ": both must agree. Ask who wrote it.");
            }
        }
    }

    /** What is charged is what is spent. */
    private void requireSpent(Place place, JsonObject data) {
        if (!data.has("actual")) {
            return;
        }
        Map<UUID, Long> spentBy = new LinkedHashMap<>();
        for (EntryLine entry : EntryLine.of(data)) {
            spentBy.merge(entry.account(), entry.kind().equals("SPENT") ? entry.atomic() : 0, Long::sum);
        }
        for (JsonObject charge : data.objects("actual")) {
            UUID account = UUID.fromString(charge.string("account"));
            Amount amount = Amount.parse(charge.string("amount"));
            Long moved = spentBy.remove(account);
            long spent = moved == null ? 0 : moved;
            if (spent != amount.atomic()) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        place,
                        "Event " + place.event() + " charges account " + account + " " + amount
                                + ", but its entries spend " + spent + " atoms: both must agree. Ask who wrote it.");
            }
        }
        spentBy.keySet()
                .forEach(account -> findings.add(
                        FindingCode.COST_DIFFERS,
                        place,
                        "Event " + place.event() + " moves what account " + account
                                + " holds, and does not say what it is charged: each budget of a call is charged. Ask who"
                                + " wrote it."));
    }

    private void book(String name, Digest digest, byte[] content) {
        try {
            books.put(digest.hex(), PriceBook.parse(content, name));
        } catch (IllegalArgumentException noBook) {
            malformed(name, String.valueOf(noBook.getMessage()));
        }
    }

    private void malformed(String name, String fault) {
        findings.add(
                FindingCode.PRICE_BOOK_MALFORMED,
                Place.file(name),
                "File " + name + " is no price book: " + fault + ". Export again.");
    }

    private Price price(JsonObject json) {
        Price known = prices.get(json);
        if (known != null) {
            return known;
        }
        try {
            Price price = Price.fromJson(json);
            if (prices.size() < SHARED_PRICES && price.toJson().equals(json)) {
                prices.put(json, price);
            }
            return price;
        } catch (DateTimeException malformed) {
            throw new JsonException("Member 'from' of a price is no RFC 3339 time in UTC.", malformed);
        }
    }

    private static Usage usage(JsonObject json) {
        Usage.Builder usage = Usage.builder();
        if (json.has("input")) {
            usage.inputTokens(json.integer("input"));
        }
        if (json.has("cacheRead")) {
            usage.cacheReadTokens(json.integer("cacheRead"));
        }
        if (json.has("output")) {
            usage.outputTokens(json.integer("output"));
        }
        if (json.has("reasoning")) {
            usage.reasoningTokens(json.integer("reasoning"));
        }
        return usage.build();
    }

    private record Key(String tenant, UUID decision) {}

    private record Settled(Place place, Key key, Usage usage, Money cost) {}

    /**
     * What a decision's calls are priced at.
     *
     * @param price null where somebody named the cost
     * @param isPublished whether the enclosed price book has that price
     */
    private record Rate(@Nullable Price price, boolean isPublished) {
        /** What the usage costs; null where that cannot be counted. */
        @Nullable
        Money cost(Usage usage) {
            if (price == null || !usage.isComplete()) {
                return null;
            }
            try {
                return price.costRoundedUp(usage);
            } catch (ArithmeticException overflow) {
                return null;
            }
        }
    }
}
