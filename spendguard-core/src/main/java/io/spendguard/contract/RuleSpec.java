package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Scalar;
import org.jspecify.annotations.Nullable;

/**
 * A rule as read, with the places findings about it refer to.
 *
 * @param rule the rule, or null when a part of it has faults: its condition is checked all the same
 * @param path such as {@code rules[2]}
 * @param conditionPath such as {@code rules[2].when}
 * @param condition the condition as written
 * @param position where the rule stands
 * @param aliasPosition where a degrade names its model
 */
record RuleSpec(
        @Nullable Rule rule,
        String path,
        String conditionPath,
        Scalar condition,
        Position position,
        Position aliasPosition) {}
