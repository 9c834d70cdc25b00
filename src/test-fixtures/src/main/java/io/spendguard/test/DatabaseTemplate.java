package io.spendguard.test;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * A migrated database that is copied and never connected to again. A copy that is given back is emptied and given out
 * again under a new name, since making and dropping one costs the server 300 ms and a checkpoint, and this 20 ms. A
 * copy whose schema, settings or kept rows are not what the migration left is dropped instead.
 */
final class DatabaseTemplate {
    /** Beyond this, what was deleted would slow the next test down. */
    private static final int MOST_ROWS = 5_000;

    /** One line for whatever a migration or a test may change beside rows. */
    private static final String SCHEMA_LINES = """
            with own as (select * from pg_namespace
                          where nspname <> 'information_schema' and nspname not like 'pg\\_%')
            select concat_ws(' ', 'schema', nspname, nspowner, nspacl) from own
            union all select concat_ws(' ', 'relation', r.oid::regclass, r.relkind, r.relowner, r.relrowsecurity, r.relacl, r.reloptions)
              from pg_class r join own on own.oid = r.relnamespace
            union all select concat_ws(' ', 'column', a.attrelid::regclass, a.attnum, a.attname, a.atttypid, a.atttypmod,
                                       a.attnotnull, a.attacl, pg_get_expr(d.adbin, d.adrelid))
              from pg_attribute a join pg_class r on r.oid = a.attrelid join own on own.oid = r.relnamespace
              left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
             where a.attnum > 0
            union all select concat_ws(' ', 'trigger', t.tgrelid::regclass, t.tgname, t.tgenabled, t.tgfoid::regprocedure, t.tgtype)
              from pg_trigger t join pg_class r on r.oid = t.tgrelid join own on own.oid = r.relnamespace
            union all select concat_ws(' ', 'function', p.oid::regprocedure, p.prosrc, p.proowner, p.prosecdef, p.proacl, p.proconfig)
              from pg_proc p join own on own.oid = p.pronamespace
            union all select concat_ws(' ', 'constraint', c.conname, c.conrelid::regclass, c.convalidated, pg_get_constraintdef(c.oid))
              from pg_constraint c join own on own.oid = c.connamespace
            union all select concat_ws(' ', 'index', i.indexrelid::regclass, i.indisvalid, pg_get_indexdef(i.indexrelid))
              from pg_index i join pg_class r on r.oid = i.indrelid join own on own.oid = r.relnamespace
            union all select concat_ws(' ', 'view', v.schemaname, v.viewname, v.definition)
              from pg_views v join own on own.nspname = v.schemaname
            union all select concat_ws(' ', 'sequence', schemaname, sequencename, last_value) from pg_sequences
            union all select concat_ws(' ', 'policy', polrelid::regclass, polname) from pg_policy
            union all select concat_ws(' ', 'extension', extname, extversion) from pg_extension
            union all select concat_ws(' ', 'setting', setrole, setconfig)
              from pg_db_role_setting join pg_database on pg_database.oid = setdatabase
             where datname = current_database()
            """;

    private final EmbeddedPostgres server;
    private final String name;
    private final Queue<String> emptied = new ArrayDeque<>();
    private final List<String> keptTables = new ArrayList<>();
    private boolean isMigrated;
    private String print = "";

    DatabaseTemplate(EmbeddedPostgres server, String name) {
        this.server = server;
        this.name = name;
    }

    synchronized void migrateOnce(Consumer<DataSource> migrate) {
        if (isMigrated) {
            return;
        }
        server.execute("create database " + name);
        try {
            DataSource admin = server.dataSource(name, EmbeddedPostgres.ADMIN);
            migrate.accept(admin);
            lookAt(admin);
            // A copy is refused while anybody is connected to its source.
            server.execute("alter database " + name + " with allow_connections false");
            server.cutSessions(name);
            isMigrated = true;
        } finally {
            if (!isMigrated) {
                server.drop(name);
            }
        }
    }

    Database copy() {
        String free;
        synchronized (emptied) {
            free = emptied.poll();
        }
        if (free == null) {
            return server.create(name, this);
        }
        String fresh = server.newName();
        server.execute("alter database " + free + " rename to " + fresh);
        return new Database(server, fresh, this);
    }

    /** Takes a copy back; sessions still connected are cut. */
    void giveBack(String database) {
        server.execute("alter database " + database + " with allow_connections false");
        server.cutSessions(database);
        // Whoever still holds the old name, such as a thread a test left behind, finds nothing under it.
        String hidden = "free_" + database;
        server.execute("alter database " + database + " rename to " + hidden);
        server.execute("alter database " + hidden + " with allow_connections true");
        if (isEmptied(server.dataSource(hidden, EmbeddedPostgres.ADMIN))) {
            synchronized (emptied) {
                emptied.add(hidden);
            }
        } else {
            server.drop(hidden);
        }
    }

    private void lookAt(DataSource admin) {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            for (String table : tables(statement)) {
                if (exists(statement, table)) {
                    keptTables.add(table);
                }
            }
            print = print(statement);
        } catch (SQLException e) {
            throw new IllegalStateException("Template database " + name + " cannot be read.", e);
        }
    }

    /** False when the copy is not as the template was, or too much would be left behind. */
    private boolean isEmptied(DataSource admin) {
        try (Connection connection = admin.getConnection();
                Statement statement = connection.createStatement()) {
            if (!print(statement).equals(print)) {
                return false;
            }
            // No trigger fires, neither one that forbids deleting nor a reference's.
            statement.execute("set session_replication_role = replica");
            long deleted = 0;
            for (String table : tables(statement)) {
                if (!keptTables.contains(table)) {
                    deleted += statement.executeLargeUpdate("delete from " + table);
                }
            }
            return deleted <= MOST_ROWS;
        } catch (SQLException e) {
            throw new IllegalStateException("Database copied from " + name + " cannot be emptied.", e);
        }
    }

    private String print(Statement statement) throws SQLException {
        StringBuilder lines = new StringBuilder(SCHEMA_LINES);
        for (String table : keptTables) {
            lines.append(" union all select concat_ws(' ', 'row', '")
                    .append(table)
                    .append("', kept) from ")
                    .append(table)
                    .append(" kept");
        }
        try (ResultSet rows = statement.executeQuery(
                "select md5(string_agg(line, ' ' order by line)) from (" + lines + ") as lines(line)")) {
            rows.next();
            return rows.getString(1);
        }
    }

    private static List<String> tables(Statement statement) throws SQLException {
        List<String> tables = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery("""
                select format('%I.%I', schemaname, tablename) from pg_tables
                 where schemaname <> 'information_schema' and schemaname not like 'pg\\_%'
                 order by 1
                """)) {
            while (rows.next()) {
                tables.add(rows.getString(1));
            }
        }
        return tables;
    }

    private static boolean exists(Statement statement, String table) throws SQLException {
        try (ResultSet rows = statement.executeQuery("select 1 from " + table + " limit 1")) {
            return rows.next();
        }
    }
}
