package io.spendguard.contract;

import dev.cel.common.CelSource;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import java.util.HashMap;
import java.util.Map;

/** Where the parts of one expression were written: reports faults there, and places new parts beside old ones. */
final class ExpressionPlaces {
    private final CelSource source;
    private final Report report;
    private final Map<Long, Integer> added = new HashMap<>();
    private long nextId;
    private int faults;

    /** Takes one fault at a character of the expression. */
    @FunctionalInterface
    interface Report {
        void fault(int offset, String message);
    }

    ExpressionPlaces(CelSource source, Report report) {
        this.source = source;
        this.report = report;
        this.nextId = source.getPositionsMap().keySet().stream()
                        .mapToLong(Long::longValue)
                        .max()
                        .orElse(0)
                + 1;
    }

    /** How many faults were reported. */
    int faults() {
        return faults;
    }

    /** The source with the places of new parts. */
    CelSource source() {
        CelSource.Builder all = source.toBuilder();
        added.forEach(all::addPositions);
        return all.build();
    }

    /** Reports at the first character of a part. */
    void fault(CelExpr e, String message) {
        faults++;
        report.fault(start(e), message);
    }

    /** Reports at an operator itself. */
    void faultAt(CelExpr e, String message) {
        faults++;
        report.fault(offset(e), message);
    }

    private int start(CelExpr e) {
        if (e.getKind() == Kind.SELECT) {
            return start(e.select().operand());
        }
        if (e.getKind() == Kind.CALL && e.call().target().isPresent()) {
            return start(e.call().target().get());
        }
        if (e.getKind() == Kind.CALL && isNamed(e.call().function())) {
            return Math.max(0, offset(e) - e.call().function().length());
        }
        if (e.getKind() == Kind.COMPREHENSION) {
            return start(e.comprehension().iterRange());
        }
        return offset(e);
    }

    /** Functions are positioned at their opening parenthesis; operators, whose names are no words, at the operator. */
    private static boolean isNamed(String function) {
        return Character.isLetter(function.charAt(0));
    }

    private int offset(CelExpr e) {
        return source.getPositionsMap().getOrDefault(e.id(), added.getOrDefault(e.id(), 0));
    }

    /** An id for a new part beside an old one. */
    long freshId(CelExpr near) {
        added.put(nextId, offset(near));
        return nextId++;
    }
}
