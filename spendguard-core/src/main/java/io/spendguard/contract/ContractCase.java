package io.spendguard.contract;

import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Actions decided one after the other in a ledger of their own, and what is expected of each.
 *
 * @param name what reports call it
 * @param steps the actions, at least one
 */
public record ContractCase(String name, List<Step> steps) {
    /** Copies the list. */
    public ContractCase {
        Objects.requireNonNull(name, "name");
        steps = List.copyOf(steps);
    }

    /**
     * One action, or the same one several times.
     *
     * @param situation the action; how things stand before it is said in the first step alone
     * @param after how much time passes before it
     * @param repeat how many times it is decided, each time anew and with the same expectation; 1 or more
     * @param expectation what is expected
     * @param then what becomes of the hold of an allowed one
     */
    public record Step(Situation situation, Duration after, int repeat, Expectation expectation, Then then) {
        /** Checks that every part is present. */
        public Step {
            Objects.requireNonNull(situation, "situation");
            Objects.requireNonNull(after, "after");
            Objects.requireNonNull(expectation, "expectation");
            Objects.requireNonNull(then, "then");
        }
    }

    /**
     * What is expected of one answer; what is null is not compared.
     *
     * @param line where that is written, from 1
     * @param column where that is written, from 1
     * @param outcome the answer
     * @param reasons the codes of its reasons, all of them in order
     * @param matched the rules that match, all of them
     * @param patch what a degrade changes: the new values by target, all of them
     * @param holds what is held on these budgets, others aside
     */
    public record Expectation(
            int line,
            int column,
            Effect outcome,
            @Nullable List<String> reasons,
            @Nullable SortedSet<String> matched,
            @Nullable SortedMap<String, String> patch,
            @Nullable SortedMap<String, Amount> holds) {
        /** Copies the collections. */
        public Expectation {
            Objects.requireNonNull(outcome, "outcome");
            reasons = reasons == null ? null : List.copyOf(reasons);
            matched = matched == null ? null : Collections.unmodifiableSortedSet(new TreeSet<>(matched));
            patch = patch == null ? null : Collections.unmodifiableSortedMap(new TreeMap<>(patch));
            holds = holds == null ? null : Collections.unmodifiableSortedMap(new TreeMap<>(holds));
        }
    }

    /**
     * What becomes of a hold.
     *
     * @param kind what is done
     * @param cost what is committed, or null
     * @param usage what is committed, or null
     */
    public record Then(
            Kind kind, @Nullable Money cost, @Nullable Usage usage) {
        /** The action cost what it could at most. */
        public static final Then COMMIT_ESTIMATE = new Then(Kind.COMMIT, null, Usage.unknown());

        /** What is done with a hold. */
        public enum Kind {
            /** It is committed at a cost or a usage. */
            COMMIT,
            /** It is given back. */
            RELEASE,
            /** It stands. */
            HOLD
        }
    }
}
