package io.spendguard.contract;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSource;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelExpr.CelMap;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Turns a parsed expression of the contract language into plain typed CEL: paths become typed variables, amounts become
 * integers of their unit's atoms, and what the language does not allow becomes a finding.
 */
final class ExpressionRewriter {
    static final String POISON = "faulty part";

    /*
     * Units are checked here and not by CEL's checker: every node comes back with the unit it counts, or none, and an
     * amount is accepted nowhere but in the few places listed in call(). After that check nothing needs the units any
     * more, so amounts run as CEL's integers, whose overflow is an error. A faulty part is replaced by a variable of
     * no particular type, so that one pass finds the other faults too; a rule with findings is never compiled.
     */

    private static final int MAX_LOOPS = 2;
    private static final Set<String> COMPARISONS = Set.of("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_");
    private static final Set<String> OPERATORS = Set.of(
            "_&&_",
            "_||_",
            "!_",
            "_?_:_",
            "_+_",
            "_-_",
            "_*_",
            "_/_",
            "_%_",
            "-_",
            "_[_]",
            "@in",
            "@not_strictly_false");
    private static final List<String> FUNCTIONS = List.of(
            "size",
            "contains",
            "startsWith",
            "endsWith",
            "int",
            "double",
            "string",
            "bool",
            "timestamp",
            "duration",
            "getFullYear",
            "getMonth",
            "getDate",
            "getDayOfMonth",
            "getDayOfWeek",
            "getDayOfYear",
            "getHours",
            "getMinutes",
            "getSeconds",
            "getMilliseconds");
    private static final List<String> OWN_FUNCTIONS =
            List.of("budget", "money", "amount", "has", "exists", "get", "coalesce");
    private static final List<String> MACROS = List.of("all", "exists", "exists_one", "map", "filter");

    private final Vocabulary vocabulary;
    private final CelSource source;
    private final Report report;
    private final Literals literals;
    private final Map<Long, Integer> addedPositions = new HashMap<>();
    private final Set<String> budgetsRead = new TreeSet<>();
    private boolean runStateRead;
    private long nextId;
    private int faults;

    /** Takes one fault at a character of the expression. */
    @FunctionalInterface
    interface Report {
        void fault(int offset, String message);
    }

    /** Runs a call whose arguments are all literals. */
    @FunctionalInterface
    interface Literals {
        /** Tells whether it fails, which it then does for every action. */
        boolean fails(CelExpr call);
    }

    /** A rewritten node, and what it counts; null for a plain value. */
    private record Typed(CelExpr expr, @Nullable Unit unit, boolean faulty) {
        static Typed plain(CelExpr expr) {
            return new Typed(expr, null, false);
        }
    }

    ExpressionRewriter(Vocabulary vocabulary, CelSource source, Literals literals, Report report) {
        this.vocabulary = vocabulary;
        this.source = source;
        this.literals = literals;
        this.report = report;
        this.nextId = source.getPositionsMap().keySet().stream()
                        .mapToLong(Long::longValue)
                        .max()
                        .orElse(0)
                + 1;
    }

    CelAbstractSyntaxTree rewrite(CelExpr parsed) {
        Typed root = walk(parsed, Set.of(), 0);
        if (root.unit != null) {
            root = poison(
                    parsed, "the condition is an amount of " + root.unit + ", neither true nor false. Compare it.");
        }
        CelSource.Builder positions = source.toBuilder();
        addedPositions.forEach(positions::addPositions);
        return CelAbstractSyntaxTree.newParsedAst(root.expr, positions.build());
    }

    Set<String> budgetsRead() {
        return budgetsRead;
    }

    boolean runStateRead() {
        return runStateRead;
    }

    private Typed walk(CelExpr e, Set<String> locals, int loops) {
        return switch (e.getKind()) {
            case CONSTANT -> Typed.plain(e);
            case IDENT -> ident(e, locals);
            case SELECT -> select(e, locals, loops);
            case CALL -> call(e, locals, loops);
            case LIST -> list(e, locals, loops);
            case MAP -> map(e, locals, loops);
            case COMPREHENSION -> comprehension(e, locals, loops);
            case STRUCT, NOT_SET -> poison(e, "messages cannot be built here. Compare plain values.");
        };
    }

    private Typed ident(CelExpr e, Set<String> locals) {
        String name = e.ident().name();
        if (locals.contains(name) || name.equals("labels") || name.equals("now")) {
            return Typed.plain(e);
        }
        if (Vocabulary.ROOTS.contains(name)) {
            return poison(
                    e,
                    "'" + name + "' is no value. Read one of its fields: " + String.join(", ", vocabulary.fields(name))
                            + ".");
        }
        return poison(e, "unknown name '" + name + "'." + Texts.suggestion(name, Vocabulary.ROOTS));
    }

