/**
 * The nouns every layer speaks: actions, decisions, permits, usage, money, units, ids and exceptions.
 * Depends on nothing of ours; start reading at {@link io.spendguard.model.Action} and {@link io.spendguard.model.Decision}.
 */
@NullMarked
package io.spendguard.model;

import org.jspecify.annotations.NullMarked;
