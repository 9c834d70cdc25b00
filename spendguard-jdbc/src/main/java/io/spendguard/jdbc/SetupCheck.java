package io.spendguard.jdbc;

import io.spendguard.jdbc.LedgerSetupException.Fault;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.jdbc.PreferQueryMode;

/** Refuses a database that could not keep what the ledger promises. Three round trips at most. */
final class SetupCheck {
    /** The triggers without which rows could be changed or balances could drift. */
    static final Set<String> GUARDS = Set.of(
            "ledger_tx_grows_only",
            "ledger_entry_grows_only",
            "ledger_entry_moves_accounts",
            "ledger_entry_leaves_its_sum",
            "ledger_tx_leaves_with_its_event",
            "ledger_tx_has_event_and_operation",
            "opening_balance_follows_entries",
            "outbox_grows_only",
            "outbox_begins_whole",
            "outbox_drops_what_is_closed",
            "idempotency_grows_only",
            "idempotency_is_answered_once",
            "stream_grows_only",
            "signing_key_grows_only",
            "reservation_claim_grows_only",
            "reservation_claim_names_accounts",
            "reservation_claim_follows_its_parts",
            "reservation_stays",
            "reservation_settles_once",
            "reservation_begins_held",
            "run_state_stays",
            "run_state_only_advances",
            "account_stays",
            "account_moves_by_entries",
            "account_opens_empty",
            "account_has_a_window",
            "budget_begins_carried",
            "budget_limit_is_counted",
            "budget_stays");

    private static final int OLDEST_SERVER = 140_000;

    private static final String SERVER = """
            select current_setting('server_version_num')::int as server_version_num,
                   current_setting('server_version') as server_version,
                   pg_is_in_recovery() as is_standby,
                   current_setting('fsync') as fsync,
                   current_setting('synchronous_commit') as synchronous_commit,
                   current_setting('session_replication_role') as session_replication_role,
                   current_user::text as role,
                   (select rolsuper from pg_roles where rolname = current_user) as is_superuser,
                   coalesce((select pg_has_role(nspowner, 'MEMBER') from pg_namespace where nspname = 'spendguard'),
                       false) as owns_schema,
                   exists (select from pg_class where relnamespace = to_regnamespace('spendguard')
                       and relkind in ('r', 'p') and pg_has_role(relowner, 'MEMBER')) as owns_tables,
                   exists (select from pg_class where relnamespace = to_regnamespace('spendguard')
                       and relname = 'schema_history') as is_migrated,
                   coalesce(has_schema_privilege(to_regnamespace('spendguard')::oid, 'USAGE'), false) as may_use
            """;
    private static final String SCHEMA = """
            select (select version from spendguard.schema_history
                     where success and version is not null order by installed_rank desc limit 1) as version,
                   (select string_agg(relname, ', ' order by relname) from pg_class
                     where relnamespace = 'spendguard'::regnamespace
                       and relname in ('ledger_tx', 'ledger_entry', 'outbox', 'idempotency', 'stream', 'signing_key',
                           'reservation_claim', 'opening_balance')
                       and (has_table_privilege(oid, 'DELETE') or has_table_privilege(oid, 'TRUNCATE')
                           or exists (
                            select from pg_attribute column_of
                             where column_of.attrelid = pg_class.oid and column_of.attnum > 0
                               and (relname, attname) <> ('idempotency', 'answer')
                               and has_column_privilege(pg_class.oid, attnum, 'UPDATE')))) as changeable
            """;
    private static final String LOG_KEEPER = """
            select current_user::text as role,
                   coalesce(has_table_privilege(to_regclass('spendguard.log_tree'), 'INSERT'), false)
                   and coalesce(has_table_privilege(to_regclass('spendguard.lease'), 'INSERT'), false) as may_keep
            """;
    private static final String TRIGGERS = """
            select tgname::text as name, tgenabled::text as enabled
              from pg_trigger join pg_class on pg_class.oid = tgrelid
             where relnamespace = 'spendguard'::regnamespace
            """;

