package io.spendguard.contract;

import com.google.common.collect.ImmutableList;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelSource;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import dev.cel.parser.CelParser;
import dev.cel.parser.CelParserFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Compiles the conditions of one contract: parse, rewrite, check types, plan. */
final class ConditionCompiler {
    /** Without the has() macro: presence is ours, see {@link ExpressionRewriter}. */
    static final CelParser PARSER = CelParserFactory.standardCelParserBuilder()
            .setOptions(ConditionOptions.OPTIONS)
            .setStandardMacros(
                    CelStandardMacro.ALL,
                    CelStandardMacro.EXISTS,
                    CelStandardMacro.EXISTS_ONE,
                    CelStandardMacro.MAP,
                    CelStandardMacro.MAP_FILTER,
                    CelStandardMacro.FILTER)
            .build();

    private static final ConditionChecker LITERALS = ConditionChecker.ofLiterals();

    /** Any time: the functions that take a zone are probed on it. Its ids are beyond those of every condition. */
    private static final CelExpr SOME_TIME = CelExpr.ofCall(
            1L << 40,
            Optional.empty(),
            "timestamp",
            ImmutableList.of(CelExpr.ofConstant((1L << 40) + 1, CelConstant.ofValue("2026-01-01T00:00:00Z"))));

    private static final Pattern OVERLOAD =
            Pattern.compile("found no matching overload for '([^']*)' applied to '([^']*)'.*", Pattern.DOTALL);
    private static final Pattern NOT_BOOL = Pattern.compile("expected type 'bool' but found '([^']*)'");
    private static final Pattern END = Pattern.compile(".*'<EOF>'.*", Pattern.DOTALL);
    private static final Pattern UNEXPECTED = Pattern.compile(
            "(?:mismatched|extraneous) input '(.*?)' expecting.*|no viable alternative at input '(.*?)'",
            Pattern.DOTALL);
    private static final Pattern TOKEN = Pattern.compile("token recognition error at: '(.*)'", Pattern.DOTALL);

    private final Vocabulary vocabulary;
    private final ConditionChecker checker;

    ConditionCompiler(Vocabulary vocabulary) {
        this.vocabulary = vocabulary;
        this.checker = ConditionChecker.ofConditions(vocabulary);
    }

    /** Does what is done once for all contracts: a call of literals passes through all parts. */
    static void load() {
        fails(SOME_TIME, PARSER.parse("true", "condition").getSource());
    }

    /** A condition ready to run, and which locked rows it depends on. */
    record Compiled(
            CelRuntime.Program program,
            ConditionFacts facts,
            Set<String> budgetsRead,
            boolean runStateRead,
            boolean repeatsRead) {}

    /** The compiled condition, or null when it has faults: all of them are reported then. */
    @Nullable
    Compiled compile(String condition, ExpressionPlaces.Report report) {
        if (condition.codePointCount(0, condition.length()) > ConditionOptions.MAX_LENGTH) {
            report.fault(
                    0,
                    "the condition is longer than " + ConditionOptions.MAX_LENGTH
                            + " characters. Write several rules.");
            return null;
        }
        FaultCount faults = new FaultCount(report);
        CelValidationResult parsed = PARSER.parse(condition, "condition");
        if (parsed.hasError()) {
            report(parsed.getErrors(), condition, faults, true);
            return null;
        }
        try {
            CelAbstractSyntaxTree tree = parsed.getAst();
            ExpressionRewriter rewriter = new ExpressionRewriter(
                    vocabulary, new ExpressionPlaces(tree.getSource(), faults), call -> fails(call, tree.getSource()));
            CelValidationResult checked = checker.check(rewriter.rewrite(tree.getExpr()));
            if (checked.hasError()) {
                report(checked.getErrors(), condition, faults, false);
            }
            if (faults.count == 0) {
                refuseMixedTypes(checked.getAst(), faults);
            }
            return faults.count > 0
                    ? null
                    : new Compiled(
                            ConditionRuntime.plan(checked.getAst()),
                            ConditionFacts.of(checked.getAst().getExpr()),
                            Set.copyOf(rewriter.budgetsRead()),
                            rewriter.runStateRead(),
                            rewriter.repeatsRead());
        } catch (CelValidationException | CelEvaluationException unexpected) {
            report.fault(0, "the condition cannot be compiled: " + unexpected.getMessage() + ". Simplify it.");
            return null;
        }
    }

