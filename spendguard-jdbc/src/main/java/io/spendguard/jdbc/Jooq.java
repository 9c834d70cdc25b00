package io.spendguard.jdbc;

import java.sql.Connection;
import java.sql.SQLException;
import org.jooq.DSLContext;
import org.jooq.Log;
import org.jooq.SQLDialect;
import org.jooq.conf.Settings;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.tools.JooqLogger;

/** jOOQ as we use it: on a connection at hand, without a greeting in the application's log. */
final class Jooq {
    private static final Settings SETTINGS =
            new Settings().withExecuteLogging(false).withDiagnosticsLogging(false);

    static {
        // The greeting is logged when the renderer's class is loaded, and otherwise silenced by system properties
        // alone,
        // which belong to the application. Only jOOQ's own threshold is raised, and only for that moment.
        JooqLogger.globalThreshold(Log.Level.WARN);
        DSL.using(SQLDialect.POSTGRES, SETTINGS).render(DSL.inline(1));
        JooqLogger.globalThreshold(Log.Level.TRACE);
    }

    private Jooq() {}

    static DSLContext on(Connection connection) {
        return DSL.using(connection, SQLDialect.POSTGRES, SETTINGS);
    }

    /** The driver's failure behind jOOQ's; what is none is thrown as it is. */
    static SQLException driverFailure(DataAccessException failure) {
        SQLException driver = failure.getCause(SQLException.class);
        if (driver == null) {
            throw failure;
        }
        return driver;
    }
}
