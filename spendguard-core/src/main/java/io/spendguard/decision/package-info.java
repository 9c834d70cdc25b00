/**
 * Layer D: the eight stages from an action to a recorded answer and its settlement.
 * Start reading at {@link io.spendguard.decision.DecisionEngine}, which names the stages in order.
 */
@NullMarked
package io.spendguard.decision;

import org.jspecify.annotations.NullMarked;
