package io.spendguard.contract;

import io.spendguard.contract.ContractCase.Expectation;
import io.spendguard.contract.ContractCase.Step;
import io.spendguard.contract.ContractCase.Then;
import io.spendguard.contract.YamlNode.Entry;
import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.model.Patch;
import io.spendguard.model.PatchTarget;
import io.spendguard.model.Usage;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the cases of a contract as strictly as contracts are read. */
final class CaseReader {
    private static final int MAX_REPEAT = 10_000;

    private final Contract contract;
    private final Findings findings;
    private final SituationReader situations;

    private CaseReader(Contract contract, Findings findings) {
        this.contract = contract;
        this.findings = findings;
        this.situations = new SituationReader(contract, findings);
    }

    static ContractCases load(Path file, Contract contract) {
        String name = String.valueOf(file.getFileName());
        Findings findings = new Findings(name);
        Mapping root = ContractLoader.mapping(file, findings, "Start with 'cases:'.");
        List<ContractCase> cases = root == null ? List.of() : new CaseReader(contract, findings).cases(root);
        findings.throwIfAny();
        return new ContractCases(name, cases);
    }

    private List<ContractCase> cases(Mapping root) {
        List<ContractCase> cases = new ArrayList<>();
        try (Members members = new Members(root, "", findings)) {
            Instant now = situations.instant(members, "now");
            members.required("cases", "List what the contract is expected to answer.");
            Set<String> names = new HashSet<>();
            cases.addAll(each(members, "cases", (path, mapping) -> {
                ContractCase read = one(path, mapping, now);
                if (read != null && !names.add(read.name())) {
                    findings.fault(
                            mapping.position(),
                            path,
                            "a second case is named '" + read.name() + "': reports tell cases by name. Rename one.");
                }
                return read;
            }));
        }
        return cases;
    }

    /** The mappings of a list that is not empty; those with faults are left out. */
    private <T> List<T> each(Members members, String name, BiFunction<String, Mapping, @Nullable T> reader) {
        List<T> all = new ArrayList<>();
        Sequence sequence = members.sequence(name);
        if (sequence != null && sequence.items().isEmpty()) {
            members.fault(name, "is an empty list: nothing would be tested. Write an entry or remove the file.");
        }
        for (int i = 0; sequence != null && i < sequence.items().size(); i++) {
            String path = members.path(name) + "[" + i + "]";
            YamlNode item = sequence.items().get(i);
            if (!(item instanceof Mapping mapping)) {
                findings.fault(item.position(), path, "is " + item.describe() + ": a mapping is expected.");
                continue;
            }
            T read = reader.apply(path, mapping);
            if (read != null) {
                all.add(read);
            }
        }
        return all;
    }

    private @Nullable ContractCase one(String path, Mapping mapping, @Nullable Instant fileNow) {
        try (Members members = new Members(mapping, path, findings)) {
            members.required("name", "Say what the case shows: reports call it so.");
            String name = members.text("name");
            Mapping given = members.mapping("given");
            try (Members surroundings = new Members(
                    given == null ? new Mapping(mapping.position(), List.of()) : given,
                    members.path("given"),
                    findings)) {
                Mapping common = surroundings.mapping("action");
                Start start = new Start(surroundings, common, fileNow);
                List<Step> steps = new ArrayList<>();
                if (members.has("steps")) {
                    steps.addAll(each(members, "steps", (stepPath, step) -> {
                        try (Members stepMembers = new Members(step, stepPath, findings)) {
                            return step(stepMembers, start);
                        }
                    }));
                } else {
                    Step only = step(members, start);
                    if (only != null) {
                        steps.add(only);
                    }
                }
                return name == null || steps.isEmpty() ? null : new ContractCase(name, steps);
            }
        }
    }

    /** The next step; null when it has faults. */
    private @Nullable Step step(Members members, Start start) {
        int before = findings.faultCount();
        members.required("when", "Say what is about to be done, such as {tool: web_search}.");
        members.required("expect", "Say what the contract is to answer, such as stop.");
        Mapping when = members.mapping("when");
        Action action = when == null ? null : situations.action(merged(start.common, when), members.path("when"));
        Situation situation = start.situation(action, members);
        Expectation expectation = expectation(members);
        Then then = then(members);
        Duration after = members.duration("after");
        Long repeat = members.integer("repeat", 1, MAX_REPEAT);
        return findings.faultCount() > before || situation == null || expectation == null
                ? null
                : new Step(
                        situation,
                        after == null ? Duration.ZERO : after,
                        repeat == null ? 1 : repeat.intValue(),
                        expectation,
                        then);
    }

    /** What all actions of a case have in common, where the action does not say otherwise. */
    private static Mapping merged(@Nullable Mapping common, Mapping own) {
        if (common == null) {
            return own;
        }
        Set<String> names = new HashSet<>();
        own.entries().forEach(entry -> names.add(entry.key().text()));
        return new Mapping(
                own.position(),
                Stream.concat(
                                own.entries().stream(),
                                common.entries().stream()
                                        .filter(entry ->
                                                !names.contains(entry.key().text())))
                        .toList());
    }

