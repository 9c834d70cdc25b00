package io.spendguard.jdbc.cli;

import io.spendguard.decision.Reconciler;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.CostChange;
import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard cost refund|dispute|resolve|compensate} */
final class CostCommands {
    private CostCommands() {}

    @Command(
            name = "refund",
            description = "Records that the provider gave money back for a call.",
            mixinStandardHelpOptions = true)
    static final class Refund extends OfAnAmount {
        Refund(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        CostChange change(Reconciler reconciler) {
            return reconciler.refund(tenant(), key(), amount(), reference());
        }
    }

    @Command(
            name = "dispute",
            description = "Records that part of a call's cost is contested; it counts as spent meanwhile.",
            mixinStandardHelpOptions = true)
    static final class Dispute extends OfAnAmount {
        Dispute(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        CostChange change(Reconciler reconciler) {
            return reconciler.openDispute(tenant(), key(), amount(), reference());
        }
    }

    @Command(
            name = "compensate",
            description = "Sets right what was recorded wrongly: from now on so much counts as spent.",
            mixinStandardHelpOptions = true)
    static final class Compensate extends OfAnAmount {
        Compensate(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        CostChange change(Reconciler reconciler) {
            return reconciler.compensate(tenant(), key(), amount(), reference());
        }
    }

    @Command(name = "resolve", description = "Records how a dispute ended.", mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Resolve extends Changing {
        @Parameters(
                index = "1",
                paramLabel = "OUTCOME",
                description = "won (it is given back) or lost (it stays spent)")
        private Outcome outcome;

        Resolve(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        CostChange change(Reconciler reconciler) {
            return reconciler.resolveDispute(tenant(), key(), outcome == Outcome.won, reference());
        }

        /** As typed. */
        private enum Outcome {
            won,
            lost
        }
    }

    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    abstract static sealed class OfAnAmount extends Changing permits Refund, Dispute, Compensate {
        @Parameters(index = "1", paramLabel = "AMOUNT", description = "how much, such as '0.25 USD'")
        private String amount;

        OfAnAmount(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        final Amount amount() {
            return Amount.parse(amount);
        }
    }

    /** Changes the record of one call and tells of it. */
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    abstract static sealed class Changing extends DatabaseCommand permits OfAnAmount, Resolve {
        private final Clock clock;

        @Parameters(index = "0", paramLabel = "CALL", description = "the action's key, or its decision's id")
        private String key;

        @Option(names = "--tenant", required = true, description = "whose call")
        private String tenant;

        @Option(
                names = "--reference",
                required = true,
                description = "where it stands, such as a credit note; the same one again is recorded once")
        private String reference;

        @Mixin
        private AuditKeyOptions auditKey;

        Changing(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment);
            this.clock = clock;
        }

        abstract CostChange change(Reconciler reconciler);

        final String tenant() {
            return tenant;
        }

        final String key() {
            return key;
        }

        final String reference() {
            return reference;
        }

        @Override
        public Integer call() throws IOException {
            CostChange change;
            try (PostgresLedger ledger = openLedger();
                    OpenKey signing = auditKey.open();
                    Reconciler reconciler = signing.writer(Reconciler::open, ledger, clock)) {
                change = change(reconciler);
            }
            String kind = change.kind().name().toLowerCase(Locale.ROOT).replace('_', ' ');
            if (json) {
                terminal.json(JsonObject.create()
                        .put("decision", change.decisionId().toString())
                        .put("kind", kind)
                        .put(
                                "recorded",
                                change.actual().stream().map(Amount::toString).toList())
                        .putIfPresent(
                                "disputed",
                                change.disputed().map(Amount::toString).orElse(null))
                        .put("event", change.auditEventId().toString())
                        .put("replayed", change.isReplayed()));
            } else {
                terminal.line("cost: " + (change.isReplayed() ? "was recorded before, " : "") + kind + ", "
                        + change.actual().stream()
                                .map(Amount::toString)
                                .distinct()
                                .collect(Collectors.joining(", "))
                        + " recorded"
                        + change.disputed()
                                .map(disputed -> ", " + disputed + " disputed")
                                .orElse("") + ", event " + change.auditEventId());
            }
            return SpendGuardCli.OK;
        }
    }
}
