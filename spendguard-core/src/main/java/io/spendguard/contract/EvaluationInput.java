package io.spendguard.contract;

import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Reason;
import io.spendguard.model.Usage;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one evaluation may look at. Every method must answer the same during one evaluation; which of them are asked
 * depends on the rules, see {@link Contract#readsLedger} and {@link Contract#budgetsRead}.
 */
public interface EvaluationInput {
    /** The action to decide, with everything its scope supplies filled in. */
    Action action();

    /** The decision's time. */
    Instant now();

    /** The most the action may take, at most one amount of each unit; a unit that is not there is unknown, not zero. */
    List<Amount> estimate();

    /** The balances of a budget of this contract, or null when they are unknown: rules that read them then fail. */
    @Nullable
    BudgetBalance budget(String id);

    /** How many actions of the action's run were allowed so far. */
    long runSteps();

    /** How many of the last actions allowed in the action's run were this same one; zero for an action without content. */
    long runRepeats();

    /** The most tokens the action may use, or null when unknown: rules that read them then fail. */
    default @Nullable Usage estimatedUsage() {
        return null;
    }

    /**
     * The reasons that asked for an approval which was given: each of their code and rule asks no more, and changes nothing else.
     * Whatever else matched counts as ever.
     */
    default List<Reason> approved() {
        return List.of();
    }

    /** Further aliases a degrade may name, beside the contract's own. */
    default ModelCatalogue catalogue() {
        return ModelCatalogue.EMPTY;
    }
}
