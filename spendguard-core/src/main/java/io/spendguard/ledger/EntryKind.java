package io.spendguard.ledger;

/**
 * The side of an account an entry moves. Entries are signed; in one posting they sum to zero for each account.
 *
 * <p>Limit of L: ADJUSTMENT −L, AVAILABLE +L. Grant of G: GRANT −G, AVAILABLE +G. Hold of x: AVAILABLE −x, HELD +x. Commit of a from a hold of x: HELD −x,
 * SPENT +a, AVAILABLE +(x−a); where a exceeds x, AVAILABLE gives what it has and DEBT −rest carries the remainder. Whatever
 * would become AVAILABLE pays DEBT first, so that an account in debt has nothing available.
 */
public enum EntryKind {
    /** What may still be held. */
    AVAILABLE,
    /** What is reserved. */
    HELD,
    /** What was spent. */
    SPENT,
    /** What was spent beyond the limit; its balance is negative. */
    DEBT,
    /** Where contracts' limits come from; its balance is that limit, negated. */
    ADJUSTMENT,
    /** Where operators' grants and transfers come from or go to; its balance is their sum, negated. */
    GRANT
}
