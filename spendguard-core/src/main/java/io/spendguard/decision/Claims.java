package io.spendguard.decision;

import io.spendguard.contract.Budget;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.Period;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Unit;
import io.spendguard.model.Usage;
import io.spendguard.price.Estimate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Which accounts an action claims and how much of each: every budget of the contract whose unit the action uses. */
final class Claims {
    private final List<Budget> budgets;
    private final boolean hasMoneyBudget;
    private final boolean hasCreditsBudget;

    Claims(List<Budget> budgets) {
        this.budgets = List.copyOf(budgets);
        this.hasMoneyBudget = budgets.stream().map(Claims::unit).anyMatch(Unit::isMoney);
        this.hasCreditsBudget = budgets.stream().map(Claims::unit).anyMatch(Unit::isCredits);
    }

    /** The accounts of all budgets this action can claim or its rules can read at that time, in order of id. */
    List<Account> accounts(Snapshot snapshot, Instant now) {
        return budgets.stream()
                .map(budget -> account(budget, snapshot, now))
                .flatMap(Optional::stream)
                .sorted(Comparator.comparing(Account::id))
                .toList();
    }

    /** The account of one budget; empty when it is kept per run and the action belongs to none. */
    Optional<Account> account(Budget budget, Snapshot snapshot, Instant now) {
        if (budget.window().perRun()) {
            return snapshot.action().run().map(run -> account(budget, snapshot, run, Period.ALWAYS));
        }
        return Optional.of(account(budget, snapshot, "", budget.window().period(now)));
    }

    /** The budget of that id; the contract's check has made sure that there is one. */
    Budget budget(String id) {
        return budgets.stream()
                .filter(budget -> budget.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("Budget '" + id + "' is not in the contract."));
    }

    /** What the effective action claims, or why that cannot be said. */
    Result of(Snapshot snapshot, Action effective, Estimate estimate, Instant now) {
        if (hasMoneyBudget && estimate.problem() != null) {
            return Result.refused(estimate.problem());
        }
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
        List<Claim> claims = new ArrayList<>();
        for (Budget budget : budgets) {
            Unit unit = unit(budget);
            if (!uses(effective, unit)) {
                continue;
            }
            Optional<Account> account = account(budget, snapshot, now);
            if (account.isEmpty()) {
                return Result.refused(Reason.of(
                        ReasonCode.BUDGET_KEY_MISSING,
                        "Budget '" + budget.id() + "' is kept per run, but the action names no run."
                                + " Set the action's run or open a scope with one."));
            }
            OptionalLong quantity = most(unit, effective, cost, estimate.usage());
            if (quantity.isEmpty()) {
                return Result.refused(Reason.of(
                        ReasonCode.ESTIMATE_UNKNOWN,
                        "Budget '" + budget.id() + "' counts " + unit + ", but the action has no bound on them."
                                + " Set the action's input tokens and output cap."));
            }
            claims.add(new Claim(account.get(), quantity.getAsLong()));
        }
        claims.sort(Comparator.comparing(claim -> claim.account().id()));
        return new Result(claims, null);
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
        if (usage == null) {
            return OptionalLong.empty();
        }
        if (unit.equals(Unit.INPUT_TOKENS)) {
            return usage.inputTokens();
        }
        if (unit.equals(Unit.OUTPUT_TOKENS)) {
            return usage.outputTokens();
        }
        return usage.isComplete()
                ? OptionalLong.of(Math.addExact(
                        usage.inputTokens().orElseThrow(), usage.outputTokens().orElseThrow()))
                : OptionalLong.empty();
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

    private static Account account(Budget budget, Snapshot snapshot, String key, Period window) {
        return Account.of(
                snapshot.tenant(),
                snapshot.namespace(),
                budget.id(),
                key,
                window,
                budget.limit().unit());
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
}
