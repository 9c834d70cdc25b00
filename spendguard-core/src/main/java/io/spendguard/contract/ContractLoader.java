package io.spendguard.contract;

import io.spendguard.contract.Contract.AliasUse;
import io.spendguard.model.ActionKind;
import io.spendguard.model.Effect;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** From a file to a contract: read, bind, compile; then refuse with every finding, or build. */
final class ContractLoader {
    private static final int MAX_BYTES = 1 << 20;

    private ContractLoader() {}

    static Contract load(Path file) {
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException missing) {
            throw unreadable(file, "there is no such file. Check the path.", missing);
        } catch (IOException failure) {
            throw unreadable(
                    file, "the file cannot be read (" + failure + "). Check the path and its permissions.", failure);
        }
        String name = String.valueOf(file.getFileName());
        if (bytes.length > MAX_BYTES) {
            throw tooLarge(name);
        }
        try {
            return parse(
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(bytes))
                            .toString(),
                    name);
        } catch (CharacterCodingException notUtf8) {
            throw unreadable(file, "the file is not UTF-8 text. Save it as UTF-8.", notUtf8);
        }
    }

    static Contract parse(String source, String name) {
        if (source.length() > MAX_BYTES || source.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw tooLarge(name);
        }
        Findings findings = new Findings(name);
        // A byte order mark is no character of the document, neither for the parser nor for columns.
        String text = source.startsWith("\uFEFF") ? source.substring(1) : source;
        YamlNode root = YamlReader.read(text, findings);
        if (root == null) {
            findings.throwIfAny();
            throw new IllegalStateException("A document without root has no finding: every reason to stop is one.");
        }
        ContractSpec spec = ContractBinder.bind(root, findings);
        Vocabulary vocabulary = new Vocabulary(spec.budgets(), spec.declaredBudgets());
        List<CompiledRule> compiled = compile(spec, vocabulary, new SourceText(text), findings);
        findings.throwIfAny();
        return build(spec, vocabulary, compiled, findings);
    }

    private static List<CompiledRule> compile(
            ContractSpec spec, Vocabulary vocabulary, SourceText source, Findings findings) {
        List<CompiledRule> compiled = new ArrayList<>();
        if (spec.rules().isEmpty()) {
            return compiled;
        }
        ConditionCompiler compiler = new ConditionCompiler(vocabulary);
        for (RuleSpec rule : spec.rules()) {
            ScalarLocator locator = new ScalarLocator(source, rule.condition());
            ConditionCompiler.Compiled condition = compiler.compile(
                    rule.condition().text(),
                    (offset, message) -> findings.fault(locator.position(offset), rule.conditionPath(), message));
            if (condition != null && rule.rule() != null) {
                compiled.add(new CompiledRule(rule.rule(), condition));
            }
        }
        compiled.sort(Comparator.comparingInt((CompiledRule rule) -> rule.rule().priority())
                .reversed());
        return compiled;
    }

    private static Contract build(
            ContractSpec spec, Vocabulary vocabulary, List<CompiledRule> compiled, Findings findings) {
        List<AliasUse> aliases = new ArrayList<>();
        for (RuleSpec ruleSpec : spec.rules()) {
            Rule rule = ruleSpec.rule();
            if (rule == null || rule.effect() != Effect.DEGRADE) {
                continue;
            }
            if (!rule.triggers().contains(ActionKind.LLM_CALL)) {
                findings.warn(
                        ruleSpec.condition().position(),
                        ruleSpec.path(),
                        "rule '" + rule.id()
                                + "' degrades, but is never evaluated at llm.call.pre: only model calls can be degraded."
                                + " Add that trigger or choose another effect.");
            }
            ModelAlias alias = rule.mutation().modelAlias();
            if (alias != null) {
                aliases.add(
                        new AliasUse(
                                alias,
                                findings.finding(
                                        ruleSpec.aliasPosition(),
                                        ruleSpec.path() + ".effect.mutate.modelAlias",
                                        "unknown model alias '" + alias
                                                + "': neither the contract nor the catalogue names its model. Add it to 'models'.")));
            }
        }
        Evaluator evaluator = new Evaluator(vocabulary, compiled, spec.models(), spec.defaultEffect());
        return new Contract(
                spec,
                String.valueOf(spec.name()),
                compiled.stream().map(CompiledRule::rule).toList(),
                evaluator,
                aliases,
                findings.warnings());
    }

    private static ContractException unreadable(Path file, String message, IOException cause) {
        return new ContractException(new Finding(file.toString(), 0, 0, "", message), cause);
    }

    private static ContractException tooLarge(String name) {
        return new ContractException(
                name,
                List.of(new Finding(
                        name, 0, 0, "", "the document is larger than " + MAX_BYTES + " bytes. Split the contract.")));
    }
}
