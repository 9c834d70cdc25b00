package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractCase;
import io.spendguard.contract.ContractCase.Expectation;
import io.spendguard.contract.ContractCase.Step;
import io.spendguard.contract.ContractCase.Then;
import io.spendguard.contract.ContractCases;
import io.spendguard.contract.Finding;
import io.spendguard.contract.Rule;
import io.spendguard.contract.Situation;
import io.spendguard.decision.Rehearsal;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Patch;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.price.PriceBook;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Rehearses the cases of one contract and keeps what came otherwise than expected, and which rules matched. */
final class CaseRun {
    private final Contract contract;
    private final ContractCases cases;
    private final PriceBook prices;
    private final List<Finding> failures = new ArrayList<>();
    private final Set<String> matched = new TreeSet<>();
    private int failedCases;

    private CaseRun(Contract contract, ContractCases cases, PriceBook prices) {
        this.contract = contract;
        this.cases = cases;
        this.prices = prices;
    }

    static CaseRun of(Contract contract, ContractCases cases, PriceBook prices) {
        CaseRun run = new CaseRun(contract, cases, prices);
        for (ContractCase one : cases.cases()) {
            int before = run.failures.size();
            run.rehearse(one);
            run.failedCases += run.failures.size() > before ? 1 : 0;
        }
        return run;
    }

    /** What came otherwise, at the place where it was expected. */
    List<Finding> failures() {
        return List.copyOf(failures);
    }

    int failedCases() {
        return failedCases;
    }

    int ruleCount() {
        return contract.rules().size();
    }

    /** The rules no case matched, in order of priority. */
    List<String> uncovered() {
        return contract.rules().stream()
                .map(Rule::id)
                .filter(id -> !matched.contains(id))
                .toList();
    }

    /** Rules that some case matched, in percent, rounded down; 100 where there are none. */
    int coveragePercent() {
        return ruleCount() == 0 ? 100 : (ruleCount() - uncovered().size()) * 100 / ruleCount();
    }

    /** Until the first step that comes otherwise: after it nothing stands as the case has it. */
    private void rehearse(ContractCase one) {
        Instant start = Objects.requireNonNull(one.steps().get(0).situation().now());
        try (Rehearsal rehearsal = Rehearsal.of(contract, prices, start)) {
            for (int i = 0; i < one.steps().size(); i++) {
                String subject = "case '" + one.name() + "'" + (one.steps().size() == 1 ? "" : ", step " + (i + 1));
                if (!rehearse(one.steps().get(i), subject, rehearsal)) {
                    return;
                }
            }
        }
    }

    private boolean rehearse(Step step, String subject, Rehearsal rehearsal) {
        for (int i = 1; i <= step.repeat(); i++) {
            String which = step.repeat() == 1 ? subject : subject + ", time " + i + " of " + step.repeat();
            int before = failures.size();
            try {
                Rehearsal.Answer answer = rehearsal.decide(situation(step, i, rehearsal.now()));
                matched.addAll(answer.matchedRules());
                compare(step.expectation(), answer, which);
                answer.permit().ifPresent(permit -> settle(permit, step.then()));
            } catch (IllegalArgumentException refused) {
                fail(step.expectation(), which, "cannot be rehearsed. " + refused.getMessage());
            }
            if (failures.size() > before) {
                return false;
            }
        }
        return true;
    }

    /** Each repetition is an action of its own: the same one decided again would be a retry. */
    private static Situation situation(Step step, int time, Instant before) {
        Situation first = step.situation();
        if (time == 1 && first.now() != null) {
            return first;
        }
        Instant now = before.plus(step.after());
        return time == 1
                ? first.at(now)
                : Situation.of(
                        first.action().toBuilder()
                                .key(first.action().key() + "#" + time)
                                .build(),
                        now);
    }

    private static void settle(Permit permit, Then then) {
        switch (then.kind()) {
            case COMMIT -> {
                if (then.cost() != null) {
                    permit.commit(then.cost());
                } else if (then.usage() != null) {
                    permit.commit(then.usage());
                }
            }
            case RELEASE -> permit.release("released by the case");
            case HOLD -> {
                // The hold stands.
            }
        }
    }

    private void compare(Expectation expected, Rehearsal.Answer answer, String which) {
        List<String> reasons =
                answer.reasons().stream().map(reason -> reason.code().value()).toList();
        if (expected.outcome() != answer.effect()) {
            fail(
                    expected,
                    which,
                    "'outcome' is " + RehearsedAnswer.name(answer.effect()) + ", not "
                            + RehearsedAnswer.name(expected.outcome()) + ". " + why(answer.reasons()));
        }
        if (expected.reasons() != null && !expected.reasons().equals(reasons)) {
            fail(
                    expected,
                    which,
                    "'reasons' are " + reasons + ", not " + expected.reasons() + ". " + why(answer.reasons()));
        }
        if (expected.matched() != null && !expected.matched().equals(new TreeSet<>(answer.matchedRules()))) {
            fail(expected, which, "'matched' is " + answer.matchedRules() + ", not " + expected.matched() + ".");
        }
        SortedMap<String, String> patch = new TreeMap<>();
        for (Patch.Change change : answer.patch().changes()) {
            patch.put(RehearsedAnswer.name(change.target()), change.to());
        }
        if (expected.patch() != null && !expected.patch().equals(patch)) {
            fail(expected, which, "'patch' is " + patch + ", not " + expected.patch() + ".");
        }
        if (expected.holds() != null) {
            Map<String, String> held = new TreeMap<>();
            for (Claim claim : answer.claims()) {
                held.put(claim.account().budgetId(), claim.amount().toString());
            }
            expected.holds().forEach((budget, amount) -> {
                String actual = held.getOrDefault(budget, "nothing");
                if (!actual.equals(amount.toString())) {
                    fail(expected, which, "'holds' has " + actual + " of budget '" + budget + "', not " + amount + ".");
                }
            });
        }
    }

    private static String why(List<Reason> reasons) {
        return reasons.isEmpty()
                ? "No rule matched."
                : "Because: " + RehearsedAnswer.withoutHashes(reasons.get(0).toString());
    }

    private void fail(Expectation expected, String which, String message) {
        failures.add(new Finding(cases.file(), expected.line(), expected.column(), which, message));
    }
}
