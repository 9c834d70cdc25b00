package io.spendguard.decision;

import io.spendguard.contract.Budget;
import io.spendguard.contract.KeyPart;
import io.spendguard.contract.ModelRef;
import io.spendguard.contract.OverrunPolicy;
import io.spendguard.contract.WhenKeyMissing;
import io.spendguard.contract.WindowSpec;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Money;
import io.spendguard.model.Period;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import io.spendguard.price.Estimate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which accounts an action claims and how much of each: those of every budget of the contract whose unit the action uses
 * and that applies to it, and of all budgets above these.
 */
final class Claims {
    /*
     * A rolling window is two accounts: one for all time, which has the limit and what counts against it at present, and
     * one for the bucket, which remembers how much of that to give back once the bucket counts no longer. A hold is on both, so
     * that whatever becomes of it stays on the bucket that took it. A bucket's key is no window's: what another contract's
     * calendar windows of the same budget left behind never counted here and is not to be given back.
     */
    private static final String BUCKET = "~bucket";

    private static final int RECENT_ACCOUNTS = 1_024;

    private final List<Budget> budgets;
    private final Map<String, Budget> byId = new HashMap<>();
    private final List<ModelRef> degradedTo;
    private final Set<String> readByRules;
    private final KeyNames names;
    private final boolean hasMoneyBudget;
    private final boolean hasCreditsBudget;
    private final Map<AccountName, Account> recent = new ConcurrentHashMap<>();

    /**
     * Claims of one contract.
     *
     * @param degradedTo the models a degrade may lead to
     * @param readByRules the budgets whose balances rules read
     */
    Claims(List<Budget> budgets, List<ModelRef> degradedTo, Set<String> readByRules, KeyNames names) {
        this.budgets = List.copyOf(budgets);
        this.budgets.forEach(budget -> byId.put(budget.id(), budget));
        this.degradedTo = List.copyOf(degradedTo);
        this.readByRules = Set.copyOf(readByRules);
        this.names = names;
        this.hasMoneyBudget = budgets.stream().map(Claims::unit).anyMatch(Unit::isMoney);
        this.hasCreditsBudget = budgets.stream().map(Claims::unit).anyMatch(Unit::isCredits);
    }

    /** The accounts of all budgets this action can claim or its rules can read at that time, in order of id. */
    List<Account> accounts(Snapshot snapshot, Instant now) {
        Map<AccountId, Account> accounts = new TreeMap<>();
        places(snapshot, now)
                .forEach(place -> place.accounts().forEach(account -> accounts.put(account.id(), account)));
        return List.copyOf(accounts.values());
    }

    /** What earlier accounts left behind that a plan must see. */
    List<Backlog> backlog(Snapshot snapshot, Instant now) {
        List<Backlog> backlog = new ArrayList<>();
        for (Place place : places(snapshot, now)) {
            place.aged(now).ifPresent(backlog::add);
            switch (place.budget().overrunPolicy()) {
                case RECORD_VIOLATION_AND_DEBT -> {
                    // The debt stays where it arose.
                }
                case ABSORB_IN_NEXT_WINDOW, BLOCK_UNTIL_RESOLVED ->
                    backlog.add(new Backlog(place.account(), Backlog.Side.DEBT, now));
            }
        }
        return backlog;
    }

    /** The rows with everything carried over that is due. */
    Carried carry(Snapshot snapshot, LedgerView rows) {
        Carried carried = new Carried(rows);
        for (Place place : places(snapshot, rows.now())) {
            AccountId id = place.account().id();
            if (rows.find(id).isEmpty()) {
                continue;
            }
            if (!owesUntilResolved(place.budget(), carried.account(id))) {
                place.aged(rows.now())
                        .ifPresent(aged -> rows.accounts().stream()
                                .filter(aged::holds)
                                .forEach(bucket -> carried.post(Movements.age(carried.account(id), bucket))));
            }
            if (place.budget().overrunPolicy() == OverrunPolicy.ABSORB_IN_NEXT_WINDOW) {
                absorb(place, carried);
            }
        }
        return carried;
    }

    /** What blocks until an operator has settled it is not settled by time. */
    private static boolean owesUntilResolved(Budget budget, AccountState window) {
        return budget.overrunPolicy() == OverrunPolicy.BLOCK_UNTIL_RESOLVED && window.debt() > 0;
    }

