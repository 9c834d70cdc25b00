/**
 * Layer D: the eight stages from an action to a recorded answer and its settlement; what operators do to accounts and
 * settled costs, and what is read back from the events of it.
 * Start reading at {@link io.spendguard.decision.DecisionEngine}, which names the stages in order.
 */
@NullMarked
package io.spendguard.decision;

import org.jspecify.annotations.NullMarked;
