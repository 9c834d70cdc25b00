package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Digest;
import io.spendguard.model.Money;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One part of a session, as its caller counted it.
 *
 * @param number names it within the session
 * @param usage the provider's count; null for a cost known directly
 * @param cost what it costs; null where no budget needs to know
 * @param quantities what it is charged, in atoms of each account's unit
 */
record Part(int number, @Nullable Usage usage, @Nullable Money cost, Map<AccountId, Long> quantities) {

    /** A part that used so much, at the decision's price. */
    static Part of(int number, Usage usage, HeldTerms held) {
        UUID decision = held.decisionId();
        requireNumber(decision, number);
        if (usage.isComplete()
                && usage.inputTokens().orElseThrow() == 0
                && usage.outputTokens().orElseThrow() == 0) {
            throw nothing(decision, number, usage);
        }
        // A fixed cost is the whole action's, and no part of it has a price.
        Money cost = held.terms().effective().fixedCost().isPresent()
                ? null
                : held.terms().cost(usage);
        Map<AccountId, Long> quantities = new HashMap<>();
        for (Claim claim : held.claims()) {
            Unit unit = claim.account().unit();
            if (isCounted(unit)) {
                OptionalLong quantity = Claims.quantity(unit, held.terms().effective(), cost, usage);
                quantities.put(
                        claim.account().id(),
                        quantity.orElseThrow(() -> new IllegalArgumentException("Part " + number + " of decision "
                                + decision + " used " + usage + ", and nobody can tell how much of budget '"
                                + claim.account().budgetId() + "' in " + unit + " that is. Count input and output"
                                + " tokens, or commit the part's cost.")));
            }
        }
        return new Part(number, usage, cost, quantities);
    }

    /** A part that cost so much. */
    static Part of(int number, Money cost, HeldTerms held) {
        requireNumber(held.decisionId(), number);
        if (cost.nanos() <= 0) {
            throw nothing(held.decisionId(), number, cost);
        }
        Map<AccountId, Long> quantities = new HashMap<>();
        for (Claim claim : held.claims()) {
            if (claim.account().unit().isMoney()) {
                quantities.put(claim.account().id(), cost.nanos());
            }
        }
        return new Part(number, null, cost, quantities);
    }

    /** What one claim is charged for it; 0 for a unit that only the settlement counts. */
    long quantity(Claim claim) {
        return quantities.getOrDefault(claim.account().id(), 0L);
    }

    /** Two parts are the same exactly when they have the same usage and cost. */
    Digest digest() {
        return Digest.sha256(JsonObject.create()
                .put("usage", String.valueOf(usage))
                .put("cost", String.valueOf(cost))
                .toString()
                .getBytes(StandardCharsets.UTF_8));
    }

    /** A session is one call, and its credits are a charge for each call. */
    private static boolean isCounted(Unit unit) {
        return !unit.equals(Unit.CALLS) && !unit.isCredits();
    }

    private static void requireNumber(UUID decision, int number) {
        if (number < 0) {
            throw new IllegalArgumentException("Part " + number + " of decision " + decision
                    + " is negative: parts are numbered from 0. Number it so.");
        }
    }

    private static IllegalArgumentException nothing(UUID decision, int number, Object amount) {
        return new IllegalArgumentException("Part " + number + " of decision " + decision + " cannot commit " + amount
                + ": a part is more than nothing. Leave it out; a release gives back.");
    }
}