    /** Only into a window nothing was taken of yet, so that it absorbs once. */
    private static void absorb(Place place, Carried carried) {
        AccountState fresh = carried.account(place.account().id());
        if (fresh.spent() > 0 || fresh.held() > 0 || fresh.debt() > 0) {
            return;
        }
        long room = fresh.limit() / 100 * place.budget().absorbPercent()
                + fresh.limit() % 100 * place.budget().absorbPercent() / 100;
        Backlog owed = new Backlog(place.account(), Backlog.Side.DEBT, carried.now());
        for (AccountState earlier : carried.accounts().stream()
                .filter(owed::holds)
                .sorted(Comparator.comparing(state -> state.account().window().from()))
                .toList()) {
            long moved = Math.min(room, Math.min(earlier.debt(), earlier.spent()));
            if (moved > 0) {
                carried.post(Movements.absorb(
                        earlier, carried.account(place.account().id()), moved));
                room -= moved;
            }
        }
    }

    /** The account whose unresolved debt forbids a claim; empty when none does. What a bucket owes its window owes too. */
    Optional<AccountState> blocking(Claim claim, LedgerView rows) {
        if (isBucket(claim.account())
                || budget(claim.account().budgetId()).overrunPolicy() != OverrunPolicy.BLOCK_UNTIL_RESOLVED) {
            return Optional.empty();
        }
        Backlog owed = new Backlog(claim.account(), Backlog.Side.DEBT, rows.now());
        return rows.accounts().stream()
                .filter(state -> owed.holds(state)
                        || (state.account().id().equals(claim.account().id()) && state.debt() > 0))
                .findFirst();
    }

    /** The account of one budget; empty when the action lacks what the budget is kept per. */
    Optional<Account> account(Budget budget, Snapshot snapshot, Instant now) {
        return place(budget, snapshot, snapshot.action(), now).map(Place::account);
    }

    /** Tells whether an account is a rolling window's memory of one bucket, and not a balance of its own. */
    static boolean isBucket(Account account) {
        return !account.window().equals(Period.ALWAYS)
                && (account.key().equals(BUCKET) || account.key().endsWith("/" + BUCKET));
    }

    /** Tells whether an account is a bucket of a rolling window's account. */
    static boolean isBucketOf(Account bucket, Account window) {
        return isBucket(bucket)
                && bucket.budgetId().equals(window.budgetId())
                && bucket.unit().equals(window.unit())
                && bucket.key().equals(bucketKey(window.key()));
    }

    /** The key under which the buckets of a rolling window's account are kept. */
    static String bucketKey(String key) {
        return key.isEmpty() ? BUCKET : key + "/" + BUCKET;
    }

    /** The budget of that id; the contract's check has made sure that there is one. */
    Budget budget(String id) {
        Budget budget = byId.get(id);
        if (budget == null) {
            throw new IllegalStateException("Budget '" + id + "' is not in the contract.");
        }
        return budget;
    }

    /** What the effective action claims, or why that cannot be said. */
    Result of(Snapshot snapshot, Action effective, Estimate estimate, Instant now) {
        Money cost = estimate.cost();
        if (cost != null && hasMoneyBudget && isUnbudgeted(cost.toAmount())) {
            return unbudgeted(cost.toAmount(), "currencies");
        }
        if (hasCreditsBudget) {
            for (Amount charge : effective.charges()) {
                if (isUnbudgeted(charge)) {
                    return unbudgeted(charge, "credits");
                }
            }
        }
        Collection<Budget> claimed = claimed(snapshot, effective);
        if (estimate.problem() != null
                && claimed.stream().anyMatch(budget -> unit(budget).isMoney())) {
            return Result.refused(estimate.problem());
        }
        List<Claim> claims = new ArrayList<>();
        for (Budget budget : claimed) {
            Unit unit = unit(budget);
            Optional<Place> place = place(budget, snapshot, effective, now);
            if (place.isEmpty()) {
                return Result.refused(keyMissing(budget, effective));
            }
            OptionalLong quantity = most(unit, effective, cost, estimate.usage());
            if (quantity.isEmpty()) {
                return Result.refused(Reason.of(
                        ReasonCode.ESTIMATE_UNKNOWN,
                        "Budget '" + budget.id() + "' counts " + unit + ", but the action has no bound on them."
                                + " Set the action's input tokens and output cap."));
            }
            place.get().accounts().forEach(account -> claims.add(new Claim(account, quantity.getAsLong())));
        }
        claims.sort(Comparator.comparing(claim -> claim.account().id()));
        return new Result(claims, null);
    }

