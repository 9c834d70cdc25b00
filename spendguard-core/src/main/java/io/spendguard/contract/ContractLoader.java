package io.spendguard.contract;

import io.spendguard.contract.Contract.AliasUse;
import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.json.SchemaText;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** From a file to a contract: read, bind, compile; then refuse with every finding, or build. */
final class ContractLoader {
    private static final int MAX_BYTES = 1 << 20;
    private static final String SCHEMA = "contract.schema.json";

    private ContractLoader() {}

    static Contract load(Path file) {
        return parse(read(file), String.valueOf(file.getFileName()), null);
    }

    static Contract load(Path file, Contract base) {
        return parse(read(file), String.valueOf(file.getFileName()), base);
    }

    static String schema() {
        return SchemaText.of(Contract.class, SCHEMA);
    }

    private static String read(Path file) {
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (NoSuchFileException missing) {
            throw unreadable(file, "there is no such file. Check the path.", missing);
        } catch (IOException failure) {
            throw unreadable(
                    file, "the file cannot be read (" + failure + "). Check the path and its permissions.", failure);
        }
        if (bytes.length > MAX_BYTES) {
            throw tooLarge(String.valueOf(file.getFileName()));
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw unreadable(file, "the file is not UTF-8 text. Save it as UTF-8.", notUtf8);
        }
    }

    /** A file's mapping; null with a finding when it is something else. */
    static @Nullable Mapping mapping(Path file, Findings findings, String remedy) {
        String text = withoutMark(read(file));
        if (text.isBlank()) {
            findings.fault(Position.WHOLE, "", "the document is empty. " + remedy);
            return null;
        }
        YamlNode root = YamlReader.read(text, findings);
        if (root == null || root instanceof Mapping) {
            return (Mapping) root;
        }
        findings.fault(
                root.position(), "", "the document is " + root.describe() + ": a mapping is expected. " + remedy);
        return null;
    }

    /** A byte order mark is no character of the document, neither for the parser nor for columns. */
    private static String withoutMark(String source) {
        return source.startsWith("\uFEFF") ? source.substring(1) : source;
    }

    static Contract parse(String source, String name, @Nullable Contract base) {
        if (source.length() > MAX_BYTES || source.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
            throw tooLarge(name);
        }
        Conditions.prepare();
        Findings findings = new Findings(name);
        String text = withoutMark(source);
        YamlNode root = YamlReader.read(text, findings);
        if (root == null) {
            findings.throwIfAny();
            throw new IllegalStateException("A document without root has no finding: every reason to stop is one.");
        }
        ContractSpec spec = ContractBinder.bind(root, findings, base);
        List<Budget> budgets = new ArrayList<>(spec.budgets());
        Set<String> declared = new HashSet<>(spec.declaredBudgets());
        if (base != null) {
            base.budgets().stream().filter(budget -> declared.add(budget.id())).forEach(budgets::add);
            budgets.sort(Comparator.comparing(Budget::id));
        }
        Vocabulary vocabulary =
                new Vocabulary(budgets, declared, spec.policies().prediction());
        List<CompiledRule> compiled = compile(spec, vocabulary, new SourceText(text), findings);
        ModelCatalogue catalogue = base == null ? spec.models() : spec.models().or(base.catalogue());
        Models models = new Models(
                catalogue,
                spec.policies().priorityDecides()
                        && (base == null || base.models().priorityDecides()));
        new RuleChecks(findings, models).check(compiled, base == null ? List.of() : base.compiledRules());
        findings.throwIfAny();
        List<CompiledRule> byPriority = new ArrayList<>(compiled);
        byPriority.sort(
                Comparator.comparingInt((CompiledRule rule) -> rule.rule().priority())
                        .reversed());
        Layer layer = Layer.of(vocabulary, byPriority, spec.defaultEffect());
        return new Contract(spec, base, budgets, models, layer, aliases(spec, findings), findings.warnings());
    }

    /** The rules that compile, in the order they are written. */
    private static List<CompiledRule> compile(
            ContractSpec spec, Vocabulary vocabulary, SourceText source, Findings findings) {
        List<CompiledRule> compiled = new ArrayList<>();
        if (spec.rules().isEmpty()) {
            return compiled;
        }
        List<Conditions.Result> results = Conditions.compile(
                new ConditionCompiler(vocabulary),
                spec.rules().stream().map(rule -> rule.condition().text()).toList());
        for (int i = 0; i < results.size(); i++) {
            RuleSpec rule = spec.rules().get(i);
            ScalarLocator locator = new ScalarLocator(source, rule.condition());
            for (Conditions.Fault fault : results.get(i).faults()) {
                findings.fault(locator.position(fault.offset()), rule.conditionPath(), fault.message());
            }
            ConditionCompiler.Compiled condition = results.get(i).compiled();
            if (condition != null && rule.rule() != null) {
                compiled.add(new CompiledRule(rule.rule(), condition, rule));
            }
        }
        return compiled;
    }

    private static List<AliasUse> aliases(ContractSpec spec, Findings findings) {
        List<AliasUse> aliases = new ArrayList<>();
        for (RuleSpec ruleSpec : spec.rules()) {
            Rule rule = ruleSpec.rule();
            ModelAlias alias = rule == null ? null : rule.mutation().modelAlias();
            if (alias != null) {
                String path = ruleSpec.path() + ".effect.mutate.modelAlias";
                aliases.add(new AliasUse(
                        alias,
                        findings.finding(
                                ruleSpec.aliasPosition(),
                                path,
                                "unknown model alias '" + alias
                                        + "': neither the contract nor the catalogue names its model. Add it to 'models'."),
                        findings.finding(
                                ruleSpec.aliasPosition(),
                                path,
                                "no price for the model of alias '" + alias
                                        + "': a degrade to it would stop the call. Add its price to the price book.")));
            }
        }
        return aliases;
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
