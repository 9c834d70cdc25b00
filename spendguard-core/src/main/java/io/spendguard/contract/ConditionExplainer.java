package io.spendguard.contract;

import dev.cel.checker.CelChecker;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelSource;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelVarDecl;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelParser;
import dev.cel.parser.CelUnparser;
import dev.cel.parser.CelUnparserFactory;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelVariableResolver;
import io.spendguard.contract.RuleExplanation.Part;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Evaluates a condition part by part, each with the same parser, rewriter, checker and runtime as the whole. */
final class ConditionExplainer {
    /** Loops as they were written, which the tree of an expanded loop no longer shows. */
    private static final CelParser PARSER = ConditionCompiler.PARSER
            .toParserBuilder()
            .setOptions(ConditionOptions.OPTIONS.toBuilder()
                    .populateMacroCalls(true)
                    .build())
            .build();

    private static final CelUnparser UNPARSER = CelUnparserFactory.newUnparser();

    /** What stands for a literal. */
    private static final Set<String> LITERALS = Set.of("money", "amount", "budget");

    /** What is shown whole: their arguments may be absent, and that is their point. */
    private static final Set<String> LEAVES = Set.of("has", "exists", "get", "coalesce", "_[_]");

    private final Vocabulary vocabulary;
    private final CelChecker checker;

    ConditionExplainer(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.checker = CelCompilerFactory.standardCelCheckerBuilder()
                .setOptions(ConditionOptions.OPTIONS)
                .addVarDeclarations(vocabulary.variables().stream()
                        .map(variable -> CelVarDecl.newVarDeclaration(variable.name(), variable.type()))
                        .toList())
                .build();
    }

    /** The parts of a condition that compiled, each before those it is made of. */
    List<Part> explain(String condition, CelVariableResolver resolver) {
        try {
            CelAbstractSyntaxTree tree = PARSER.parse(condition, "condition").getAst();
            List<Part> parts = new ArrayList<>();
            visit(tree.getExpr(), 0, new Reading(tree.getSource(), resolver), parts);
            return parts;
        } catch (CelValidationException impossible) {
            throw new IllegalStateException(
                    "Condition '" + condition + "' compiled before and does not now.", impossible);
        }
    }

    private void visit(CelExpr e, int depth, Reading reading, List<Part> parts) {
        if (e.getKind() == Kind.CONSTANT || isLiteral(e)) {
            if (depth == 0) {
                parts.add(part(e, depth, reading));
            }
            return;
        }
        boolean shown = e.getKind() != Kind.LIST && e.getKind() != Kind.MAP;
        if (shown) {
            parts.add(part(e, depth, reading));
        }
        for (CelExpr inner : within(e)) {
            visit(inner, shown ? depth + 1 : depth, reading, parts);
        }
    }

    private static boolean isLiteral(CelExpr e) {
        return e.getKind() == Kind.CALL && LITERALS.contains(e.call().function());
    }

    private static List<CelExpr> within(CelExpr e) {
        if (e.getKind() == Kind.LIST) {
            return e.list().elements();
        }
        if (e.getKind() != Kind.CALL || LEAVES.contains(e.call().function())) {
            return List.of();
        }
        return Stream.concat(e.call().target().stream(), e.call().args().stream())
                .toList();
    }

    private Part part(CelExpr e, int depth, Reading reading) {
        String text = UNPARSER.unparse(CelAbstractSyntaxTree.newParsedAst(e, reading.source));
        ExpressionPlaces places = new ExpressionPlaces(reading.source, (offset, message) -> {});
        Typed typed = new ExpressionRewriter(vocabulary, places, call -> false).walk(e, Set.of(), 0);
        try {
            CelAbstractSyntaxTree checked = checker.check(
                            CelAbstractSyntaxTree.newParsedAst(typed.expr(), places.source()))
                    .getAst();
            Object value = ConditionRuntime.plan(checked).eval(reading.resolver);
            return new Part(depth, text, shown(value, typed.unit()), true);
        } catch (CelValidationException | CelEvaluationException | RuntimeException failure) {
            return new Part(depth, text, Evaluator.cause(failure), false);
        }
    }

    private static String shown(Object value, @Nullable Unit unit) {
        if (unit != null && value instanceof Long atoms) {
            return atoms < 0 ? "-" + new Amount(Math.negateExact(atoms), unit) : new Amount(atoms, unit).toString();
        }
        if (value instanceof String text) {
            return "\"" + Texts.shorten(text, 200) + "\"";
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, String> sorted = new TreeMap<>();
            map.forEach((name, member) -> sorted.put(String.valueOf(name), shown(member, null)));
            return sorted.entrySet().stream()
                    .map(entry -> entry.getKey() + ": " + entry.getValue())
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(member -> shown(member, null)).toList().toString();
        }
        return String.valueOf(value);
    }

    /** A condition's source and its variables' values. */
    private record Reading(CelSource source, CelVariableResolver resolver) {}
}
