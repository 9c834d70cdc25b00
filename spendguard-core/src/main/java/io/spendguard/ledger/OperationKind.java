package io.spendguard.ledger;

/** The kinds of operation; with tenant and key, the kind identifies an operation for idempotency. */
public enum OperationKind {
    /** Activates a contract: sets budgets' limits. */
    ACTIVATE,
    /** Decides an action: takes holds or records a refusal. */
    DECIDE,
    /** Commits or releases a hold. */
    SETTLE,
    /** Ends a hold that nobody settled in time. */
    EXPIRE,
    /** Makes an open hold longer or larger. */
    EXTEND,
    /** Commits part of an open hold, taking more where the hold does not cover it. */
    COMMIT_PART,
    /** Gives to an account beside its budget's limit. */
    GRANT,
    /** Moves part of a limit from one account to another. */
    TRANSFER,
    /** Posts the difference between what was recorded of a call and what is known of it by now. */
    CORRECT,
    /** Carries a changed limit to accounts that were open when it changed. */
    CARRY,
    /** Closes a period of evidence: what is exported up to there may be dropped. */
    CLOSE,
    /** States that a key is revoked. */
    REVOKE,
    /** Approves or denies a decision that asked for it; its key is the decision's, so that each is resolved once. */
    APPROVE
}
