package io.spendguard.contract;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a contract is asked when somebody tries it out: an action, and how things stand before it.
 *
 * @param action the action
 * @param now when it is decided, or null when that is not said
 * @param runSteps how many actions of its run were allowed so far, or null when that is not said
 * @param runRepeats how many of its run's last actions were this same one, or null when that is not said
 * @param runIsStopped whether a stop has ended its run
 * @param budgets how the action's accounts stand, by budget; those not named are as new
 */
public record Situation(
        Action action,
        @Nullable Instant now,
        @Nullable Long runSteps,
        @Nullable Long runRepeats,
        boolean runIsStopped,
        SortedMap<String, Balances> budgets) {
    /** Copies the map. */
    public Situation {
        Objects.requireNonNull(action, "action");
        budgets = Collections.unmodifiableSortedMap(new TreeMap<>(budgets));
    }

    /** An action, with everything as it was left. */
    public static Situation of(Action action, Instant now) {
        return new Situation(action, now, null, null, false, new TreeMap<>(Map.of()));
    }

    /**
     * Reads a situation from a file of JSON or YAML. Blocks while it reads.
     *
     * @param contract whose budgets it may name
     * @throws ContractException with every fault, or when the file cannot be read
     */
    public static Situation load(Path file, Contract contract) {
        return SituationReader.load(file, contract);
    }

    /** Tells whether nothing but the action and its time is said. */
    public boolean isAsLeft() {
        return saysNothingOfTheRun() && budgets.isEmpty();
    }

    /** Tells whether the action's run, if it has one, is left as it is. */
    public boolean saysNothingOfTheRun() {
        return runSteps == null && runRepeats == null && !runIsStopped;
    }

    /** This one at another time. */
    public Situation at(Instant time) {
        return new Situation(action, time, runSteps, runRepeats, runIsStopped, budgets);
    }

    /**
     * How an account stands; what is null is as in a new account.
     *
     * @param limit what was granted
     * @param spent what was committed
     * @param held what is reserved
     */
    public record Balances(
            @Nullable Amount limit,
            @Nullable Amount spent,
            @Nullable Amount held) {}
}
