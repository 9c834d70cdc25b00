package io.spendguard.jdbc.cli;

import io.spendguard.decision.BudgetOperations;
import io.spendguard.decision.BudgetRef;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Amount;
import io.spendguard.model.BudgetChange;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard budget grant|transfer} */
final class BudgetMoveCommands {
    private BudgetMoveCommands() {}

    @Command(
            name = "grant",
            description = "Gives to a budget's open account beside the contract's limit.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Grant extends Moving {
        @Parameters(index = "0", paramLabel = "BUDGET", description = "the budget's id in the contract")
        private String budget;

        @Parameters(index = "1", paramLabel = "AMOUNT", description = "how much, such as '25.00 USD'")
        private String amount;

        @Option(
                names = "--account-key",
                paramLabel = "KEY",
                description = "what the budget is kept per",
                defaultValue = "")
        private String key;

        Grant(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        Amount amount() {
            return Amount.parse(amount);
        }

        @Override
        BudgetChange move(BudgetOperations operations, String reason, @Nullable String requestKey) {
            return operations.grant(account(budget, key), amount(), reason, requestKey);
        }

        @Override
        String done(BudgetChange change) {
            return "granted " + amount + " to '" + budget + "', "
                    + change.available().get(0) + " available";
        }
    }

    @Command(
            name = "transfer",
            description = "Moves what is available on one budget's open account to another's.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Transfer extends Moving {
        @Parameters(index = "0", paramLabel = "FROM", description = "the id of the budget that gives")
        private String from;

        @Parameters(index = "1", paramLabel = "TO", description = "the id of the budget that gets")
        private String to;

        @Parameters(index = "2", paramLabel = "AMOUNT", description = "how much, such as '25.00 USD'")
        private String amount;

        @Option(names = "--from-key", paramLabel = "KEY", description = "what FROM is kept per", defaultValue = "")
        private String fromKey;

        @Option(names = "--to-key", paramLabel = "KEY", description = "what TO is kept per", defaultValue = "")
        private String toKey;

        Transfer(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        Amount amount() {
            return Amount.parse(amount);
        }

        @Override
        BudgetChange move(BudgetOperations operations, String reason, @Nullable String requestKey) {
            return operations.transfer(account(from, fromKey), account(to, toKey), amount(), reason, requestKey);
        }

        @Override
        String done(BudgetChange change) {
            return "transferred " + amount + " from '" + from + "' ("
                    + change.available().get(0) + " available) to '" + to + "' ("
                    + change.available().get(1) + " available)";
        }
    }

    /** Makes one change and tells of it. */
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    abstract static sealed class Moving extends DatabaseCommand permits Grant, Transfer {
        private final Clock clock;

        @Option(names = "--tenant", required = true, description = "whose budgets")
        private String tenant;

        @Option(names = "--reason", required = true, description = "why, for evidence; no personal value")
        private String reason;

        @Mixin
        private AuditKeyOptions auditKey;

        @Option(
                names = "--request",
                paramLabel = "ID",
                description = "names this request: made again under the same name, it is made once")
        private @Nullable String request;

        @Option(names = "--at", paramLabel = "TIME", description = "a moment of the window meant; now when absent")
        private @Nullable Instant at;

        @Option(names = "--shadow", description = "the accounts of shadow mode instead of the real ones")
        private boolean shadow;

        Moving(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment);
            this.clock = clock;
        }

        abstract Amount amount();

        abstract BudgetChange move(BudgetOperations operations, String reason, @Nullable String requestKey);

        /** The change in words. */
        abstract String done(BudgetChange change);

        final BudgetRef account(String budget, String key) {
            return new BudgetRef(tenant, shadow ? Namespace.SHADOW : Namespace.ENFORCE, budget, key, at);
        }

        @Override
        public Integer call() throws IOException {
            BudgetChange change;
            try (PostgresLedger ledger = openLedger();
                    OpenKey signing = auditKey.open();
                    BudgetOperations operations = signing.writer(BudgetOperations::open, ledger, clock)) {
                change = move(operations, reason, request);
            }
            if (json) {
                terminal.json(JsonObject.create()
                        .put("event", change.auditEventId().toString())
                        .put("amount", amount().toString())
                        .put(
                                "available",
                                change.available().stream()
                                        .map(Amount::toString)
                                        .toList())
                        .put("replayed", change.isReplayed()));
            } else {
                terminal.line("budget: " + (change.isReplayed() ? "was made before, " : "") + done(change) + ", event "
                        + change.auditEventId());
            }
            return SpendGuardCli.OK;
        }
    }
}