    /** Whether a call of literals fails whenever it runs; a call of the wrong types is left to the type check. */
    private static boolean fails(CelExpr call, CelSource source) {
        CelExpr probe = call.call().target().isEmpty()
                ? call
                : CelExpr.ofCall(
                        call.id(),
                        Optional.of(SOME_TIME),
                        call.call().function(),
                        call.call().args());
        CelValidationResult checked = LITERALS.check(CelAbstractSyntaxTree.newParsedAst(probe, source));
        if (checked.hasError()) {
            return false;
        }
        try {
            ConditionRuntime.plan(checked.getAst()).eval();
            return false;
        } catch (CelEvaluationException | CelValidationException failure) {
            return true;
        }
    }

    /** A list of numbers and texts has elements of any type, and what reads them is checked no more. */
    private static void refuseMixedTypes(CelAbstractSyntaxTree tree, ExpressionPlaces.Report report) {
        tree.getTypeMap().entrySet().stream()
                .filter(node -> isAny(node.getValue()))
                .map(node -> tree.getSource().getPositionsMap().getOrDefault(node.getKey(), 0))
                .min(Integer::compare)
                .ifPresent(offset -> report.fault(offset, "values of different types are mixed here. Use one type."));
    }

    private static boolean isAny(CelType type) {
        return type.kind() == CelKind.DYN || type.parameters().stream().anyMatch(ConditionCompiler::isAny);
    }

    private static void report(
            List<CelIssue> issues, String condition, ExpressionPlaces.Report report, boolean syntax) {
        for (CelIssue issue : issues) {
            int offset = offset(
                    condition,
                    issue.getSourceLocation().getLine(),
                    issue.getSourceLocation().getColumn());
            report.fault(offset, syntax ? syntaxMessage(issue.getMessage()) : typeMessage(issue.getMessage()));
            if (syntax) {
                // What the parser says after its first surprise is guesswork.
                return;
            }
        }
    }

    /** The code point offset of a line, from 1, and a column, from 0. */
    private static int offset(String condition, int line, int column) {
        int[] codePoints = condition.codePoints().toArray();
        int index = 0;
        for (int remaining = line - 1; remaining > 0 && index < codePoints.length; index++) {
            remaining -= codePoints[index] == '\n' ? 1 : 0;
        }
        return Math.max(0, index + column);
    }

    private static String syntaxMessage(String message) {
        if (END.matcher(message).matches()) {
            return "the condition ends too early. Complete it.";
        }
        Matcher unexpected = UNEXPECTED.matcher(message);
        if (unexpected.matches()) {
            String what = unexpected.group(1) == null ? unexpected.group(2) : unexpected.group(1);
            return "unexpected '" + what + "'. Correct the expression here.";
        }
        Matcher token = TOKEN.matcher(message);
        if (token.matches()) {
            return "unexpected '" + token.group(1) + "'. Correct the expression here.";
        }
        return Texts.shorten(message, 200) + ". Correct the expression here.";
    }

    private static String typeMessage(String message) {
        Matcher overload = OVERLOAD.matcher(message);
        if (overload.matches()) {
            return "'" + FunctionNames.name(overload.group(1)) + "' does not take " + overload.group(2)
                    + ". Use values of matching types.";
        }
        Matcher notBool = NOT_BOOL.matcher(message);
        if (notBool.matches()) {
            return "the condition is of type " + notBool.group(1) + ", neither true nor false. Compare it.";
        }
        return Texts.shorten(message, 200) + ". Use values of matching types.";
    }

    /** Passes faults on and counts them. */
    private static final class FaultCount implements ExpressionPlaces.Report {
        private final ExpressionPlaces.Report report;
        private int count;

        FaultCount(ExpressionPlaces.Report report) {
            this.report = report;
        }

        @Override
        public void fault(int offset, String message) {
            count++;
            report.fault(offset, message);
        }
    }
}
