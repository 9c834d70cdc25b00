package io.spendguard.verify;

import io.spendguard.evidence.OpeningBalance;
import io.spendguard.json.JsonException;
import org.jspecify.annotations.Nullable;

/** Signed sums by kind. */
record Movement(long available, long held, long spent, long debt, long adjustment, long grant) {
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
