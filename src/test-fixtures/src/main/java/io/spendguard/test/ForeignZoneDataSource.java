package io.spendguard.test;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.TimeZone;
import java.util.logging.Logger;
import javax.sql.DataSource;

/**
 * Sets every new session to a time zone that is not the JVM's. The driver announces the JVM's zone when it connects, and that
 * overrides the server's: without this, code that mixes the two up would pass its tests.
 */
final class ForeignZoneDataSource implements DataSource {
    static final String ZONE =
            "Pacific/Auckland".equals(TimeZone.getDefault().getID()) ? "America/Caracas" : "Pacific/Auckland";

    private final DataSource driver;

    ForeignZoneDataSource(DataSource driver) {
        this.driver = driver;
    }

    @Override
    public Connection getConnection() throws SQLException {
        return inForeignZone(driver.getConnection());
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        return inForeignZone(driver.getConnection(user, password));
    }

    private static Connection inForeignZone(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set time zone '" + ZONE + "'");
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return driver.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        driver.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        driver.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return driver.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() {
        return Logger.getLogger("org.postgresql");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return type.isInstance(driver) ? type.cast(driver) : driver.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(driver) || driver.isWrapperFor(type);
    }
}
