package io.spendguard.contract;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What must be true for a condition to hold, as far as its parts joined by {@code &&} say it plainly: ranges of numbers,
 * texts a name may be, and parts word by word. What is not understood is left out, so that "impossible" and "implies"
 * are said of certain cases only. Immutable.
 */
final class ConditionFacts {
    private static final String NOT = "!_(";

    /** Between the parts of a denied conjunction: a character no condition can hold outside of quotes. */
    private static final String AND = "\u0000";

    private final Set<String> parts;
    /** Those of the parts that ranges and texts say completely. */
    private final Set<String> stated;

    private final Map<String, Range> ranges;
    private final Map<String, Set<String>> texts;
    private final boolean isFalse;

    /** Whole numbers from least to most, both included; every number a condition can name is 0 or more. */
    private record Range(long least, long most) {
        static final Range ALL = new Range(0, Long.MAX_VALUE);

        Range and(Range other) {
            return new Range(Math.max(least, other.least), Math.min(most, other.most));
        }

        boolean isEmpty() {
            return least > most;
        }

        boolean isWithin(Range other) {
            return least >= other.least && most <= other.most;
        }
    }

    private ConditionFacts(
            Set<String> parts,
            Set<String> stated,
            Map<String, Range> ranges,
            Map<String, Set<String>> texts,
            boolean isFalse) {
        this.parts = parts;
        this.stated = stated;
        this.ranges = ranges;
        this.texts = texts;
        this.isFalse = isFalse;
    }

    static ConditionFacts of(CelExpr condition) {
        ConditionFacts facts = new ConditionFacts(Set.of(), Set.of(), Map.of(), Map.of(), false);
        List<CelExpr> parts = new ArrayList<>();
        split(condition, parts);
        for (CelExpr part : parts) {
            facts = facts.and(ofPart(part));
        }
        return facts;
    }

    /** That a name is one of some texts. */
    static ConditionFacts oneOf(String name, Collection<String> allowed) {
        return new ConditionFacts(Set.of(), Set.of(), Map.of(), Map.of(name, new TreeSet<>(allowed)), false);
    }

    /** Both at once. */
    ConditionFacts and(ConditionFacts other) {
        Set<String> allParts = new LinkedHashSet<>(parts);
        allParts.addAll(other.parts);
        Map<String, Range> allRanges = new HashMap<>(ranges);
        other.ranges.forEach((name, range) -> allRanges.merge(name, range, Range::and));
        Map<String, Set<String>> allTexts = new HashMap<>(texts);
        other.texts.forEach((name, allowed) -> allTexts.merge(name, allowed, ConditionFacts::shared));
        Set<String> allStated = new HashSet<>(stated);
        allStated.addAll(other.stated);
        return new ConditionFacts(allParts, allStated, allRanges, allTexts, isFalse || other.isFalse);
    }

    /** Whether nothing here says that it can never hold. */
    boolean isPossible() {
        return !isFalse
                && ranges.values().stream().noneMatch(Range::isEmpty)
                && texts.values().stream().noneMatch(Set::isEmpty)
                && parts.stream().noneMatch(part -> parts.contains(negated(part)));
    }

    /** Whether the other one certainly holds whenever this one does. */
    boolean implies(ConditionFacts other) {
        if (other.isFalse) {
            return false;
        }
        for (String part : other.parts) {
            if (!parts.contains(part) && !other.stated.contains(part)) {
                return false;
            }
        }
        for (Map.Entry<String, Range> range : other.ranges.entrySet()) {
            if (!ranges.getOrDefault(range.getKey(), Range.ALL).isWithin(range.getValue())) {
                return false;
            }
        }
        for (Map.Entry<String, Set<String>> allowed : other.texts.entrySet()) {
            Set<String> own = texts.get(allowed.getKey());
            if (own == null || !allowed.getValue().containsAll(own)) {
                return false;
            }
        }
        return true;
    }

    /** Whether one of them is the other one's denial, word by word. */
    boolean excludes(ConditionFacts other) {
        return deny(other) || other.deny(this);
    }

    private boolean deny(ConditionFacts other) {
        return parts.stream()
                .filter(part -> part.startsWith(NOT))
                .map(part -> part.substring(NOT.length(), part.length() - 1))
                .anyMatch(denied -> other.parts.containsAll(conjuncts(denied)));
    }

    /** A denied conjunction is kept with its parts apart. */
    private static Set<String> conjuncts(String text) {
        return new HashSet<>(List.of(text.split(AND, -1)));
    }

    private static String negated(String part) {
        return part.startsWith(NOT) ? part.substring(NOT.length(), part.length() - 1) : NOT + part + ")";
    }

    private static Set<String> shared(Set<String> a, Set<String> b) {
        Set<String> both = new TreeSet<>(a);
        both.retainAll(b);
        return both;
    }

    private static void split(CelExpr e, List<CelExpr> parts) {
        if (isCall(e, "_&&_")) {
            e.call().args().forEach(arg -> split(arg, parts));
        } else {
            parts.add(e);
        }
    }

