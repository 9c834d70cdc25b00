package io.spendguard.spring;

/** Marks our decorators, so that nothing is wrapped twice and a failed injection can be explained. */
interface GuardedBean {
    /** What is behind the guard. */
    Object guarded();
}
