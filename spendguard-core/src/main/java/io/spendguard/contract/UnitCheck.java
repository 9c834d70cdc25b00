package io.spendguard.contract;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import io.spendguard.model.Unit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says which unit an operator's result counts, and refuses the operators amounts do not have. */
final class UnitCheck {
    private final ExpressionPlaces places;

    UnitCheck(ExpressionPlaces places) {
        this.places = places;
    }

    /** The unit of an operator's result. Amounts meet only amounts of their unit, or a whole factor. */
    @Nullable
    Unit ofOperator(CelExpr e, String operator, List<Typed> args) {
        if (args.stream().allMatch(arg -> arg.unit() == null)) {
            return null;
        }
        if (operator.equals("_?_:_")) {
            requirePlain(e.call().args().get(0), args.get(0));
            return sameUnit(e, args.get(1), args.get(2));
        }
        if (FunctionNames.COMPARISONS.contains(operator)) {
            sameUnit(e, args.get(0), args.get(1));
            return null;
        }
        if (operator.equals("_+_") || operator.equals("_-_")) {
            return sameUnit(e, args.get(0), args.get(1));
        }
        if (operator.equals("_*_") && args.stream().anyMatch(arg -> arg.unit() == null)) {
            Typed factor = args.get(0).unit() == null ? args.get(0) : args.get(1);
            if (factor.expr().getKind() == Kind.CONSTANT
                    && factor.expr().constant().getKind() == CelConstant.Kind.DOUBLE_VALUE) {
                places.faultAt(
                        e,
                        "an amount is multiplied by whole numbers only."
                                + " Write spent * 10 >= limit * 8 instead of spent >= limit * 0.8.");
            }
            return args.get(0).unit() != null ? args.get(0).unit() : args.get(1).unit();
        }
        noUnits(e.call().args(), args);
        return null;
    }

    /** The unit two parts share; a fault at the part that joins them when they share none. */
    @Nullable
    Unit sameUnit(CelExpr e, Typed left, Typed right) {
        if (left.faulty() || right.faulty()) {
            return left.faulty() ? right.unit() : left.unit();
        }
        if (left.unit() == null || right.unit() == null) {
            Unit unit = left.unit() == null ? right.unit() : left.unit();
            String literal = unit != null && unit.isMoney()
                    ? "money(\"20.00\", \"" + unit + "\")"
                    : "amount(\"20 " + unit + "\")";
            places.faultAt(
                    e, "an amount of " + unit + " meets a plain value. Write an amount, such as " + literal + ".");
        } else if (!left.unit().equals(right.unit())) {
            places.faultAt(
                    e,
                    "an amount of " + left.unit() + " meets one of " + right.unit()
                            + ": units never convert. Compare amounts of one unit.");
        }
        return left.unit() == null ? right.unit() : left.unit();
    }

    /** No unit: a fault at the first part that has one. */
    @Nullable
    Unit noUnits(List<CelExpr> written, List<Typed> args) {
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).unit() != null) {
                requirePlain(written.get(i), args.get(i));
                return null;
            }
        }
        return null;
    }

    /** A fault at a part that is an amount. */
    void requirePlain(CelExpr written, Typed typed) {
        if (typed.unit() != null) {
            places.fault(
                    written,
                    "an amount of " + typed.unit()
                            + " cannot be used so. Amounts can be compared, added, subtracted and multiplied by a whole number.");
        }
    }
}
