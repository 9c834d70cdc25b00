package io.spendguard.contract;

import dev.cel.checker.CelChecker;
import dev.cel.checker.CelCheckerBuilder;
import dev.cel.checker.CelStandardDeclarations;
import dev.cel.checker.CelStandardDeclarations.StandardFunction;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelValidationResult;
import dev.cel.common.CelVarDecl;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompilerFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Checks types with CEL's own checker. That declares all it knows anew for each tree, some 200 forms of functions, which
 * took more time than the check; so a tree is checked by a checker that knows just the functions it calls. Safe for any
 * number of threads.
 */
final class ConditionChecker {
    private final List<CelVarDecl> variables;
    private final Optional<CelType> answer;
    private final Map<Set<String>, CelChecker> byFunctions = new ConcurrentHashMap<>();

    private ConditionChecker(List<CelVarDecl> variables, Optional<CelType> answer) {
        this.variables = variables;
        this.answer = answer;
    }

    /** For trees that read variables and answer true or false. */
    static ConditionChecker ofConditions(Vocabulary vocabulary) {
        return new ConditionChecker(
                vocabulary.variables().stream()
                        .map(variable -> CelVarDecl.newVarDeclaration(variable.name(), variable.type()))
                        .toList(),
                Optional.of(SimpleType.BOOL));
    }

    /** For trees of literals, whatever they answer. */
    static ConditionChecker ofLiterals() {
        return new ConditionChecker(List.of(), Optional.empty());
    }

    CelValidationResult check(CelAbstractSyntaxTree tree) {
        return byFunctions.computeIfAbsent(functions(tree), this::knowing).check(tree);
    }

    private static Set<String> functions(CelAbstractSyntaxTree tree) {
        return CelNavigableExpr.fromExpr(tree.getExpr())
                .allNodes()
                .filter(node -> node.getKind() == Kind.CALL)
                .map(node -> node.expr().call().function())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** With every form of each function: {@link ConditionOptions} switches none of them off. */
    private CelChecker knowing(Set<String> functions) {
        List<StandardFunction> known = Arrays.stream(StandardFunction.values())
                .filter(function -> functions.contains(function.functionName()))
                .toList();
        CelCheckerBuilder checker = CelCompilerFactory.standardCelCheckerBuilder()
                .setOptions(ConditionOptions.OPTIONS)
                .setStandardEnvironmentEnabled(false)
                .setStandardDeclarations(CelStandardDeclarations.newBuilder()
                        .filterFunctions((function, form) -> known.contains(function))
                        .build())
                .addVarDeclarations(variables);
        answer.ifPresent(checker::setResultType);
        return checker.build();
    }
}
