package io.spendguard.verify;

import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import org.jspecify.annotations.Nullable;

/**
 * What a decision's calls are priced at.
 *
 * @param price null where somebody named the cost
 * @param isPublished whether the enclosed price book has that price
 */
record Rate(@Nullable Price price, boolean isPublished) {
    static final Rate GIVEN = new Rate(null, false);

    /** How many characters it holds. */
    int length() {
        return price == null ? 0 : price.provider().length() + price.model().length();
    }

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
