package io.spendguard.ledger;

/** Keeps what shadow mode imagines apart from what enforcement spends: their accounts never meet. */
public enum Namespace {
    /** Real budgets. */
    ENFORCE,
    /** Budgets of contracts that only watch. */
    SHADOW
}