    private static ConditionFacts ofPart(CelExpr part) {
        if (part.getKind() == Kind.CONSTANT && part.constant().getKind() == CelConstant.Kind.BOOLEAN_VALUE) {
            return new ConditionFacts(
                    Set.of(), Set.of(), Map.of(), Map.of(), !part.constant().booleanValue());
        }
        Map<String, Range> ranges = new HashMap<>();
        Map<String, Set<String>> texts = new HashMap<>();
        if (part.getKind() == Kind.CALL && part.call().args().size() == 2) {
            comparison(part.call(), ranges, texts);
        }
        Set<String> words = Set.of(text(part));
        boolean isStated = !ranges.isEmpty() || !texts.isEmpty();
        return new ConditionFacts(words, isStated ? words : Set.of(), ranges, texts, false);
    }

    private static void comparison(CelCall call, Map<String, Range> ranges, Map<String, Set<String>> texts) {
        CelExpr left = call.args().get(0);
        CelExpr right = call.args().get(1);
        String function = call.function();
        if (function.equals("@in") && right.getKind() == Kind.LIST && left.getKind() != Kind.CONSTANT) {
            Set<String> allowed = new TreeSet<>();
            for (CelExpr element : right.list().elements()) {
                String text = string(element);
                if (text == null) {
                    return;
                }
                allowed.add(text);
            }
            texts.put(text(left), allowed);
            return;
        }
        if (string(right) != null || string(left) != null) {
            CelExpr name = string(right) != null ? left : right;
            String text = string(right) != null ? string(right) : string(left);
            if (function.equals("_==_") && text != null && name.getKind() != Kind.CONSTANT) {
                texts.put(text(name), new TreeSet<>(Set.of(text)));
            }
            return;
        }
        Long number = integer(right);
        CelExpr name = left;
        if (number == null) {
            number = integer(left);
            name = right;
            function = mirrored(function);
        }
        if (number == null || name.getKind() != Kind.IDENT) {
            return;
        }
        Range range = range(function, number);
        if (range != null) {
            ranges.put(name.ident().name(), range.and(Range.ALL));
        }
    }

    private static @Nullable Range range(String function, long number) {
        return switch (function) {
            case "_==_" -> new Range(number, number);
            case "_<=_" -> new Range(0, number);
            case "_<_" -> new Range(0, number == Long.MIN_VALUE ? number : number - 1);
            case "_>=_" -> new Range(number, Long.MAX_VALUE);
            case "_>_" -> number == Long.MAX_VALUE ? new Range(1, 0) : new Range(number + 1, Long.MAX_VALUE);
            default -> null;
        };
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

    static @Nullable Long integer(CelExpr e) {
        return e.getKind() == Kind.CONSTANT && e.constant().getKind() == CelConstant.Kind.INT64_VALUE
                ? (Long) e.constant().int64Value()
                : null;
    }

    static @Nullable String string(CelExpr e) {
        return e.getKind() == Kind.CONSTANT && e.constant().getKind() == CelConstant.Kind.STRING_VALUE
                ? e.constant().stringValue()
                : null;
    }

    private static boolean isCall(CelExpr e, String function) {
        return e.getKind() == Kind.CALL && e.call().function().equals(function);
    }

    /** The expression word by word: equal texts mean equal values. */
    static String text(CelExpr e) {
        return switch (e.getKind()) {
            case CONSTANT -> e.constant().getKind() + ":" + e.constant();
            case IDENT -> e.ident().name();
            case SELECT ->
                text(e.select().operand()) + "." + e.select().field()
                        + (e.select().testOnly() ? "?" : "");
            case CALL -> call(e);
            case LIST ->
                e.list().elements().stream().map(ConditionFacts::text).toList().toString();
            case MAP ->
                e.map().entries().stream()
                        .map(entry -> text(entry.key()) + "=" + text(entry.value()))
                        .toList()
                        .toString();
            case COMPREHENSION ->
                "loop(" + e.comprehension().iterVar() + "," + e.comprehension().iterVar2() + ","
                        + text(e.comprehension().iterRange()) + ","
                        + e.comprehension().accuVar() + ","
                        + text(e.comprehension().accuInit()) + ","
                        + text(e.comprehension().loopCondition()) + ","
                        + text(e.comprehension().loopStep()) + ","
                        + text(e.comprehension().result()) + ")";
            case STRUCT, NOT_SET -> "?" + e.id();
        };
    }

    private static String call(CelExpr e) {
        if (isCall(e, "!_")) {
            List<CelExpr> denied = new ArrayList<>();
            split(e.call().args().get(0), denied);
            return NOT
                    + String.join(AND, denied.stream().map(ConditionFacts::text).toList()) + ")";
        }
        String target = e.call().target().map(t -> text(t) + ".").orElse("");
        return target
                + e.call().function()
                + e.call().args().stream().map(ConditionFacts::text).toList();
    }
}
