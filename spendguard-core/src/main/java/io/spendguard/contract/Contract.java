package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Digest;
import io.spendguard.model.Effect;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A checked and compiled contract: budgets, and rules over them. Immutable; safe for any number of threads.
 *
 * <p>Loading is strict and reports every fault at once; evaluating is pure and never throws.
 */
public final class Contract {
    private Contract() {}

    /**
     * Reads, checks and compiles a file.
     *
     * @throws ContractException with every fault, or when the file cannot be read
     */
    public static Contract load(Path file) {
        throw new UnsupportedOperationException();
    }

    /**
     * Checks and compiles a document.
     *
     * @param source the document's text
     * @param name what findings call it
     * @throws ContractException with every fault
     */
    public static Contract parse(String source, String name) {
        throw new UnsupportedOperationException();
    }

    /** The contract's name. */
    public String name() {
        throw new UnsupportedOperationException();
    }

    /** The tenant of actions that name none. */
    public Optional<String> tenant() {
        throw new UnsupportedOperationException();
    }

    /** The version as written; empty when the contract gives none. */
    public Optional<String> version() {
        throw new UnsupportedOperationException();
    }

    /** Whether decisions bind. */
    public Mode mode() {
        throw new UnsupportedOperationException();
    }

    /** The budgets, in order of id. */
    public List<Budget> budgets() {
        throw new UnsupportedOperationException();
    }

    /** The rules, highest priority first; those of one priority as written. */
    public List<Rule> rules() {
        throw new UnsupportedOperationException();
    }

    /** The answer when no rule matches. */
    public Effect defaultEffect() {
        throw new UnsupportedOperationException();
    }

    /** The models the contract itself names. */
    public ModelCatalogue catalogue() {
        throw new UnsupportedOperationException();
    }

    /** Members that were accepted and have no effect here, and other things an author should know. */
    public List<Finding> warnings() {
        throw new UnsupportedOperationException();
    }

    /** What the contract means, in canonical JSON: comments, order of keys and quoting do not change it. */
    public JsonObject canonical() {
        throw new UnsupportedOperationException();
    }

    /** SHA-256 of {@link #canonical()}: names this contract in every decision. */
    public Digest digest() {
        throw new UnsupportedOperationException();
    }

    /**
     * Checks what a contract needs of a catalogue.
     *
     * @param catalogue the aliases known beside the contract's own
     * @return faults that forbid enforcing the contract; empty in shadow mode, where nothing is applied
     */
    public List<Finding> check(ModelCatalogue catalogue) {
        throw new UnsupportedOperationException();
    }

    /** {@link #warnings()} and, in shadow mode, what {@link #check} would report in enforce mode. */
    public List<Finding> warnings(ModelCatalogue catalogue) {
        throw new UnsupportedOperationException();
    }

    /** Tells whether a rule for that kind of action reads balances or run state, so that it must see locked rows. */
    public boolean readsLedger(ActionKind kind) {
        throw new UnsupportedOperationException();
    }

    /** The budgets whose balances some rule reads. */
    public Set<String> budgetsRead() {
        throw new UnsupportedOperationException();
    }

    /** The budgets whose balances rules for that kind of action read. */
    public Set<String> budgetsRead(ActionKind kind) {
        throw new UnsupportedOperationException();
    }

    /** Evaluates every rule that applies to the action. Pure; does not block; never throws. */
    public Evaluation evaluate(EvaluationInput input) {
        throw new UnsupportedOperationException();
    }
}
