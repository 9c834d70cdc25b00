package io.spendguard.contract;

import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.types.SimpleType;
import io.spendguard.model.ActionKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds comparisons whose result no action can change: nobody means to write one. */
final class Comparisons {
    private static final List<String> TRIGGERS =
            List.of(ActionKind.values()).stream().map(ActionKind::trigger).toList();

    private Comparisons() {}

    /** What is wrong with a comparison; null when nothing is, or when it is no comparison. */
    static @Nullable String pointless(String function, List<CelExpr> args, Vocabulary vocabulary) {
        if (function.equals("@in")) {
            return args.get(1).getKind() == Kind.LIST
                    ? unknownTrigger(args.get(0), args.get(1).list().elements())
                    : null;
        }
        if (!FunctionNames.COMPARISONS.contains(function)) {
            return null;
        }
        CelExpr left = args.get(0);
        CelExpr right = args.get(1);
        if (left.getKind() == Kind.CONSTANT
                && right.getKind() == Kind.CONSTANT
                && left.constant().getKind() == right.constant().getKind()) {
            return "both sides of '" + FunctionNames.name(function)
                    + "' are written out, so the result is always the same. Compare a field.";
        }
        if (ConditionFacts.text(left).equals(ConditionFacts.text(right))) {
            return "both sides of '" + FunctionNames.name(function)
                    + "' are the same, so the result is always the same. Compare with something else.";
        }
        String trigger = function.equals("_==_") || function.equals("_!=_")
                ? isKind(left) ? unknownTrigger(left, List.of(right)) : unknownTrigger(right, List.of(left))
                : null;
        if (trigger != null) {
            return trigger;
        }
        Long number = ConditionFacts.integer(right);
        if (number != null) {
            return outOfRange(function, left, number, vocabulary);
        }
        number = ConditionFacts.integer(left);
        return number == null ? null : outOfRange(mirrored(function), right, number, vocabulary);
    }

    private static boolean isKind(CelExpr e) {
        return e.getKind() == Kind.IDENT && e.ident().name().equals("action.kind");
    }

    private static @Nullable String unknownTrigger(CelExpr name, List<CelExpr> values) {
        if (!isKind(name)) {
            return null;
        }
        for (CelExpr value : values) {
            String text = ConditionFacts.string(value);
            if (text != null && !TRIGGERS.contains(text)) {
                return "'action.kind' is never '" + Texts.shorten(text, 60) + "'." + Texts.suggestion(text, TRIGGERS);
            }
        }
        return null;
    }

    /** Every number a condition can name is 0 or more. */
    private static @Nullable String outOfRange(String function, CelExpr name, long number, Vocabulary vocabulary) {
        Variable variable =
                name.getKind() == Kind.IDENT ? vocabulary.variable(name.ident().name()) : null;
        if (variable == null || !variable.type().equals(SimpleType.INT)) {
            return null;
        }
        boolean always = switch (function) {
            case "_>=_" -> number <= 0;
            case "_>_", "_!=_" -> number < 0;
            default -> false;
        };
        boolean never = switch (function) {
            case "_<_" -> number <= 0;
            case "_<=_", "_==_" -> number < 0;
            default -> false;
        };
        return always || never
                ? "the comparison is always " + always + ", because the value is never negative."
                        + " Compare with another value."
                : null;
    }

    private static String mirrored(String function) {
        return switch (function) {
            case "_<_" -> "_>_";
            case "_<=_" -> "_>=_";
            case "_>_" -> "_<_";
            case "_>=_" -> "_<=_";
            default -> function;
        };
    }
}
