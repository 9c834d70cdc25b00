package io.spendguard.model;

import java.util.stream.Collectors;

/**
 * A decision that does not let the action run, for callers that must break a framework's call. Carries the decision and
 * no stack trace: frameworks log it at every layer they unwind.
 */
public final class SpendDeniedException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    private final transient Decision decision;

    /** For the decision that refused, or for a degrade the caller does not apply. */
    public SpendDeniedException(Decision decision) {
        super(message(decision));
        this.decision = decision;
    }

    /** The decision behind this; lost when the exception was serialized. */
    public Decision decision() {
        return decision;
    }

    /** Keeps no stack trace. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }

    private static String message(Decision decision) {
        String reasons = decision.reasons().stream().map(Reason::toString).collect(Collectors.joining("; "));
        String remedy = decision.effect() == Effect.DEGRADE ? " Call orThrow(ACCEPT_DEGRADE) and run effective()." : "";
        return "Decision " + decision.decisionId() + " is " + decision.effect()
                + (reasons.isEmpty() ? "." : ": " + reasons) + remedy;
    }
}
