package io.spendguard.jdbc.cli;

import io.spendguard.jdbc.LedgerSetupException;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.model.LedgerUnavailableException;
import java.io.IOException;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Mixin;

/** A command that works on a ledger's database, and answers on a terminal in text or as one JSON object. */
@SuppressWarnings("NullAway.Init") // picocli sets what is required
abstract class DatabaseCommand extends ConsoleCommand {
    private final Map<String, String> environment;

    @Mixin
    private DatabaseOptions database;

    DatabaseCommand(Terminal terminal, Map<String, String> environment) {
        super(terminal);
        this.environment = environment;
    }

    /**
     * The database the options name; nothing is connected yet.
     *
     * @throws IllegalArgumentException when an option is wrong
     * @throws IOException when the password's file cannot be read
     */
    final PGSimpleDataSource dataSource() throws IOException {
        return database.dataSource(environment);
    }

    /**
     * Opens the ledger there, for the caller to close.
     *
     * @throws LedgerSetupException when the database or the role is not fit
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    final PostgresLedger openLedger() throws IOException {
        return PostgresLedger.open(dataSource());
    }
}
