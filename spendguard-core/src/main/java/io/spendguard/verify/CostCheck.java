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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Re-derives every priced cost: the price from the enclosed price book that the decision names, the cost from that price
 * and the usage, what is charged and spent from the cost. A settlement's price stands in its decision, wherever that is: this
 * {@link CostBook} looks up.
 */
final class CostCheck {
    private static final int MAX_BOOK_BYTES = 64 << 20;
    /** So few that looking for one stays quick also when somebody chose them to be hard to tell apart. */
    private static final int SHARED_PRICES = 256;
    /** Longer than what anybody calls a model; as long as a line, a few of them would fill the memory. */
    private static final int LONGEST_SHARED = 400;

    private final Facts facts;
    private final CostBook costs;
    private final ChargeCheck charges;
    private final Findings findings;
    /** By digest in hexadecimal. */
    private final Map<String, PriceBook> books = new HashMap<>();

    /** As events write them. */
    private final Map<JsonObject, Price> prices = new HashMap<>();

    private long estimates;
    private long given;
    private long unstated;

    CostCheck(Facts facts, CostBook costs, AccountBooks accounts, Findings findings) {
        this.facts = facts;
        this.costs = costs;
        this.charges = new ChargeCheck(accounts, findings);
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

    /** Checks how an estimate was made and what is claimed for it, and keeps the price for the outcome. */
    void decision(Place place, Instant at, JsonObject data) {
        charges.claims(place, data);
        if (!data.has("estimate")) {
            return;
        }
        JsonObject estimate = data.object("estimate");
        UUID decision = UUID.fromString(data.object("decision").string("id"));
        Price applied = estimate.has("price") ? price(estimate.object("price")) : null;
        String fault = EstimateCheck.fault(data, applied);
        if (fault != null) {
            findings.add(
                    FindingCode.COST_DIFFERS,
                    place,
                    "Event " + place.event() + " estimates its call " + fault
                            + ": an estimate is the most that the action can come to. Ask who wrote it.");
        }
        if (applied == null) {
            facts.rate(place, decision, Rate.GIVEN);
            return;
        }
        Rate rate = rate(place, at, data, applied);
        facts.rate(place, decision, rate);
        Money cost = Money.parse(estimate.string("cost"));
        if (costs.isCost(place, "estimates", usage(estimate.object("usage")), rate, cost) && rate.isPublished()) {
            estimates++;
        }
    }

    /** Checks what an outcome says it cost, and what it charges for that. */
    void outcome(Place place, JsonObject data) {
        JsonObject outcome = data.object("outcome");
        boolean isCorrection = outcome.has("reference") && !outcome.bool("final");
        if (outcome.bool("final")) {
            requireSpent(place, data);
        }
        if (!isCorrection) {
            charges.outcome(place, data);
        } else if (data.has("actual")) {
            data.objects("actual").forEach(charge -> charges.amount(place, charge));
        }
        if (!data.has("cost")) {
            String kind = outcome.string("kind");
            if (!isCorrection || kind.equals("CORRECTED")) {
                countUnstated(data);
            } else if (!kind.equals("DISPUTE_OPENED") && !kind.equals("DISPUTE_LOST")) {
                given++; // what an operator says, and nobody can re-derive
            }
            return;
        }
        Money cost = Money.parse(data.string("cost"));
        if (isCorrection) { // what a bill says, and nobody can re-derive
            given++;
            return;
        }
        boolean isGiven = outcome.has("given") && outcome.bool("given");
        requirePriced(place, outcome, data, cost, isGiven);
    }

    /** Checks what a part of a session says it cost, and what it charges for that. */
    void part(Place place, JsonObject data) {
        requireSpent(place, data);
        charges.part(place, data);
        if (data.has("cost")) {
            Money cost = Money.parse(data.string("cost"));
            requirePriced(place, data.object("part"), data, cost, false);
        } else {
            countUnstated(data);
        }
    }

    /** Money is charged, and no word of what made it: a hold that stands for want of a count, or nothing that can be checked. */
    private void countUnstated(JsonObject data) {
        if (data.has("actual")
                && data.objects("actual").stream()
                        .map(charge -> Amount.parse(charge.string("amount")))
                        .anyMatch(amount -> amount.atomic() > 0 && amount.unit().isMoney())) {
            unstated++;
        }
    }

    private void requirePriced(Place place, JsonObject settlement, JsonObject data, Money cost, boolean isGiven) {
        if (isGiven || !data.has("usage")) {
            given++;
            return;
        }
        facts.cost(place, UUID.fromString(settlement.string("decision")), usage(data.object("usage")), cost);
    }

    /** How far costs are proved, once the facts were told to the book of costs. */
    CostReport end() {
        return new CostReport(costs.derived(), estimates, given + costs.given(), costs.unproved(), unstated);
    }

    /** The price an event says it applied, and whether the book it names has it for the model at that time. */
    private Rate rate(Place place, Instant at, JsonObject data, Price applied) {
        PriceBook book = books.get(data.string("priceBook"));
        if (book == null) {
            return new Rate(applied, false);
        }
        // Of a degrade that was then refused only the price tells the model.
        boolean isRefused = !data.has("expiresAt");
        JsonObject action = EstimateCheck.effective(data);
        String provider = isRefused ? applied.provider() : action.string("provider");
        String model = isRefused ? applied.model() : action.string("model");
        if (applied.equals(book.find(provider, model, at).orElse(null))) {
            return new Rate(applied, true);
        }
        findings.add(
                FindingCode.PRICE_DIFFERS,
                place,
                "Event " + place.event() + " applies a price to model '" + model
                        + "' that price book " + book.digest() + " does not have for it at " + at
                        + ": prices come from the book that the event names. Ask who wrote it.");
        return new Rate(applied, false);
    }

    /** What is charged is what is spent. */
    private void requireSpent(Place place, JsonObject data) {
        if (!data.has("actual")) {
            if (EntryLine.of(data).stream().anyMatch(entry -> entry.kind().equals("SPENT"))) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        place,
                        "Event " + place.event()
                                + " spends and does not say what it charges: what is spent is what is charged. Ask who wrote"
                                + " it.");
            }
            return;
        }
        Map<UUID, Long> spentBy = new LinkedHashMap<>();
        Map<UUID, Long> heldBy = new HashMap<>();
        for (EntryLine entry : EntryLine.of(data)) {
            spentBy.merge(entry.account(), entry.kind().equals("SPENT") ? entry.atomic() : 0, Long::sum);
            if (entry.kind().equals("HELD")) {
                heldBy.merge(entry.account(), entry.atomic(), Long::sum);
            }
        }
        boolean isFinal = data.has("outcome");
        for (JsonObject charge : data.objects("actual")) {
            UUID account = UUID.fromString(charge.string("account"));
            Amount amount = charges.amount(place, charge);
            Long moved = spentBy.remove(account);
            long spent = moved == null ? 0 : moved;
            if (spent != amount.atomic()) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        place,
                        "Event " + place.event() + " charges account " + account + " " + amount
                                + ", but its entries spend " + spent + " atoms: both must agree. Ask who wrote it.");
            }
            if (isFinal) {
                requireHeld(place, charge, heldBy.getOrDefault(account, 0L));
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

    /** A hold is dissolved whole. */
    private void requireHeld(Place place, JsonObject charge, long moved) {
        Amount held = Amount.parse(charge.string("held"));
        if (held.atomic() != -moved) {
            findings.add(
                    FindingCode.COST_DIFFERS,
                    place,
                    "Event " + place.event() + " settles a hold of " + held + " of budget '" + charge.string("budget")
                            + "', and its entries dissolve " + moved + " atoms: both must agree. Ask who wrote it.");
        }
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
            if (prices.size() < SHARED_PRICES
                    && price.provider().length() + price.model().length() <= LONGEST_SHARED
                    && price.toJson().equals(json)) {
                prices.put(json, price);
            }
            return price;
        } catch (DateTimeException malformed) {
            throw new JsonException("Member 'from' of a price is no RFC 3339 time in UTC.", malformed);
        }
    }

    static Usage usage(JsonObject json) {
        Usage.Builder usage = Usage.builder();
        if (json.has("input")) {
            usage.inputTokens(json.integer("input"));
        }
        if (json.has("cacheRead")) {
            usage.cacheReadTokens(json.integer("cacheRead"));
        }
        if (json.has("cacheWrite")) {
            usage.cacheWriteTokens(json.integer("cacheWrite"));
        }
        if (json.has("output")) {
            usage.outputTokens(json.integer("output"));
        }
        if (json.has("reasoning")) {
            usage.reasoningTokens(json.integer("reasoning"));
        }
        return usage.build();
    }
}
