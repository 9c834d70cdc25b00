package io.spendguard.contract;

import dev.cel.common.CelOptions;

/** How conditions are read and run, the same for every part of CEL. */
final class ConditionOptions {
    /** Characters of a condition. */
    static final int MAX_LENGTH = 4_096;

    private static final int MAX_NODES = 500;
    private static final int MAX_DEPTH = 32;
    private static final int MAX_ITERATIONS = 4_096;

    static final CelOptions OPTIONS = CelOptions.current()
            .maxExpressionCodePointSize(MAX_LENGTH)
            .maxParseExpressionNodeCount(MAX_NODES)
            .maxParseRecursionDepth(MAX_DEPTH)
            .comprehensionMaxIterations(MAX_ITERATIONS)
            .enableHeterogeneousNumericComparisons(true)
            .build();

    private ConditionOptions() {}
}
