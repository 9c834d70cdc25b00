package io.spendguard.contract;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;

/**
 * Plans checked conditions. Apart from the compiler so that the two load beside each other: each takes some 300 ms in a
 * new JVM, whatever it is then used for.
 */
final class ConditionRuntime {
    private static final CelRuntime RUNTIME = CelRuntimeFactory.plannerRuntimeBuilder()
            .setOptions(ConditionOptions.OPTIONS)
            .build();

    private ConditionRuntime() {}

    static CelRuntime.Program plan(CelAbstractSyntaxTree checked) throws CelEvaluationException {
        return RUNTIME.createProgram(checked);
    }
}
