package io.spendguard.decision;

import io.spendguard.contract.OnExpiry;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Action;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Estimate;
import io.spendguard.price.Price;
import org.jspecify.annotations.Nullable;

/**
 * What settling a hold needs to know of its decision, frozen with it: the effective action and the price. Stored with
 * the reservation, so that another process can settle too. Holds no personal value.
 *
 * @param effective the action that was allowed
 * @param price the price at the time of the decision; null when none applied
 * @param contract the deciding contract's digest, in hexadecimal
 * @param priceBook the price book's digest, in hexadecimal
 * @param onExpiry what becomes of the hold when nobody settles it in time
 */
record Terms(Action effective, @Nullable Price price, String contract, String priceBook, OnExpiry onExpiry) {

    static Terms of(Verdict verdict, String contract, String priceBook, OnExpiry onExpiry) {
        Estimate estimate = verdict.estimate();
        return new Terms(verdict.effective(), estimate.price(), contract, priceBook, onExpiry);
    }

    static Terms parse(byte[] json) {
        JsonObject root = JsonObject.parse(json);
        return new Terms(
                ActionJson.parse(root.object("action")).build(),
                root.has("price") ? Price.fromJson(root.object("price")) : null,
                root.string("contract"),
                root.string("priceBook"),
                root.has("onExpiry") ? OnExpiry.valueOf(root.string("onExpiry")) : OnExpiry.COMMIT);
    }

    byte[] toBytes() {
        JsonObject root = JsonObject.create()
                .put("action", ActionJson.plain(effective))
                .put("contract", contract)
                .put("priceBook", priceBook);
        if (price != null) {
            root.put("price", price.toJson());
        }
        if (onExpiry != OnExpiry.COMMIT) {
            root.put("onExpiry", onExpiry.name());
        }
        return root.toCanonicalBytes();
    }

    /** What the usage costs; null when it cannot be priced, so that the estimate stands. */
    @Nullable
    Money cost(Usage usage) {
        if (effective.fixedCost().isPresent()) {
            return effective.fixedCost().get();
        }
        return price != null && usage.isComplete() ? price.costRoundedUp(usage) : null;
    }

    /** Whether somebody named the cost of a counted call, so that usage and price do not make it. */
    boolean isGiven(@Nullable Usage usage, @Nullable Money cost) {
        if (usage == null || cost == null) {
            return false;
        }
        try {
            return !cost.equals(cost(usage));
        } catch (ArithmeticException overflow) {
            return true;
        }
    }

    /** What expiry records as spent of a hold. */
    long atExpiry(Claim claim) {
        return onExpiry == OnExpiry.COMMIT ? claim.atomic() : 0;
    }

    /** What a claim is charged for this usage and cost; the hold itself when that is unknown. */
    Charge charge(Claim claim, @Nullable Money cost, @Nullable Usage usage) {
        var quantity = Claims.quantity(claim.account().unit(), effective, cost, usage);
        return quantity.isPresent()
                ? new Charge(claim, quantity.getAsLong(), false)
                : new Charge(claim, claim.atomic(), claim.atomic() > 0);
    }

    /** As {@link #charge}, for the whole call: where a count is unknown, what was committed in parts stands beside the hold. */
    Charge whole(Claim claim, @Nullable Money cost, @Nullable Usage usage) {
        return Claims.quantity(claim.account().unit(), effective, cost, usage).isPresent()
                ? charge(claim, cost, usage)
                : new Charge(claim, Math.addExact(claim.atomic(), claim.committed()), claim.atomic() > 0);
    }

    /**
     * What one hold becomes.
     *
     * @param claim the hold
     * @param actual what is recorded as spent
     * @param estimated whether that is the hold, for want of a count
     */
    record Charge(Claim claim, long actual, boolean estimated) {
        /** Of a charge for what its claim had not committed in parts what is left where so much was by now. */
        long beyond(long committed) {
            return Math.max(0, Math.subtractExact(Math.addExact(actual, claim.committed()), committed));
        }

        /** Of a charge for the whole call what was not committed in parts. */
        Charge beyondParts() {
            return new Charge(claim, Math.max(0, actual - claim.committed()), estimated);
        }
    }
}
