package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.Arrays;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** An application without Flyway, as a class loader of its own. */
class OptionalFlywayTest {
    @Test
    void migrate_withoutFlyway_namesTheCoordinatesAndChangesNothing() throws Exception {
        try (Database database = EmbeddedPostgres.shared().newDatabase();
                URLClassLoader application = withoutFlyway()) {
            Class<?> ledger = application.loadClass(PostgresLedger.class.getName());

            assertThatThrownBy(() -> {
                        try {
                            ledger.getMethod("migrate", DataSource.class).invoke(null, database.adminDataSource());
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    })
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("PostgresLedger.migrate needs Flyway, which is optional and not on the class path. Add"
                            + " org.flywaydb:flyway-core and org.flywaydb:flyway-database-postgresql.");

            try (Connection connection = database.adminDataSource().getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet schemas =
                            statement.executeQuery("select from pg_namespace where nspname = 'spendguard'")) {
                assertThat(schemas.next()).isFalse();
            }
        }
    }

    private static URLClassLoader withoutFlyway() {
        URL[] classPath = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .filter(entry -> !entry.contains("flyway"))
                .map(OptionalFlywayTest::url)
                .toArray(URL[]::new);
        return new URLClassLoader(classPath, ClassLoader.getPlatformClassLoader());
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
