package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.Period;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard budget list|show} */
final class BudgetCommands {
    private static final List<String> COLUMNS =
            List.of("BUDGET", "KEY", "FROM", "UNTIL", "LIMIT", "SPENT", "HELD", "AVAILABLE", "DEBT");

    private BudgetCommands() {}

    @Command(
            name = "list",
            description = "Lists a tenant's accounts with their balances.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class ListAll extends Reading {
        ListAll(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        @Nullable
        String budget() {
            return null;
        }
    }

    @Command(
            name = "show",
            description = "Shows one budget's accounts, all windows and keys.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Show extends Reading {
        @Parameters(paramLabel = "BUDGET", description = "the budget's id in the contract")
        private String budget;

        Show(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        String budget() {
            return budget;
        }
    }

    /** Reads accounts and prints them; nothing found is a finding. */
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    abstract static sealed class Reading extends DatabaseCommand permits ListAll, Show {
        @Option(names = "--tenant", required = true, description = "whose budgets")
        private String tenant;

        @Option(names = "--shadow", description = "the accounts of shadow mode instead of the real ones")
        private boolean shadow;

        Reading(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        /** The one budget to show, or null for all. */
        @Nullable
        abstract String budget();

        @Override
        public Integer call() throws IOException {
            List<AccountState> accounts;
            try (PostgresLedger ledger = openLedger()) {
                Namespace namespace = shadow ? Namespace.SHADOW : Namespace.ENFORCE;
                String one = budget();
                accounts = one == null
                        ? ledger.accounts(tenant, namespace)
                        : ledger.accounts(tenant, namespace, one, null);
            }
            if (accounts.isEmpty()) {
                EvidenceReader.open(dataSource()).requireTenant(tenant);
            }
            if (json) {
                terminal.json(JsonObject.create()
                        .put("tenant", tenant)
                        .put("accounts", accounts.stream().map(Reading::toJson).toList()));
            } else if (accounts.isEmpty()) {
                terminal.line("Tenant '" + tenant + "' has no account"
                        + (budget() == null ? "" : " of budget '" + budget() + "'")
                        + ": accounts appear with the first action that claims them.");
            } else {
                List<List<String>> rows = new ArrayList<>();
                rows.add(COLUMNS);
                accounts.forEach(state -> rows.add(row(state)));
                TextTable.format(rows).forEach(terminal::line);
            }
            return accounts.isEmpty() ? SpendGuardCli.FOUND : SpendGuardCli.OK;
        }

        private static List<String> row(AccountState state) {
            return List.of(
                    state.account().budgetId(),
                    state.account().key().isEmpty() ? "-" : state.account().key(),
                    moment(state.account().window().from()),
                    moment(state.account().window().until()),
                    state.allowance().toString(),
                    state.amount(state.spent()).toString(),
                    state.amount(state.held()).toString(),
                    state.amount(state.available()).toString(),
                    state.amount(state.debt()).toString());
        }

        private static String moment(Instant time) {
            return time.equals(Period.ALWAYS.from()) || time.equals(Period.ALWAYS.until()) ? "-" : time.toString();
        }

        private static JsonObject toJson(AccountState state) {
            return JsonObject.create()
                    .put("account", state.account().id().toString())
                    .put("budget", state.account().budgetId())
                    .put("key", state.account().key())
                    .put("from", state.account().window().from().toString())
                    .put("until", state.account().window().until().toString())
                    .put("limit", state.allowance().toString())
                    .put("spent", state.amount(state.spent()).toString())
                    .put("held", state.amount(state.held()).toString())
                    .put("available", state.amount(state.available()).toString())
                    .put("debt", state.amount(state.debt()).toString());
        }
    }
}
