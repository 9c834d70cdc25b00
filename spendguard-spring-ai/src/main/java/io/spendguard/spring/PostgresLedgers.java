package io.spendguard.spring;

import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.ledger.Ledger;
import java.util.List;
import java.util.Objects;

/** Opens the durable ledger. Loaded only where {@code spendguard-jdbc} is. */
final class PostgresLedgers {
    private PostgresLedgers() {}

    static Ledger open(LedgerConnection connection, boolean allowOwner) {
        if (connection.url() == null) {
            throw new SpendGuardConfigurationException(
                    List.of(
                            "spendguard.ledger=postgres has no database: neither spendguard.jdbc.url nor"
                                    + " spring.datasource.url is set. Set one, or spendguard.ledger=in-memory to try things out."));
        }
        PostgresLedger.Options options = PostgresLedger.Options.defaults();
        return PostgresLedger.open(
                connection.url(),
                Objects.requireNonNullElse(connection.username(), ""),
                Objects.requireNonNullElse(connection.password(), ""),
                allowOwner ? options.allowOwner() : options);
    }
}