    /**
     * The budgets that count the action, and all above them, children first. A budget the action has no key for is left out
     * where it says so, and what is above it is still claimed only through another child.
     */
    private Collection<Budget> claimed(Snapshot snapshot, Action action) {
        Map<String, Budget> claimed = new LinkedHashMap<>();
        for (Budget budget : budgets) {
            if (uses(action, unit(budget))
                    && budget.appliesTo().selects(action)
                    && !isSkipped(budget, snapshot, action)) {
                claimed.put(budget.id(), budget);
            }
        }
        for (Budget child : List.copyOf(claimed.values())) {
            for (Budget above = parent(child); above != null; above = parent(above)) {
                if (!isSkipped(above, snapshot, action)) {
                    claimed.put(above.id(), above);
                }
            }
        }
        return claimed.values();
    }

    private @Nullable Budget parent(Budget budget) {
        return budget.parent() == null ? null : byId.get(budget.parent());
    }

    private boolean isSkipped(Budget budget, Snapshot snapshot, Action action) {
        return budget.whenKeyMissing() == WhenKeyMissing.SKIP_BUDGET
                && key(budget, snapshot, action).isEmpty();
    }

    private static Reason keyMissing(Budget budget, Action action) {
        if (budget.window().perRun() && action.run().isEmpty()) {
            return Reason.of(
                    ReasonCode.BUDGET_KEY_MISSING,
                    "Budget '" + budget.id() + "' is kept per run, but the action names no run."
                            + " Set the action's run or open a scope with one.");
        }
        String missing = budget.per().stream()
                .filter(part -> part.value(action).isEmpty())
                .findFirst()
                .map(KeyPart::toString)
                .orElseThrow();
        return Reason.of(
                ReasonCode.BUDGET_KEY_MISSING,
                "Budget '" + budget.id() + "' is kept per " + missing + ", but the action has none."
                        + " Set it on the action, or give the budget whenKeyMissing: skip_budget.");
    }

    /** Where the action, as asked or as a degrade may make it, can claim or its rules can read. */
    private List<Place> places(Snapshot snapshot, Instant now) {
        Map<AccountId, Place> places = new TreeMap<>();
        List<Action> actions = new ArrayList<>();
        actions.add(snapshot.action());
        if (snapshot.action().kind() == ActionKind.LLM_CALL) {
            degradedTo.forEach(model -> actions.add(snapshot.action().toBuilder()
                    .model(model.provider(), model.model())
                    .build()));
        }
        for (Action action : actions) {
            for (Budget budget : claimed(snapshot, action)) {
                place(budget, snapshot, action, now)
                        .ifPresent(place -> places.put(place.account().id(), place));
            }
        }
        for (String id : readByRules) {
            place(budget(id), snapshot, snapshot.action(), now)
                    .ifPresent(place -> places.put(place.account().id(), place));
        }
        return List.copyOf(places.values());
    }

    private Optional<Place> place(Budget budget, Snapshot snapshot, Action action, Instant now) {
        return key(budget, snapshot, action)
                .map(key -> new Place(
                        budget,
                        account(budget, snapshot, key, budget.window().period(now)),
                        budget.window() instanceof WindowSpec.Rolling rolling
                                ? account(budget, snapshot, bucketKey(key), rolling.bucket(now))
                                : null));
    }

    /** A run's id first, where the window is per run; the empty key where there is nothing to tell apart. */
    private Optional<String> key(Budget budget, Snapshot snapshot, Action action) {
        if (!budget.window().perRun()) {
            return names.key(budget.per(), action, snapshot.tenant());
        }
        return budget.per().isEmpty()
                ? action.run()
                : action.run()
                        .flatMap(run -> names.key(budget.per(), action, snapshot.tenant())
                                .map(key -> KeyNames.escaped(run) + "/" + key));
    }

