package io.spendguard.contract;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.CelComprehension;
import dev.cel.common.ast.CelExpr.CelMap;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
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
    private final Vocabulary vocabulary;
    private final ExpressionPlaces places;
    private final UnitCheck units;
    private final Literals literals;
    private final Set<String> budgetsRead = new TreeSet<>();
    private boolean runStateRead;
    private boolean repeatsRead;

    /** Runs a call whose arguments are all literals. */
    @FunctionalInterface
    interface Literals {
        /** Tells whether it fails, which it then does for every action. */
        boolean fails(CelExpr call);
    }

    ExpressionRewriter(Vocabulary vocabulary, ExpressionPlaces places, Literals literals) {
        this.vocabulary = vocabulary;
        this.places = places;
        this.units = new UnitCheck(places);
        this.literals = literals;
    }

    CelAbstractSyntaxTree rewrite(CelExpr parsed) {
        Typed root = walk(parsed, Set.of(), 0);
        if (root.unit() != null) {
            root = poison(
                    parsed, "the condition is an amount of " + root.unit() + ", neither true nor false. Compare it.");
        }
        return CelAbstractSyntaxTree.newParsedAst(root.expr(), places.source());
    }

    Set<String> budgetsRead() {
        return budgetsRead;
    }

    boolean runStateRead() {
        return runStateRead;
    }

    boolean repeatsRead() {
        return repeatsRead;
    }

    /** Rewrites one part; with the names of the loops it stands in and how many these are. */
    Typed walk(CelExpr e, Set<String> locals, int loops) {
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
        if (inner.unit() != null) {
            return poison(
                    e,
                    "unknown field '" + field + "' of an amount of " + inner.unit() + ". Compare the amount itself.");
        }
        return inner.faulty()
                ? poisoned(e)
                : Typed.plain(
                        CelExpr.ofSelect(e.id(), inner.expr(), field, e.select().testOnly()));
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
        if (Vocabulary.RUN_AMOUNTS.contains(name)) {
            return poison(
                    e,
                    "'" + name + "' is what the run took of the one money budget with window run, and the contract has"
                            + " none or several. Keep one, or read budget(\"...\").spent.");
        }
        return poison(e, "unknown field '" + name + "'." + Texts.suggestion(name, vocabulary.fields(root)));
    }

    private Typed read(long id, Variable variable) {
        String budget = variable.reads().budget();
        if (budget != null) {
            budgetsRead.add(budget);
        }
        runStateRead |= variable.reads().runState();
        repeatsRead |= variable.reads().repeats();
        return new Typed(CelExpr.ofIdent(id, variable.name()), variable.unit(), false);
    }

    private @Nullable String budgetId(CelExpr call) {
        String id = onlyText(call);
        if (id == null) {
            places.fault(
                    call,
                    "budget() takes the id of a budget in quotes, such as budget(\"daily\"). Write the id itself.");
            return null;
        }
        if (!vocabulary.budgetIds().contains(id)) {
            if (!vocabulary.isFaulty(id)) {
                places.fault(
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
        if (amount.faulty()) {
            return poisoned(e);
        }
        if (amount.unit() == null || !amount.unit().isMoney()) {
            return poison(
                    e,
                    "'amountMicros' is a field of money" + (amount.unit() == null ? "" : ", not of " + amount.unit())
                            + ". Compare the amount itself.");
        }
        if (amount.expr().getKind() == Kind.CONSTANT) {
            long nanos = amount.expr().constant().int64Value();
            return nanos % 1_000 == 0
                    ? Typed.plain(CelExpr.ofConstant(e.id(), CelConstant.ofValue(nanos / 1_000)))
                    : poison(
                            e,
                            "the amount has more than six decimals, which 'amountMicros' cannot hold. Compare the amount itself.");
        }
        Variable variable = amount.expr().getKind() == Kind.IDENT
                ? vocabulary.variable(amount.expr().ident().name())
                : null;
        Variable micros = variable == null ? null : vocabulary.micros(variable);
        return micros == null
                ? poison(e, "'amountMicros' of a computed amount is not defined. Compute with the amounts themselves.")
                : read(e.id(), micros);
    }

    private Typed call(CelExpr e, Set<String> locals, int loops) {
        CelCall call = e.call();
        String function = call.function();
        if (call.target().isEmpty() && FunctionNames.OWN_FUNCTIONS.contains(function)) {
            return own(e, locals, loops);
        }
        boolean operator = FunctionNames.OPERATORS.contains(function) || FunctionNames.COMPARISONS.contains(function);
        if (!operator && !FunctionNames.FUNCTIONS.contains(function)) {
            return poison(e, FunctionNames.unknown(function));
        }
        Optional<CelExpr> target = call.target().map(t -> plain(t, locals, loops));
        List<Typed> args = new ArrayList<>();
        call.args().forEach(arg -> args.add(walk(arg, locals, loops)));
        int before = places.faults();
        Unit unit = operator ? units.ofOperator(e, function, args) : units.noUnits(call.args(), args);
        ImmutableList<CelExpr> exprs = args.stream().map(Typed::expr).collect(ImmutableList.toImmutableList());
        CelExpr rewritten = CelExpr.ofCall(e.id(), target, function, exprs);
        if (before == places.faults() && args.stream().noneMatch(Typed::faulty)) {
            String pointless = Comparisons.pointless(function, exprs, vocabulary);
            if (pointless != null) {
                places.faultAt(e, pointless);
            }
        }
        if (isLiteral(call, operator) && literals.fails(rewritten)) {
            places.fault(e, "'" + FunctionNames.name(function) + "' always fails on these values. Correct them.");
        }
        return before == places.faults() ? new Typed(rewritten, unit, false) : poisoned(e);
    }

    /** Whether the parser's literals alone decide what a call gives: then a failure is known before any action. */
    private static boolean isLiteral(CelCall call, boolean operator) {
        boolean zone =
                !operator && call.function().startsWith("get") && call.args().size() == 1;
        return call.args().stream().allMatch(arg -> arg.getKind() == Kind.CONSTANT)
                && (zone || (!call.args().isEmpty() && call.target().isEmpty()));
    }

    private CelExpr plain(CelExpr e, Set<String> locals, int loops) {
        Typed typed = walk(e, locals, loops);
        units.requirePlain(e, typed);
        return typed.expr();
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
        Typed present = presence(places.freshId(e), field, e.call().function(), locals);
        Typed value = walk(field, locals, loops);
        Unit unit = value.unit() == null && otherwise.unit() == null ? null : units.sameUnit(e, value, otherwise);
        ImmutableList<CelExpr> args = ImmutableList.of(present.expr(), value.expr(), otherwise.expr());
        return new Typed(CelExpr.ofCall(places.freshId(e), Optional.empty(), "_?_:_", args), unit, false);
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
            if (read.faulty()) {
                return read;
            }
            Variable presence = vocabulary.presence(read.expr().ident().name());
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
        places.fault(e, message);
        return poisoned(e);
    }

    private static Typed poisoned(CelExpr e) {
        return new Typed(CelExpr.ofIdent(e.id(), POISON), null, true);
    }
}
