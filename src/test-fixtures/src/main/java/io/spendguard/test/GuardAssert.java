package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.VerificationKey;
import io.spendguard.verify.Finding;
import io.spendguard.verify.FindingCode;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/**
 * Assertions about the calls a guard's ledger has recorded. What narrows gives another object and asserts nothing; what
 * asserts reads the ledger anew. Failures name the calls looked at.
 */
public final class GuardAssert extends AbstractAssert<GuardAssert, @Nullable Guard> {
    private final Predicate<RecordedCall> scope;
    private final List<String> narrowed;

    GuardAssert(@Nullable Guard guard) {
        this(guard, call -> true, List.of());
    }

    private GuardAssert(@Nullable Guard guard, Predicate<RecordedCall> scope, List<String> narrowed) {
        super(guard, GuardAssert.class);
        this.scope = scope;
        this.narrowed = narrowed;
    }

    /** Only calls that this model answered, or was refused: the model after any degrade. */
    public GuardAssert onModel(String model) {
        return narrow(call -> call.isOnModel(model), "on model '" + model + "'");
    }

    /** Only calls that asked for this model, whichever a degrade gave them. */
    public GuardAssert askingForModel(String model) {
        return narrow(call -> call.isAskedOf(model), "asking for model '" + model + "'");
    }

    /** Only calls of this tool. */
    public GuardAssert onTool(String tool) {
        return narrow(call -> call.isOnTool(tool), "of tool '" + tool + "'");
    }

    /** Only calls of this run. */
    public GuardAssert inRun(String run) {
        return narrow(call -> call.isInRun(run), "in run '" + run + "'");
    }

    /** Only calls of this agent. */
    public GuardAssert byAgent(String agent) {
        return narrow(call -> call.isByAgent(agent), "by agent '" + agent + "'");
    }

    /** Only calls of this tenant. */
    public GuardAssert ofTenant(String tenant) {
        return narrow(call -> call.tenant().equals(tenant), "of tenant '" + tenant + "'");
    }

    /** The calls cost exactly that; see {@link #spent(String, Tolerance)}. */
    public GuardAssert spent(String money) {
        return spent(money, Tolerance.none());
    }

    /**
     * The calls that were committed cost that much together, give or take. What is still held is not spent; a call of
     * unknown cost, or in another currency, fails the assertion.
     *
     * @param money such as {@code 0.12 USD}
     */
    public GuardAssert spent(String money, Tolerance tolerance) {
        Money expected = Money.parse(money);
        RecordedCalls calls = calls();
        Money spent = calls.spent(expected.currency());
        requireCounted(calls, expected);
        if (!tolerance.admits(spent, expected)) {
            throw broken("spent " + spent + ": expected " + expected + tolerance, calls);
        }
        return this;
    }

    /** The calls that were committed cost that much together, or less; otherwise as {@link #spent(String)}. */
    public GuardAssert spentAtMost(String money) {
        Money most = Money.parse(money);
        RecordedCalls calls = calls();
        Money spent = calls.spent(most.currency());
        requireCounted(calls, most);
        if (spent.compareTo(most) > 0) {
            throw broken("spent " + spent + ": expected at most " + most, calls);
        }
        return this;
    }

    /** So many of the calls were answered with this effect. */
    public GuardAssert decided(Effect effect, Times times) {
        RecordedCalls calls = calls();
        int count = calls.only(call -> call.effect() == effect).size();
        if (!times.admits(count)) {
            throw broken("were answered " + effect + " " + Times.exactly(count) + ": expected " + times, calls);
        }
        return this;
    }

    /** Each call that was allowed was committed or released. */
    public GuardAssert leftNoOpenHolds() {
        RecordedCalls open = calls().only(RecordedCall::isOpen);
        if (!open.isEmpty()) {
            throw broken("left " + open.size() + " unsettled: expected each permit to be committed or released", open);
        }
        return this;
    }

    /**
     * All that the ledger recorded, whatever this was narrowed to, passes the auditor's verifier: chains, signatures,
     * decisions, outcomes and every balance. Trusts the keys that the ledger itself names, so it tells that nothing
     * contradicts itself, and not who wrote it. That the guard is open and may go on writing is no fault. Writes a
     * package to a temporary file, and deletes it.
     */
    public GuardAssert hasVerifiableEvidence() {
        VerificationReport report = verify(guard().ledger());
        List<Finding> faults = report.findings().stream()
                .filter(finding -> finding.code() != FindingCode.STREAM_OPEN)
                .toList();
        if (!faults.isEmpty()) {
            throw failure(
                    "%s",
                    "Evidence of " + report.events() + " events does not verify: " + faults.size()
                            + (faults.size() == 1 ? " finding" : " findings")
                            + ". Something wrote to the ledger beside the guard, or the ledger is broken."
                            + faults.stream().map(Finding::toString).collect(Collectors.joining("\n  ", "\n  ", "")));
        }
        return this;
    }

    private GuardAssert narrow(Predicate<RecordedCall> condition, String words) {
        List<String> more = new ArrayList<>(narrowed);
        more.add(words);
        return new GuardAssert(actual, scope.and(condition), List.copyOf(more)).as(descriptionText());
    }

    private RecordedCalls calls() {
        return RecordedCalls.of(guard().ledger()).only(scope);
    }

    private Guard guard() {
        isNotNull();
        if (actual == null) {
            throw new IllegalStateException("isNotNull let null pass.");
        }
        return actual;
    }

    private void requireCounted(RecordedCalls calls, Money expected) {
        RecordedCalls uncounted = calls.notCountedIn(expected.currency());
        if (!uncounted.isEmpty()) {
            throw broken("cost what cannot be counted in " + expected.currency() + ": expected " + expected, uncounted);
        }
    }

    private AssertionError broken(String fact, RecordedCalls calls) {
        String subject = narrowed.isEmpty() ? "Calls" : "Calls " + String.join(" ", narrowed);
        return failure("%s", subject + " " + fact + ". The calls:" + calls.listing());
    }

    private static VerificationReport verify(Ledger ledger) {
        try {
            Path folder = Files.createTempDirectory("spendguard-evidence-");
            Path file = folder.resolve("evidence.zip");
            try {
                Ed25519Signer exporter = Ed25519Signer.generate();
                EvidenceExport.from(ledger).write(exporter, TestClock.create(), file);
                List<VerificationKey> trusted = new ArrayList<>(List.of(exporter.verificationKey()));
                ledger.keys()
                        .forEach(key -> trusted.add(new VerificationKey(key.id(), key.algorithm(), key.encoded())));
                return Verifier.verify(file, Anchors.of(trusted));
            } finally {
                Files.deleteIfExists(file);
                Files.delete(folder);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("Evidence cannot be written to the folder for temporary files.", e);
        }
    }
}
