package io.spendguard.contract;

import dev.cel.common.ast.CelExpr;
import io.spendguard.model.Unit;
import org.jspecify.annotations.Nullable;

/**
 * A rewritten part of an expression.
 *
 * @param expr plain CEL
 * @param unit what it counts in atoms, or null for a plain value
 * @param faulty whether it stands for a part whose fault is reported already
 */
record Typed(CelExpr expr, @Nullable Unit unit, boolean faulty) {
    static Typed plain(CelExpr expr) {
        return new Typed(expr, null, false);
    }
}