    private @Nullable Expectation expectation(Members members) {
        YamlNode node = members.node("expect");
        if (node == null) {
            return null;
        }
        Position at = node.position();
        if (node instanceof Scalar) {
            Effect outcome = members.choice("expect", List.of(Effect.values()), RuleBinder::effectName);
            return outcome == null ? null : new Expectation(at.line(), at.column(), outcome, null, null, null, null);
        }
        Mapping mapping = members.mapping("expect");
        if (mapping == null) {
            return null;
        }
        try (Members expect = new Members(mapping, members.path("expect"), findings)) {
            expect.required("outcome", "Say which of the five answers it is to be, such as stop.");
            Effect outcome = expect.choice("outcome", List.of(Effect.values()), RuleBinder::effectName);
            List<String> reasons =
                    expect.has("reasons") ? situations.texts(expect, "reasons") : noTexts(expect, "reasons");
            SortedSet<String> matched = matched(expect);
            SortedMap<String, String> patch = patch(expect);
            SortedMap<String, Amount> holds = holds(expect);
            return outcome == null
                    ? null
                    : new Expectation(at.line(), at.column(), outcome, reasons, matched, patch, holds);
        }
    }

    /** Makes a member known that is not there. */
    private static @Nullable List<String> noTexts(Members members, String name) {
        members.node(name);
        return null;
    }

    private @Nullable SortedSet<String> matched(Members expect) {
        if (!expect.has("matched")) {
            expect.node("matched");
            return null;
        }
        List<String> ids = contract.rules().stream().map(Rule::id).toList();
        List<String> matched = situations.texts(expect, "matched");
        matched.stream()
                .filter(id -> !ids.contains(id))
                .forEach(id -> findings.fault(
                        expect.position("matched"),
                        expect.path("matched"),
                        "unknown rule '" + Texts.shorten(id, 60) + "'." + Texts.suggestion(id, ids)));
        return new TreeSet<>(matched);
    }

    private @Nullable SortedMap<String, String> patch(Members expect) {
        Mapping mapping = expect.mapping("patch");
        if (mapping == null) {
            return null;
        }
        SortedMap<String, String> patch = new TreeMap<>();
        try (Members members = new Members(mapping, expect.path("patch"), findings)) {
            for (PatchTarget target : PatchTarget.values()) {
                String name = target.path().substring(1);
                List<String> values = situations.texts(members, name);
                if (!values.isEmpty()) {
                    patch.put(name, target == PatchTarget.STOP_SEQUENCES ? Patch.joined(values) : values.get(0));
                }
            }
        }
        return patch;
    }

    private @Nullable SortedMap<String, Amount> holds(Members expect) {
        Mapping mapping = expect.mapping("holds");
        if (mapping == null) {
            return null;
        }
        SortedMap<String, Amount> holds = new TreeMap<>();
        Members members = new Members(mapping, expect.path("holds"), findings);
        for (Entry entry : mapping.entries()) {
            Budget budget = situations.budget(entry.key(), members.path());
            Amount amount = budget == null
                    ? null
                    : situations.amount(members, entry.key().text(), budget);
            if (amount != null) {
                holds.put(entry.key().text(), amount);
            }
        }
        return holds;
    }

    private Then then(Members members) {
        YamlNode node = members.node("then");
        if (node == null) {
            return Then.COMMIT_ESTIMATE;
        }
        if (node instanceof Scalar) {
            Then.Kind kind = members.choice(
                    "then",
                    List.of(Then.Kind.RELEASE, Then.Kind.HOLD),
                    k -> k == Then.Kind.RELEASE ? "release" : "hold");
            return kind == null ? Then.COMMIT_ESTIMATE : new Then(kind, null, null);
        }
        Mapping mapping = members.mapping("then");
        if (mapping == null) {
            return Then.COMMIT_ESTIMATE;
        }
        try (Members then = new Members(mapping, members.path("then"), findings)) {
            Money cost = then.parsed("cost", "money such as '0.02 USD'", Money::parse);
            Long input = then.integer("inputTokens", 0, SituationReader.MAX_COUNT);
            Long output = then.integer("outputTokens", 0, SituationReader.MAX_COUNT);
            if (cost != null) {
                return new Then(Then.Kind.COMMIT, cost, null);
            }
            if (input != null && output != null) {
                return new Then(Then.Kind.COMMIT, null, Usage.of(input, output));
            }
            findings.fault(
                    then.position(),
                    then.path(),
                    "it is not said what the action did cost. Give 'cost', or 'inputTokens' and 'outputTokens'.");
            return Then.COMMIT_ESTIMATE;
        }
    }

    /** How things stand before a case; used up by its first step. */
    private final class Start {
        private final Members surroundings;
        private final @Nullable Mapping common;
        private final @Nullable Instant fileNow;
        private boolean isUsed;

        private Start(Members surroundings, @Nullable Mapping common, @Nullable Instant fileNow) {
            this.surroundings = surroundings;
            this.common = common;
            this.fileNow = fileNow;
        }

        private @Nullable Situation situation(@Nullable Action action, Members step) {
            if (isUsed) {
                return action == null ? null : new Situation(action, null, null, null, false, new TreeMap<>());
            }
            isUsed = true;
            Situation first = situations.surroundings(surroundings, action);
            if (first != null && first.now() == null && fileNow == null) {
                findings.fault(
                        step.position(),
                        step.path(),
                        "it is not said when this happens: a case answers the same on every day."
                                + " Give the file or the case's 'given' a 'now'.");
                return null;
            }
            return first == null || first.now() != null || fileNow == null ? first : first.at(fileNow);
        }
    }
}
