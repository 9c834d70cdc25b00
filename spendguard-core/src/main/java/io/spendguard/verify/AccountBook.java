package io.spendguard.verify;

import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** One account's running balances, and what else is remembered of it until all is read; {@link AccountBooks} draws the conclusions. */
final class AccountBook {
    /** What an event calls its time may be so long before the ledger wrote it: its caller waited, and clocks differ. */
    private static final Duration LATENESS = Duration.ofMinutes(1);

    Movement balance = Movement.NONE;
    /** Without the events that came after the checkpoint. */
    Movement covered = Movement.NONE;

    @Nullable
    Place opening;

    @Nullable
    AccountIdentity identity;

    @Nullable
    Place firstUse;

    @Nullable
    Place last;
    /** The last one that surely came before its window ended: after that it keeps the limit it has. */
    @Nullable
    Place lastInWindow;

    @Nullable
    Place firstImpossible;

    boolean isMovedBySeveral;
    boolean isOverflown;
    boolean isCarried;
    long openedWith;
    /** The one stream that changes its limit. */
    @Nullable
    UUID limitedIn;

    boolean isLimitedBySeveral;
    /** The first event after which it has another limit than that states. */
    @Nullable
    Misgiven misgiven;
    /** What is said of it before its opening was read; null where there is nothing. */
    @Nullable
    AccountWords words;
    /** What decisions make of what it has spent; 0 unless something leaves a window. */
    long carriedOver;

    @Nullable
    Place carried;

    /** When a decision first gave back something of it. */
    Instant givenBackAt = Instant.MAX;

    final History history = new History();

    void open(Place place, AccountIdentity what, long limit) {
        opening = place;
        identity = what;
        openedWith = limit;
    }

    AccountWords words() {
        AccountWords known = words;
        if (known == null) {
            known = new AccountWords();
            words = known;
        }
        return known;
    }

    /** A decision moves what was spent, though it spends nothing itself. */
    void carriedOver(Place place, Instant at, long spent) {
        if (spent == 0) {
            return;
        }
        carried = carried == null ? place : carried;
        givenBackAt = spent < 0 && at.isBefore(givenBackAt) ? at : givenBackAt;
        try {
            carriedOver = Math.addExact(carriedOver, spent);
        } catch (ArithmeticException overflow) {
            isOverflown = true;
        }
    }

    void carry(AccountIdentity what, Movement carried) {
        identity = what;
        balance = balance.plus(carried);
        covered = covered.plus(carried);
        isCarried = true;
        history.begin(-carried.adjustment() - carried.grant(), carried.spent(), carried.held());
    }

    void apply(Place place, Instant at, Movement movement, boolean isCovered) {
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
    boolean isUsedBefore(Place opened) {
        return firstUse != null && Objects.equals(firstUse.stream(), opened.stream()) && firstUse.seq() < opened.seq();
    }

    /** The event after which a balance was impossible, or null. */
    @Nullable
    Place impossible() {
        if (isMovedBySeveral && !isOverflown) {
            return balance.isPossible() ? null : last;
        }
        return firstImpossible;
    }

    boolean isReportable() {
        return identity != null && !isOverflown && balance.isPossible() && balance.limitOrNull() != null;
    }

    AccountReport report(String tenant, UUID account) {
        AccountIdentity what = Objects.requireNonNull(identity);
        Unit unit = what.unit();
        return new AccountReport(
                tenant,
                account,
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

    /** A limit that was stated, and not given. */
    record Misgiven(Place place, Amount stated) {}
}