    private Typed select(CelExpr e, Set<String> locals, int loops) {
        CelExpr operand = e.select().operand();
        String field = e.select().field();
        if (isRoot(operand, locals)) {
            return path(e, operand.ident().name(), field);
        }
        if (isCall(operand, "budget")) {
            return budgetMember(e, operand, field);
        }
        if (field.equals("amountMicros")) {
            return micros(e, operand, locals, loops);
        }
        Typed inner = walk(operand, locals, loops);
        if (inner.unit != null) {
            return poison(
                    e, "unknown field '" + field + "' of an amount of " + inner.unit + ". Compare the amount itself.");
        }
        return inner.faulty
                ? poisoned(e)
                : Typed.plain(
                        CelExpr.ofSelect(e.id(), inner.expr, field, e.select().testOnly()));
    }

    private static boolean isRoot(CelExpr e, Set<String> locals) {
        return e.getKind() == Kind.IDENT
                && !locals.contains(e.ident().name())
                && Vocabulary.ROOTS.contains(e.ident().name())
                && !e.ident().name().equals("labels")
                && !e.ident().name().equals("now");
    }

    private static boolean isCall(CelExpr e, String function) {
        return e.getKind() == Kind.CALL
                && e.call().target().isEmpty()
                && e.call().function().equals(function);
    }

    private Typed path(CelExpr e, String root, String field) {
        String name = root + "." + field;
        Variable variable = vocabulary.variable(name);
        if (variable != null) {
            return read(e.id(), variable);
        }
        if (name.equals("estimate.cost")) {
            return poison(
                    e,
                    vocabulary.currencies().isEmpty()
                            ? "'estimate.cost' has no currency, because the contract has no money budget. Add one."
                            : "'estimate.cost' could be in any of " + vocabulary.currencies()
                                    + ". Keep budgets of one currency in a contract.");
        }
        return poison(e, "unknown field '" + name + "'." + Texts.suggestion(name, vocabulary.fields(root)));
    }

    private Typed read(long id, Variable variable) {
        String budget = variable.reads().budget();
        if (budget != null) {
            budgetsRead.add(budget);
        }
        runStateRead |= variable.reads().runState();
        return new Typed(CelExpr.ofIdent(id, variable.name()), variable.unit(), false);
    }

    private @Nullable String budgetId(CelExpr call) {
        String id = onlyText(call);
        if (id == null) {
            fault(call, "budget() takes the id of a budget in quotes, such as budget(\"daily\"). Write the id itself.");
            return null;
        }
        if (!vocabulary.budgetIds().contains(id)) {
            if (!vocabulary.isFaulty(id)) {
                fault(
                        call,
                        "unknown budget '" + Texts.shorten(id, 60) + "'."
                                + Texts.suggestion(id, vocabulary.budgetIds()));
            }
            return null;
        }
        return id;
    }

    private Typed budgetMember(CelExpr e, CelExpr call, String member) {
        String id = budgetId(call);
        if (!Vocabulary.BUDGET_MEMBERS.contains(member)) {
            return poison(
                    e,
                    "unknown field '" + member + "' of a budget."
                            + Texts.suggestion(member, Vocabulary.BUDGET_MEMBERS));
        }
        Variable variable = id == null ? null : vocabulary.variable(Vocabulary.budgetVariable(id, member));
        return variable == null ? poisoned(e) : read(e.id(), variable);
    }

    /** Millionths of an amount read whole: rounding has a direction only where it is known what the amount is. */
    private Typed micros(CelExpr e, CelExpr operand, Set<String> locals, int loops) {
        Typed amount = walk(operand, locals, loops);
        if (amount.faulty) {
            return poisoned(e);
        }
        if (amount.unit == null || !amount.unit.isMoney()) {
            return poison(
                    e,
                    "'amountMicros' is a field of money" + (amount.unit == null ? "" : ", not of " + amount.unit)
                            + ". Compare the amount itself.");
        }
        if (amount.expr.getKind() == Kind.CONSTANT) {
            long nanos = amount.expr.constant().int64Value();
            return nanos % 1_000 == 0
                    ? Typed.plain(CelExpr.ofConstant(e.id(), CelConstant.ofValue(nanos / 1_000)))
                    : poison(
                            e,
                            "the amount has more than six decimals, which 'amountMicros' cannot hold. Compare the amount itself.");
        }
        Variable variable = amount.expr.getKind() == Kind.IDENT
                ? vocabulary.variable(amount.expr.ident().name())
                : null;
        Variable micros = variable == null ? null : vocabulary.micros(variable);
        return micros == null
                ? poison(e, "'amountMicros' of a computed amount is not defined. Compute with the amounts themselves.")
                : read(e.id(), micros);
    }

