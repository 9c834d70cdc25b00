package io.spendguard.test;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.ConcurrentLinkedDeque;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The superuser's sessions, kept for the next statement: opening one costs more than most of what it is asked. As many as were asked for
 * at once; those that broke meanwhile are replaced. Safe for any number of threads.
 */
final class AdminSessions implements AutoCloseable {
    private final DataSource server;
    private final ConcurrentLinkedDeque<Connection> idle = new ConcurrentLinkedDeque<>();

    AdminSessions(DataSource server) {
        this.server = server;
    }

    /**
     * Runs one statement.
     *
     * @return the first column of its first row; null where it has none
     * @throws IllegalStateException when the server refuses
     */
    @Nullable
    String run(String sql) {
        try {
            Connection session = session();
            try (Statement statement = session.createStatement()) {
                if (!statement.execute(sql)) {
                    return null;
                }
                try (ResultSet rows = statement.getResultSet()) {
                    return rows.next() ? rows.getString(1) : null;
                }
            } finally {
                idle.push(session);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("Embedded PostgreSQL refused: " + sql + ".", e);
        }
    }

    private Connection session() throws SQLException {
        for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
            if (kept.isValid(1)) {
                return kept;
            }
            kept.close();
        }
        return server.getConnection();
    }

    /** Ends the sessions that nobody uses now. */
    @Override
    public void close() {
        for (Connection session = idle.poll(); session != null; session = idle.poll()) {
            try {
                session.close();
            } catch (SQLException broken) {
                throw new IllegalStateException("Embedded PostgreSQL does not end a session.", broken);
            }
        }
    }
}
