package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.LedgerSetupException;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code spendguard schema print|migrate|check} */
final class SchemaCommands {
    private SchemaCommands() {}

    @Command(
            name = "print",
            description = "Prints the SQL that creates the schema, for whoever has to approve it.",
            mixinStandardHelpOptions = true)
    static final class Print extends ConsoleCommand {
        Print(Terminal terminal) {
            super(terminal);
        }

        @Override
        public Integer call() {
            Map<String, String> scripts = PostgresLedger.schemaScripts();
            if (json) {
                JsonObject answer = JsonObject.create();
                scripts.forEach(answer::put);
                terminal.json(answer);
            } else {
                scripts.forEach((name, sql) -> {
                    terminal.line("-- " + name);
                    sql.lines().forEach(terminal::line);
                });
            }
            return SpendGuardCli.OK;
        }
    }

    @Command(
            name = "migrate",
            description = "Creates or updates the schema; its owner is the role that connects.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Migrate extends DatabaseCommand {
        Migrate(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            PostgresLedger.migrate(dataSource());
            if (json) {
                terminal.json(JsonObject.create().put("version", PostgresLedger.schemaVersion()));
            } else {
                terminal.line("schema: version " + PostgresLedger.schemaVersion()
                        + ". A login role may keep the ledger after: grant spendguard_app to that_role;");
            }
            return SpendGuardCli.OK;
        }
    }

    @Command(
            name = "check",
            description = "Tells whether server, schema and role can keep what the ledger promises.",
            mixinStandardHelpOptions = true)
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    static final class Check extends DatabaseCommand {
        Check(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            List<LedgerSetupException.Fault> faults = List.of();
            String message = "";
            try {
                openLedger().close();
            } catch (LedgerSetupException unfit) {
                faults = unfit.faults();
                message = String.valueOf(unfit.getMessage());
            }
            if (json) {
                terminal.json(JsonObject.create()
                        .put("version", PostgresLedger.schemaVersion())
                        .put("faults", faults.stream().map(Enum::name).toList())
                        .put("messages", message.lines().toList()));
            } else {
                terminal.line("schema: checked, " + faults.size() + " faults");
                message.lines().forEach(line -> terminal.line("  " + line));
            }
            return faults.isEmpty() ? SpendGuardCli.OK : SpendGuardCli.FOUND;
        }
    }
}