    private Typed call(CelExpr e, Set<String> locals, int loops) {
        CelCall call = e.call();
        String function = call.function();
        if (call.target().isEmpty() && OWN_FUNCTIONS.contains(function)) {
            return own(e, locals, loops);
        }
        boolean operator = OPERATORS.contains(function) || COMPARISONS.contains(function);
        if (!operator && !FUNCTIONS.contains(function)) {
            return poison(e, unknownFunction(function));
        }
        Optional<CelExpr> target = call.target().map(t -> plain(t, locals, loops));
        List<Typed> args = new ArrayList<>();
        call.args().forEach(arg -> args.add(walk(arg, locals, loops)));
        int before = faults;
        Unit unit = operator ? unitOf(e, function, args) : noUnits(call.args(), args);
        ImmutableList<CelExpr> exprs = args.stream().map(Typed::expr).collect(ImmutableList.toImmutableList());
        CelExpr rewritten = CelExpr.ofCall(e.id(), target, function, exprs);
        if (isLiteral(call, operator) && literals.fails(rewritten)) {
            fault(e, "'" + name(function) + "' always fails on these values. Correct them.");
        }
        return before == faults ? new Typed(rewritten, unit, false) : poisoned(e);
    }

    /** Whether the parser's literals alone decide what a call gives: then a failure is known before any action. */
    private static boolean isLiteral(CelCall call, boolean operator) {
        boolean zone =
                !operator && call.function().startsWith("get") && call.args().size() == 1;
        return call.args().stream().allMatch(arg -> arg.getKind() == Kind.CONSTANT)
                && (zone || !call.args().isEmpty() && call.target().isEmpty());
    }

    /** An operator or function as it is written. */
    static String name(String function) {
        return function.replace("_", "").replace("@", "");
    }

    private static String unknownFunction(String function) {
        if (function.equals("matches")) {
            return "matches() is not allowed: the cost of a pattern has no bound here."
                    + " Use ==, in, startsWith, endsWith or contains.";
        }
        List<String> names = new ArrayList<>(FUNCTIONS);
        names.addAll(OWN_FUNCTIONS);
        names.addAll(MACROS);
        return "unknown function '" + function + "'." + Texts.suggestion(function, names);
    }

    /** The unit of an operator's result. Amounts meet only amounts of their unit, or a whole factor. */
    private @Nullable Unit unitOf(CelExpr e, String operator, List<Typed> args) {
        if (args.stream().allMatch(arg -> arg.unit == null)) {
            return null;
        }
        if (operator.equals("_?_:_")) {
            requirePlain(e.call().args().get(0), args.get(0));
            return sameUnit(e, args.get(1), args.get(2));
        }
        if (COMPARISONS.contains(operator)) {
            sameUnit(e, args.get(0), args.get(1));
            return null;
        }
        if (operator.equals("_+_") || operator.equals("_-_")) {
            return sameUnit(e, args.get(0), args.get(1));
        }
        if (operator.equals("_*_") && args.stream().anyMatch(arg -> arg.unit == null)) {
            Typed factor = args.get(0).unit == null ? args.get(0) : args.get(1);
            if (factor.expr.getKind() == Kind.CONSTANT
                    && factor.expr.constant().getKind() == CelConstant.Kind.DOUBLE_VALUE) {
                faultAt(
                        e,
                        "an amount is multiplied by whole numbers only."
                                + " Write spent * 10 >= limit * 8 instead of spent >= limit * 0.8.");
            }
            return args.get(0).unit != null ? args.get(0).unit : args.get(1).unit;
        }
        noUnits(e.call().args(), args);
        return null;
    }

    private @Nullable Unit sameUnit(CelExpr e, Typed left, Typed right) {
        if (left.faulty || right.faulty) {
            return left.faulty ? right.unit : left.unit;
        }
        if (left.unit == null || right.unit == null) {
            Unit unit = left.unit == null ? right.unit : left.unit;
            String literal = unit != null && unit.isMoney()
                    ? "money(\"20.00\", \"" + unit + "\")"
                    : "amount(\"20 " + unit + "\")";
            faultAt(e, "an amount of " + unit + " meets a plain value. Write an amount, such as " + literal + ".");
        } else if (!left.unit.equals(right.unit)) {
            faultAt(
                    e,
                    "an amount of " + left.unit + " meets one of " + right.unit
                            + ": units never convert. Compare amounts of one unit.");
        }
        return left.unit == null ? right.unit : left.unit;
    }