    private final List<Fault> faults = new ArrayList<>();
    private final List<String> messages = new ArrayList<>();

    private SetupCheck() {}

    /**
     * Looks at the server, the schema and the session's role.
     *
     * @param allowsOwner whether a role that rules do not bind is accepted, for development
     * @throws LedgerSetupException naming every fault with its remedy
     */
    static void require(DSLContext sql, boolean allowsOwner) {
        SetupCheck check = new SetupCheck();
        Server server = Server.of(sql.fetchSingle(SERVER));
        check.server(server);
        check.role(server, allowsOwner);
        if (!server.isMigrated()) {
            check.fault(
                    Fault.SCHEMA_MISSING,
                    "Ledger schema 'spendguard' is missing in this database. Run PostgresLedger.migrate(adminDataSource)"
                            + " once, with the role that shall own it.");
        } else if (server.mayUse()) {
            check.schema(sql, server, allowsOwner);
        }
        check.refuse();
    }

    /** Throws {@link LedgerSetupException} when a batch cannot be sent, as it is arrays in the server's binary form. */
    static void requireDriver(Connection connection) throws SQLException {
        if (!connection.isWrapperFor(BaseConnection.class)) {
            throw new LedgerSetupException(
                    List.of(Fault.DRIVER),
                    List.of("Ledger connection is a " + connection.getClass().getName() + " and does not unwrap to the"
                            + " PostgreSQL driver's. Give the ledger a data source of org.postgresql, or a pool of such"
                            + " whose connections unwrap."));
        }
        if (connection.unwrap(BaseConnection.class).getPreferQueryMode() == PreferQueryMode.SIMPLE) {
            throw new LedgerSetupException(
                    List.of(Fault.DRIVER),
                    List.of(
                            "Ledger connection has preferQueryMode=simple, which sends values as text only. Remove it; behind"
                                    + " a pooler that knows no prepared statements, set prepareThreshold=0 instead."));
        }
    }

    /** Throws {@link LedgerSetupException} when the session's role may not keep the evidence log. */
    static void requireLogKeeper(DSLContext sql) {
        Record role = sql.fetchSingle(LOG_KEEPER);
        if (!Boolean.TRUE.equals(role.get("may_keep", Boolean.class))) {
            String name = role.get("role", String.class);
            throw new LedgerSetupException(
                    List.of(Fault.NOT_GRANTED),
                    List.of("Role '" + name + "' may not keep the evidence log. Run: grant spendguard_log to \"" + name
                            + "\"."));
        }
    }

    static void requireServer(Server server) {
        SetupCheck check = new SetupCheck();
        check.server(server);
        check.refuse();
    }

    private void server(Server server) {
        if (server.versionNumber() < OLDEST_SERVER) {
            fault(
                    Fault.SERVER_TOO_OLD,
                    "PostgreSQL " + server.version() + " is too old for the ledger: it needs 14 or newer. Upgrade the"
                            + " server.");
        }
        if (server.isStandby()) {
            fault(
                    Fault.STANDBY,
                    "Server is a standby: the ledger writes every decision. Connect to the primary"
                            + " (targetServerType=primary).");
        }
        if (server.fsync().equals("off")) {
            fault(
                    Fault.FSYNC_OFF,
                    "Server runs with fsync=off: a crash may lose decisions that were acknowledged. Set fsync=on.");
        }
        if (server.synchronousCommit().equals("off")) {
            fault(
                    Fault.SYNCHRONOUS_COMMIT_OFF,
                    "Session runs with synchronous_commit=off: a crash may lose decisions that were acknowledged. Set"
                            + " it to on for the server, the database and role '" + server.role() + "'.");
        }
    }

