package io.spendguard.jdbc;

import io.spendguard.model.SpendGuardException;
import java.util.List;

/** The database is reachable but not fit to keep a ledger. Nothing was opened and nothing was written. */
public final class LedgerSetupException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    /** What is wrong; all of it. */
    private final List<Fault> faults;

    LedgerSetupException(List<Fault> faults, List<String> messages) {
        super(String.join("\n", messages));
        this.faults = List.copyOf(faults);
    }

    /** Everything that is wrong, in the order of the message's lines; never empty. */
    public List<Fault> faults() {
        return faults;
    }

    /** What can be wrong. */
    public enum Fault {
        /** The data source's connections are not the PostgreSQL driver's, or send nothing in binary form. */
        DRIVER,
        /** The server is older than PostgreSQL 14. */
        SERVER_TOO_OLD,
        /** The server is a standby: it cannot write. */
        STANDBY,
        /** {@code fsync} is off: a crash may lose what was acknowledged. */
        FSYNC_OFF,
        /** {@code synchronous_commit} is off: a crash may lose what was acknowledged. */
        SYNCHRONOUS_COMMIT_OFF,
        /** There is no schema {@code spendguard}. */
        SCHEMA_MISSING,
        /** The schema is of another version than this library. */
        SCHEMA_VERSION,
        /** The role may not use the schema. */
        NOT_GRANTED,
        /** The role is a superuser, whom no rule binds. */
        SUPERUSER,
        /** The role owns the schema or a part of it, or is a member of the owner. */
        OWNER,
        /** The role may change or delete what must only grow. */
        TOO_MANY_PRIVILEGES,
        /** A trigger that guards the tables is missing or disabled. */
        TRIGGERS_OFF
    }
}