    private @Nullable Unit noUnits(List<CelExpr> written, List<Typed> args) {
        for (int i = 0; i < args.size(); i++) {
            if (args.get(i).unit != null) {
                requirePlain(written.get(i), args.get(i));
                return null;
            }
        }
        return null;
    }

    private CelExpr plain(CelExpr e, Set<String> locals, int loops) {
        Typed typed = walk(e, locals, loops);
        requirePlain(e, typed);
        return typed.expr;
    }

    private void requirePlain(CelExpr written, Typed typed) {
        if (typed.unit != null) {
            fault(
                    written,
                    "an amount of " + typed.unit
                            + " cannot be used so. Amounts can be compared, added, subtracted and multiplied by a whole number.");
        }
    }

    private Typed own(CelExpr e, Set<String> locals, int loops) {
        ImmutableList<CelExpr> args = e.call().args();
        return switch (e.call().function()) {
            case "budget" ->
                budgetId(e) == null
                        ? poisoned(e)
                        : poison(
                                e,
                                "a budget is no value. Read one of its fields: "
                                        + String.join(", ", Vocabulary.BUDGET_MEMBERS) + ".");
            case "money" -> money(e, args);
            case "amount" -> literal(e, onlyText(e), false);
            case "get" ->
                args.size() == 2
                        ? either(e, args.get(0), walk(args.get(1), locals, loops), locals, loops)
                        : poison(e, "get() takes a field and a default, such as get(labels.team, \"none\").");
            case "coalesce" -> coalesce(e, args, locals, loops);
            default ->
                args.size() == 1
                        ? presence(e.id(), args.get(0), e.call().function(), locals)
                        : poison(e, e.call().function() + "() takes one field, such as has(action.model).");
        };
    }

    private Typed money(CelExpr e, List<CelExpr> args) {
        String number = args.size() == 2 ? text(args.get(0)) : null;
        String currency = args.size() == 2 ? text(args.get(1)) : null;
        if (number == null || currency == null) {
            return poison(e, "money() takes a number and a currency in quotes, such as money(\"20.00\", \"USD\").");
        }
        return literal(e, number + " " + currency, true);
    }

    private Typed literal(CelExpr e, @Nullable String text, boolean money) {
        if (text == null) {
            return poison(e, "amount() takes a number and a unit in quotes, such as amount(\"20 calls\").");
        }
        try {
            Amount amount = Amount.parse(text);
            if (money && !amount.unit().isMoney()) {
                return poison(e, "'" + amount.unit() + "' is no currency. Write amount(\"" + text + "\").");
            }
            return new Typed(CelExpr.ofConstant(e.id(), CelConstant.ofValue(amount.atomic())), amount.unit(), false);
        } catch (IllegalArgumentException malformed) {
            return poison(e, String.valueOf(malformed.getMessage()));
        }
    }

    private Typed coalesce(CelExpr e, List<CelExpr> args, Set<String> locals, int loops) {
        if (args.size() < 2) {
            return poison(
                    e,
                    "coalesce() takes fields and a last default, such as coalesce(labels.team, action.agent, \"none\").");
        }
        Typed result = walk(args.get(args.size() - 1), locals, loops);
        for (int i = args.size() - 2; i >= 0; i--) {
            result = either(e, args.get(i), result, locals, loops);
        }
        return result;
    }

    /** {@code has(field) ? field : otherwise}. */
    private Typed either(CelExpr e, CelExpr field, Typed otherwise, Set<String> locals, int loops) {
        Typed present = presence(freshId(e), field, e.call().function(), locals);
        Typed value = walk(field, locals, loops);
        Unit unit = value.unit == null && otherwise.unit == null ? null : sameUnit(e, value, otherwise);
        ImmutableList<CelExpr> args = ImmutableList.of(present.expr, value.expr, otherwise.expr);
        return new Typed(CelExpr.ofCall(freshId(e), Optional.empty(), "_?_:_", args), unit, false);
    }

