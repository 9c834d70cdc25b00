package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.Reservation;
import io.spendguard.model.IdSource;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Makes the operations of one tenant. Safe for any number of threads; the operations it makes are not, until submitted. */
public final class LedgerOperations {
    private static final Duration HOLD_TTL = Duration.ofMinutes(10);

    private final String tenant;
    private final IdSource ids;
    private final Clock clock;

    /** For a tenant, with the sources of ids and of expiry times. */
    public LedgerOperations(String tenant, IdSource ids, Clock clock) {
        this.tenant = Objects.requireNonNull(tenant, "tenant");
        this.ids = Objects.requireNonNull(ids, "ids");
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /** An account that counts calls, is for all time and not kept per anything. */
    public Account account(String budgetId) {
        return account(budgetId, "", Period.ALWAYS);
    }

    /** An account that counts calls, for one key and window. */
    public Account account(String budgetId, String key, Period window) {
        return Account.of(tenant, Namespace.ENFORCE, budgetId, key, window, Unit.CALLS);
    }

    /** Sets limits. */
    public ActivateOperation activate(String key) {
        return new ActivateOperation(ids, tenant, key);
    }

    /** Takes a hold; add claims. */
    public HoldOperation hold(String key) {
        return new HoldOperation(
                ids, tenant, key, clock.instant().plus(HOLD_TTL).truncatedTo(ChronoUnit.MILLIS));
    }

    /** Stops a run. */
    public StopOperation stop(String key, String run, String code) {
        return new StopOperation(ids, tenant, key, run, code);
    }

    /** Commits the real costs of a hold, one for each claim, in the order they were claimed. */
    public SettleOperation commit(String key, HoldOperation hold, long... actuals) {
        return new SettleOperation(
                ids, key, hold, Arrays.stream(actuals).boxed().toList(), Reservation.State.COMMITTED);
    }

    /** Gives to accounts; add how much to which. */
    public GrantOperation grant(String key) {
        return new GrantOperation(ids, tenant, key);
    }

    /** Carries the limits of their budgets to accounts. */
    public CarryOperation carry(String key, List<Account> accounts) {
        return new CarryOperation(ids, tenant, key, accounts);
    }

    /** Makes a hold last until then; add what it holds in addition. */
    public ExtendOperation extend(String key, HoldOperation hold, Instant until) {
        return new ExtendOperation(ids, key, hold, until);
    }

    /** Commits part of a hold; add how much of which account. */
    public CommitPartOperation part(String key, HoldOperation hold) {
        return new CommitPartOperation(ids, key, hold);
    }

    /** Ends an overdue hold; what it held counts as spent. */
    public ExpireOperation expire(HoldOperation hold) {
        return new ExpireOperation(ids, hold);
    }

    /** Gives a hold back. */
    public SettleOperation release(String key, HoldOperation hold) {
        return new SettleOperation(
                ids,
                key,
                hold,
                hold.claims().stream().map(Claim::atomic).map(held -> 0L).toList(),
                Reservation.State.RELEASED);
    }
}