    private void role(Server server, boolean allowsOwner) {
        if (server.isMigrated() && !server.mayUse()) {
            fault(
                    Fault.NOT_GRANTED,
                    "Role '" + server.role() + "' may not use the ledger. Run: grant spendguard_app to \""
                            + server.role() + "\".");
        }
        if (allowsOwner) {
            return;
        }
        if (server.isSuperuser()) {
            fault(
                    Fault.SUPERUSER,
                    "Role '" + server.role() + "' is a superuser: no rule of the ledger binds it. Connect as a login"
                            + " role that has nothing but: grant spendguard_app to that_role. For development only:"
                            + " Options.allowOwner().");
        } else if (server.ownsSchema() || server.ownsTables()) {
            fault(
                    Fault.OWNER,
                    "Role '" + server.role()
                            + "' owns the ledger's schema, or is a member of its owner: it could change"
                            + " what must only grow. Connect as a login role that has nothing but: grant spendguard_app"
                            + " to that_role. For development only: Options.allowOwner().");
        }
    }

    private void schema(DSLContext sql, Server server, boolean allowsOwner) {
        Record schema = sql.fetchSingle(SCHEMA);
        String version = schema.get("version", String.class);
        if (!Migrations.VERSION.equals(version)) {
            fault(
                    Fault.SCHEMA_VERSION,
                    "Ledger schema has version " + version + ", this library needs version " + Migrations.VERSION
                            + ". "
                            + (isOlder(version)
                                    ? "Run PostgresLedger.migrate(adminDataSource)."
                                    : "Use the library that migrated it, or a newer one."));
        }
        String changeable = schema.get("changeable", String.class);
        if (changeable != null && !allowsOwner && !server.isSuperuser() && !server.ownsTables()) {
            fault(
                    Fault.TOO_MANY_PRIVILEGES,
                    "Role '" + server.role() + "' may update, delete or truncate " + changeable
                            + ": these tables only grow. Revoke what was granted beyond spendguard_app.");
        }
        Set<String> off = new TreeSet<>(GUARDS);
        for (Record trigger : sql.fetch(TRIGGERS)) {
            String enabled = trigger.get("enabled", String.class);
            boolean fires = enabled.equals("A")
                    || (enabled.equals("O") && !server.replicationRole().equals("replica"));
            if (fires) {
                off.remove(trigger.get("name", String.class));
            } else {
                off.add(trigger.get("name", String.class));
            }
        }
        if (!off.isEmpty()) {
            fault(
                    Fault.TRIGGERS_OFF,
                    "Triggers that guard the ledger are missing or disabled: " + String.join(", ", off)
                            + ". Enable them: alter table … enable trigger …; session_replication_role is "
                            + server.replicationRole() + " and must be origin.");
        }
    }

    private static boolean isOlder(@Nullable String version) {
        return version == null
                || !version.matches("\\d{1,9}")
                || Integer.parseInt(version) < Integer.parseInt(Migrations.VERSION);
    }

    private void fault(Fault fault, String message) {
        faults.add(fault);
        messages.add(message);
    }

    private void refuse() {
        if (!faults.isEmpty()) {
            throw new LedgerSetupException(faults, messages);
        }
    }

    /** What the server says of itself and of the session's role. */
    record Server(
            int versionNumber,
            String version,
            boolean isStandby,
            String fsync,
            String synchronousCommit,
            String replicationRole,
            String role,
            boolean isSuperuser,
            boolean ownsSchema,
            boolean ownsTables,
            boolean isMigrated,
            boolean mayUse) {
        private static Server of(Record row) {
            return new Server(
                    row.get("server_version_num", Integer.class),
                    row.get("server_version", String.class),
                    row.get("is_standby", Boolean.class),
                    row.get("fsync", String.class),
                    row.get("synchronous_commit", String.class),
                    row.get("session_replication_role", String.class),
                    row.get("role", String.class),
                    row.get("is_superuser", Boolean.class),
                    row.get("owns_schema", Boolean.class),
                    row.get("owns_tables", Boolean.class),
                    row.get("is_migrated", Boolean.class),
                    row.get("may_use", Boolean.class));
        }
    }
}