    /** Whether a field has a value: a typed variable of its own, so that no expression ever sees an empty value. */
    private Typed presence(long id, CelExpr field, String function, Set<String> locals) {
        if (field.getKind() == Kind.SELECT && isLabels(field.select().operand(), locals)) {
            return Typed.plain(CelExpr.ofSelect(
                    id, field.select().operand(), field.select().field(), true));
        }
        if (field.getKind() == Kind.CALL
                && field.call().function().equals("_[_]")
                && isLabels(field.call().args().get(0), locals)
                && text(field.call().args().get(1)) != null) {
            ImmutableList<CelExpr> args = ImmutableList.of(
                    field.call().args().get(1), field.call().args().get(0));
            return Typed.plain(CelExpr.ofCall(id, Optional.empty(), "@in", args));
        }
        if (field.getKind() == Kind.SELECT && isRoot(field.select().operand(), locals)) {
            Typed read = path(
                    field,
                    field.select().operand().ident().name(),
                    field.select().field());
            if (read.faulty) {
                return read;
            }
            Variable presence = vocabulary.presence(read.expr.ident().name());
            return presence == null
                    ? Typed.plain(CelExpr.ofConstant(id, CelConstant.ofValue(true)))
                    : read(id, presence);
        }
        return poison(
                field, function + "() takes a field of action, run, estimate or labels, such as has(action.model).");
    }

    private static boolean isLabels(CelExpr e, Set<String> locals) {
        return e.getKind() == Kind.IDENT && e.ident().name().equals("labels") && !locals.contains("labels");
    }

    private Typed list(CelExpr e, Set<String> locals, int loops) {
        ImmutableList<CelExpr> elements = e.list().elements().stream()
                .map(element -> plain(element, locals, loops))
                .collect(ImmutableList.toImmutableList());
        return Typed.plain(CelExpr.ofList(e.id(), elements, e.list().optionalIndices()));
    }

    private Typed map(CelExpr e, Set<String> locals, int loops) {
        ImmutableList<CelMap.Entry> entries = e.map().entries().stream()
                .map(entry -> CelExpr.ofMapEntry(
                        entry.id(),
                        plain(entry.key(), locals, loops),
                        plain(entry.value(), locals, loops),
                        entry.optionalEntry()))
                .collect(ImmutableList.toImmutableList());
        return Typed.plain(CelExpr.ofMap(e.id(), entries));
    }

    /** A loop: over labels, of which an action has few, or over a list written out; so every loop is short. */
    private Typed comprehension(CelExpr e, Set<String> locals, int loops) {
        CelComprehension loop = e.comprehension();
        Kind range = loop.iterRange().getKind();
        if (range != Kind.LIST && range != Kind.MAP && !isLabels(loop.iterRange(), locals)) {
            return poison(
                    loop.iterRange(), "loops run over labels or over a list written out, such as [\"a\", \"b\"].");
        }
        if (loops == MAX_LOOPS) {
            return poison(e, "loops are nested deeper than " + MAX_LOOPS + ". Write two rules.");
        }
        for (String variable : List.of(loop.iterVar(), loop.iterVar2())) {
            if (variable.isEmpty()) {
                continue;
            }
            if (Vocabulary.ROOTS.contains(variable) || locals.contains(variable)) {
                return poison(
                        e, "the loop variable '" + variable + "' hides another name. Choose another, such as 'x'.");
            }
        }
        Set<String> inner = new HashSet<>(locals);
        inner.add(loop.iterVar());
        inner.add(loop.iterVar2());
        inner.add(loop.accuVar());
        return Typed.plain(CelExpr.ofComprehension(
                e.id(),
                loop.iterVar(),
                loop.iterVar2(),
                plain(loop.iterRange(), locals, loops),
                loop.accuVar(),
                plain(loop.accuInit(), inner, loops + 1),
                plain(loop.loopCondition(), inner, loops + 1),
                plain(loop.loopStep(), inner, loops + 1),
                plain(loop.result(), inner, loops + 1)));
    }

    private static @Nullable String onlyText(CelExpr call) {
        return call.call().args().size() == 1 ? text(call.call().args().get(0)) : null;
    }

    private static @Nullable String text(CelExpr e) {
        return e.getKind() == Kind.CONSTANT && e.constant().getKind() == CelConstant.Kind.STRING_VALUE
                ? e.constant().stringValue()
                : null;
    }

    private Typed poison(CelExpr e, String message) {
        fault(e, message);
        return poisoned(e);
    }

    private static Typed poisoned(CelExpr e) {
        return new Typed(CelExpr.ofIdent(e.id(), POISON), null, true);
    }

    /** Reports at the first character of a part. */
    private void fault(CelExpr e, String message) {
        faults++;
        report.fault(start(e), message);
    }

    /** Reports at an operator itself. */
    private void faultAt(CelExpr e, String message) {
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
        return source.getPositionsMap().getOrDefault(e.id(), addedPositions.getOrDefault(e.id(), 0));
    }

    private long freshId(CelExpr near) {
        addedPositions.put(nextId, offset(near));
        return nextId++;
    }
}
