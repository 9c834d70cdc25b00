package io.spendguard.spring;

import io.spendguard.model.Money;
import io.spendguard.trace.Scope;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration says about actions.
 *
 * @param defaults for whom calls are made that do not say so
 * @param toolAdmission see {@link ToolAdmission}
 * @param toolCosts what one call of a tool costs, by name; other tools cost nothing themselves
 * @param tokensPerMedia how many input tokens an image or another attachment counts as; null when unknown
 */
record GateSettings(
        Scope defaults,
        ToolAdmission toolAdmission,
        Map<String, Money> toolCosts,
        @Nullable Long tokensPerMedia) {
    static final GateSettings DEFAULTS = new GateSettings(Scope.EMPTY, ToolAdmission.STOP_ONLY, Map.of(), null);

    GateSettings {
        toolCosts = Map.copyOf(toolCosts);
    }
}