    /** What a unit's budget is charged for a call that used so much; empty when that is unknown. */
    static OptionalLong quantity(Unit unit, Action action, @Nullable Money cost, @Nullable Usage usage) {
        if (unit.isMoney()) {
            return cost != null && Unit.of(cost.currency()).equals(unit)
                    ? OptionalLong.of(cost.nanos())
                    : OptionalLong.empty();
        }
        if (unit.equals(Unit.CALLS)) {
            return OptionalLong.of(1);
        }
        if (unit.isCredits()) {
            return charge(action, unit);
        }
        return usage == null ? OptionalLong.empty() : usage.tokens(unit);
    }

    /** What tells two requests under one key apart, and nobody else whose they were. */
    Digest request(Snapshot snapshot) {
        return names.request(snapshot.action(), snapshot.tenant());
    }

    /** A free action claims nothing of a money budget, yet names it, so that a price learnt later is charged there. */
    private static OptionalLong most(Unit unit, Action action, @Nullable Money cost, @Nullable Usage usage) {
        if (unit.isMoney() && (cost == null || !Unit.of(cost.currency()).equals(unit))) {
            return OptionalLong.of(0);
        }
        return quantity(unit, action, cost, usage);
    }

    private static boolean uses(Action action, Unit unit) {
        boolean calls = action.kind() == ActionKind.LLM_CALL || action.kind() == ActionKind.TOOL_CALL;
        if (unit.isMoney()) {
            return calls || action.fixedCost().isPresent();
        }
        if (unit.isCredits()) {
            return charge(action, unit).isPresent();
        }
        return unit.equals(Unit.CALLS) ? calls : action.kind() == ActionKind.LLM_CALL;
    }

    /** What the action costs in one programme's credits; empty when it costs none. */
    private static OptionalLong charge(Action action, Unit unit) {
        return action.charges().stream()
                .filter(charge -> charge.unit().equals(unit))
                .mapToLong(Amount::atomic)
                .findFirst();
    }

    private boolean isUnbudgeted(Amount cost) {
        return cost.atomic() > 0 && budgets.stream().map(Claims::unit).noneMatch(cost.unit()::equals);
    }

    private static Result unbudgeted(Amount cost, String what) {
        return Result.refused(Reason.of(
                ReasonCode.ESTIMATE_UNKNOWN,
                "Action costs " + cost + ", but no budget of the contract is kept in " + cost.unit() + ", and " + what
                        + " never convert. Add a budget in " + cost.unit() + "."));
    }

    private static Unit unit(Budget budget) {
        return budget.limit().unit();
    }

    /** The id of an account is a hash, and the same few accounts are asked for all the time. */
    private Account account(Budget budget, Snapshot snapshot, String key, Period window) {
        AccountName name = new AccountName(snapshot.tenant(), snapshot.namespace(), budget.id(), key, window);
        Account known = recent.get(name);
        if (known != null) {
            return known;
        }
        if (recent.size() >= RECENT_ACCOUNTS) {
            recent.clear();
        }
        Account account =
                Account.of(name.tenant(), name.namespace(), name.budgetId(), name.key(), name.window(), unit(budget));
        recent.put(name, account);
        return account;
    }

    /** One budget's account, and its bucket where the window rolls. */
    private record Place(
            Budget budget, Account account, @Nullable Account bucket) {
        List<Account> accounts() {
            return bucket == null ? List.of(account) : List.of(account, bucket);
        }

        /** The buckets whose spend counts no longer; empty where the window does not roll. */
        Optional<Backlog> aged(Instant now) {
            return bucket != null && budget.window() instanceof WindowSpec.Rolling rolling
                    ? Optional.of(new Backlog(bucket, Backlog.Side.SPENT, rolling.countsSince(now)))
                    : Optional.empty();
        }
    }

    /**
     * Claims, or the reason there are none.
     *
     * @param claims the holds in order of account id
     * @param refusal why the action cannot be held for, or null
     */
    record Result(List<Claim> claims, @Nullable Reason refusal) {
        private static Result refused(Reason reason) {
            return new Result(List.of(), reason);
        }
    }

    /** What tells accounts of one contract apart. */
    private record AccountName(String tenant, Namespace namespace, String budgetId, String key, Period window) {}
}
