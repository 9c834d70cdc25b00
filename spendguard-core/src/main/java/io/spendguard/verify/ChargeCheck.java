package io.spendguard.verify;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whether budgets hold and are charged what their unit counts of an estimate or of a call: money its cost, calls one, tokens its
 * usage. What is not counted is charged whole, as it is held. Looks at one event at a time.
 */
final class ChargeCheck {
    private final AccountBooks accounts;
    private final Findings findings;

    ChargeCheck(AccountBooks accounts, Findings findings) {
        this.accounts = accounts;
        this.findings = findings;
    }

    /** A decision that allows claims what its estimate comes to. */
    void claims(Place place, JsonObject data) {
        if (!data.has("expiresAt") || !data.has("claims") || !data.has("estimate")) {
            return;
        }
        JsonObject estimate = data.object("estimate");
        Money cost = cost(estimate);
        Usage usage = usage(estimate);
        for (JsonObject claim : data.objects("claims")) {
            Amount amount = Amount.parse(claim.string("amount"));
            OptionalLong counted =
                    amount.unit().isCredits() ? charge(data, amount) : counted(amount.unit(), cost, usage);
            // A call whose cost is in no currency of a budget's claims nothing of it, and yet names it.
            long expected = counted.orElse(0);
            if (amount.atomic() != expected) {
                findings.add(
                        FindingCode.COST_DIFFERS,
                        place,
                        "Event " + place.event() + " claims " + amount + " of budget '" + claim.string("budget")
                                + "' where its estimate comes to " + new Amount(expected, amount.unit())
                                + ": both must agree. Ask who wrote it.");
            }
        }
    }

    /** What the action names in such credits. */
    private static OptionalLong charge(JsonObject data, Amount claimed) {
        if (!data.has("action")) {
            return OptionalLong.of(claimed.atomic());
        }
        JsonObject action = data.object("action");
        List<String> charges = action.has("charges") ? action.strings("charges") : List.of();
        return charges.stream()
                .map(Amount::parse)
                .filter(charge -> charge.unit().equals(claimed.unit()))
                .mapToLong(Amount::atomic)
                .findFirst();
    }

    /** What became of a call charges what it came to, or the hold where nobody counted. */
    void outcome(Place place, JsonObject data) {
        String kind = data.object("outcome").string("kind");
        if (!data.has("actual")) {
            return;
        }
        boolean isWhole =
                data.object("outcome").has("whole") && data.object("outcome").bool("whole");
        Money cost = cost(data);
        Usage usage = usage(data);
        for (JsonObject charge : data.objects("actual")) {
            Amount amount = amount(place, charge);
            Amount held = Amount.parse(charge.string("held"));
            OptionalLong counted = switch (kind) {
                case "EXPIRED" -> OptionalLong.empty();
                case "RELEASED" -> OptionalLong.of(cost == null ? 0 : cost.nanos());
                default -> counted(amount.unit(), cost, usage);
            };
            if (isWhole && counted.isPresent()) {
                counted = OptionalLong.of(Math.max(0, counted.getAsLong() - committed(charge)));
            }
            boolean stands = amount.equals(held) && (counted.isEmpty() || charge.bool("estimated"));
            boolean lapses = amount.atomic() == 0 && kind.equals("EXPIRED");
            if (!stands && !lapses && (counted.isEmpty() || counted.getAsLong() != amount.atomic())) {
                differs(place, charge, amount, counted, "a hold of " + held);
            }
        }
    }

    /** A part of a session charges what it came to, and nothing of what only the whole call counts. */
    void part(Place place, JsonObject data) {
        if (!data.has("actual")) {
            return;
        }
        Money cost = cost(data);
        Usage usage = usage(data);
        for (JsonObject charge : data.objects("actual")) {
            Amount amount = amount(place, charge);
            Unit unit = amount.unit();
            OptionalLong counted =
                    unit.equals(Unit.CALLS) || unit.isCredits() ? OptionalLong.of(0) : counted(unit, cost, usage);
            if (counted.orElse(0) != amount.atomic()) {
                differs(place, charge, amount, counted, "a part of a session");
            }
        }
    }

    /** What an event charges; it calls the account so. */
    Amount amount(Place place, JsonObject charge) {
        Amount amount = Amount.parse(charge.string("amount"));
        UUID account = UUID.fromString(charge.string("account"));
        accounts.named(place, account, new AccountWords.Name(charge.string("budget"), amount.unit(), null));
        return amount;
    }

    private static long committed(JsonObject charge) {
        return charge.has("committed")
                ? Amount.parse(charge.string("committed")).atomic()
                : 0;
    }

    private void differs(Place place, JsonObject charge, Amount amount, OptionalLong counted, String of) {
        findings.add(
                FindingCode.COST_DIFFERS,
                place,
                "Event " + place.event() + " charges budget '" + charge.string("budget") + "' " + amount + " of " + of
                        + ", where "
                        + (counted.isPresent()
                                ? "it comes to " + new Amount(counted.getAsLong(), amount.unit())
                                : "nothing that it says counts it")
                        + ": what is counted is charged as it is counted, and what is not is charged whole. Ask who wrote"
                        + " it.");
    }

    /** How much a unit counts of it; empty where nobody can tell. */
    private static OptionalLong counted(Unit unit, @Nullable Money cost, @Nullable Usage usage) {
        if (unit.isMoney()) {
            return cost != null && cost.toAmount().unit().equals(unit)
                    ? OptionalLong.of(cost.nanos())
                    : OptionalLong.empty();
        }
        if (unit.equals(Unit.CALLS)) {
            return OptionalLong.of(1);
        }
        return usage == null ? OptionalLong.empty() : usage.tokens(unit);
    }

    private static @Nullable Money cost(JsonObject json) {
        return json.has("cost") ? Money.parse(json.string("cost")) : null;
    }

    private static @Nullable Usage usage(JsonObject json) {
        return json.has("usage") ? CostCheck.usage(json.object("usage")) : null;
    }
}
