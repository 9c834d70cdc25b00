package io.spendguard.spring;

/** Where the auto-configured guard keeps budgets and evidence. */
public enum LedgerKind {
    /** In PostgreSQL, durable. Needs {@code spendguard-jdbc} on the class path. */
    POSTGRES,
    /** In this process's memory: gone when it ends, and unknown to other processes. For trying things out. */
    IN_MEMORY
}
