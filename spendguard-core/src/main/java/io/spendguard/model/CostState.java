package io.spendguard.model;

/** Who says what a call cost. Each state outranks those before it; within one, what comes later stands. */
public enum CostState {
    /** Nobody counted: what was held. */
    ESTIMATED,
    /** The provider's count of the call. */
    PROVIDER_REPORTED,
    /** The provider's bill. */
    INVOICED
}
