package io.spendguard.test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A real PostgreSQL server for tests and demos, from the binaries on the classpath: no container, no installation.
 *
 * <p>It is as durable as a production server ({@code fsync}, {@code synchronous_commit} and {@code full_page_writes} are
 * on, and checked), and its sessions' time zone is never the JVM's. {@link #shared()} is one server for the whole JVM, started
 * on first use; {@link #start()} is a server of one's own, which can be stopped hard and started again. Both end with the
 * JVM and leave nothing behind. Safe for any number of threads.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    /** The name of the superuser that owns every database here. */
    public static final String ADMIN = "postgres";
    /** The password of every login role here; the server listens on localhost only and trusts it anyway. */
    public static final String PASSWORD = "for-tests-only";

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,39}");
    private static final int MAX_CONNECTIONS = 400;
    private static final Map<String, String> DURABLE =
            Map.of("fsync", "on", "synchronous_commit", "on", "full_page_writes", "on");

    private final io.zonky.test.db.postgres.embedded.EmbeddedPostgres server;
    private final Path log;
    private final boolean isShared;
    private final AtomicInteger databases = new AtomicInteger();
    private final ConcurrentHashMap<String, DatabaseTemplate> templates = new ConcurrentHashMap<>();
    private final AdminSessions admin;
    /** Login roles with their groups, as they are granted by now. */
    private final Set<String> roles = new HashSet<>();

    private final Path binaries;
    private final Path dataDirectory;

    private EmbeddedPostgres(boolean isShared) {
        this.isShared = isShared;
        try {
            log = Files.createTempFile("spendguard-postgres-", ".log");
        } catch (IOException e) {
            throw new IllegalStateException(
                    "Embedded PostgreSQL has no place for its log: the folder for temporary"
                            + " files cannot be written. Set java.io.tmpdir.",
                    e);
        }
        log.toFile().deleteOnExit();
        server = boot(log);
        admin = new AdminSessions(dataSource(ADMIN, ADMIN));
        try {
            DURABLE.forEach((setting, value) -> requireSetting(setting, value));
            binaries = Path.of(query("select setting from pg_config where name = 'BINDIR'"));
            dataDirectory = Path.of(query("show data_directory"));
        } catch (RuntimeException unfit) {
            closeQuietly(unfit);
            throw unfit;
        }
        LOG.debug("PostgreSQL listens on port {}, its log is {}", server.getPort(), log);
    }

    /**
     * The one server of this JVM, started by the first call, which blocks for some seconds. It cannot be stopped.
     *
     * @throws IllegalStateException when it cannot start, with the end of its log and the remedies
     */
    public static EmbeddedPostgres shared() {
        return Shared.SERVER;
    }

    /**
     * Starts a server of the caller's own, for tests that stop it. Blocks for some seconds.
     *
     * @throws IllegalStateException when it cannot start, with the end of its log and the remedies
     */
    public static EmbeddedPostgres start() {
        return new EmbeddedPostgres(false);
    }

    /** Creates an empty database. */
    public Database newDatabase() {
        return create("template1", null);
    }

    /**
     * Gives a database as a copy of a template, which takes a fraction of the time a migration takes. The first call for a
     * name creates the template and migrates it; calls for the same name on other threads wait for that. When the
     * migration throws, nothing is left of the template, and the next call tries again.
     *
     * @param templateName names the state the migration leaves behind: lower-case letters, digits and underscores
     * @param migrateTemplate gets the template's administrator; connections it leaves open are cut
     */
    public Database newDatabase(String templateName, Consumer<DataSource> migrateTemplate) {
        requireName("Template", templateName);
        DatabaseTemplate template =
                templates.computeIfAbsent(templateName, name -> new DatabaseTemplate(this, "template_" + name));
        template.migrateOnce(migrateTemplate);
        return template.copy();
    }

    /**
     * Stops the server as a crash would: sessions are cut, nothing is flushed that was not durable. Connections fail
     * until {@link #startAgain()}.
     *
     * @throws IllegalStateException when this is the shared server, which other tests use
     */
    public void stopImmediately() {
        requireOwn("stopped");
        pgCtl("stop", "-m", "immediate");
    }

    /** Starts the stopped server again, on the same port, and returns once recovery is done. */
    public void startAgain() {
        requireOwn("started again");
        pgCtl("restart", "-m", "immediate");
    }

    /**
     * Stops the server and deletes its data.
     *
     * @throws IllegalStateException when this is the shared server, which ends with the JVM
     */
    @Override
    public void close() {
        requireOwn("closed");
        admin.close();
        try {
            server.close();
            Files.deleteIfExists(log);
        } catch (IOException e) {
            throw new IllegalStateException("Embedded PostgreSQL did not stop cleanly: see its log " + log + ".", e);
        }
    }

    @Override
    public String toString() {
        return "EmbeddedPostgres[port=" + server.getPort() + (isShared ? ", shared]" : "]");
    }

    String urlOf(String database) {
        return "jdbc:postgresql://localhost:" + server.getPort() + "/" + database;
    }

    DataSource dataSource(String database, String user) {
        PGSimpleDataSource driver = new PGSimpleDataSource();
        driver.setUrl(urlOf(database));
        driver.setUser(user);
        driver.setPassword(PASSWORD);
        return new ForeignZoneDataSource(driver);
    }

    /** Roles belong to the server, so that two tests may ask for one name at once. */
    void ensureLoginRole(String role, List<String> groups) {
        requireName("Login role", role);
        synchronized (roles) {
            if (!roles.add(role + groups)) {
                return;
            }
            if (query("select count(*) from pg_roles where rolname = '" + role + "'")
                    .equals("0")) {
                execute("create role " + role + " login password '" + PASSWORD + "'");
            }
            for (String group : groups) {
                requireName("Group role", group);
                execute("grant " + group + " to " + role);
            }
        }
    }

    Database copyOf(String database) {
        cutSessions(database);
        return create(database, null);
    }

    /** Returns when they are gone. */
    void cutSessions(String database) {
        query("select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity where datname = '" + database
                + "'");
    }

    void drop(String database) {
        execute("drop database if exists " + database + " with (force)");
    }

    Database create(String template, @Nullable DatabaseTemplate owner) {
        String name = newName();
        execute("create database " + name + " template " + template);
        return new Database(this, name, owner);
    }

    String newName() {
        return "test_" + databases.incrementAndGet();
    }

    void execute(String sql) {
        admin.run(sql);
    }

    private String query(String sql) {
        return Objects.requireNonNull(admin.run(sql), sql);
    }

    private void requireSetting(String setting, String expected) {
        String actual = query("show " + setting);
        if (!actual.equals(expected)) {
            throw new IllegalStateException("Embedded PostgreSQL runs with " + setting + "=" + actual + ": tests of"
                    + " durability need " + expected + ". Remove what overrides it.");
        }
    }

    private void requireOwn(String verb) {
        if (isShared) {
            throw new IllegalStateException("The shared PostgreSQL cannot be " + verb
                    + ": other tests of this JVM use it. Take a server of your own by EmbeddedPostgres.start().");
        }
    }

    private static void requireName(String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(what + " '" + name + "' is no name here: use at most 40 lower-case"
                    + " letters, digits and underscores, a letter first.");
        }
    }

    private void closeQuietly(RuntimeException reason) {
        try {
            server.close();
        } catch (IOException e) {
            reason.addSuppressed(e);
        }
    }

    private void pgCtl(String action, String... options) {
        List<String> command = new ArrayList<>(isRootOnLinux() ? List.of("unshare", "-U") : List.of());
        command.addAll(List.of(binaries.resolve("pg_ctl").toString(), "-D", dataDirectory.toString(), "-w"));
        command.add(action);
        command.addAll(Arrays.asList(options));
        Process process = null;
        try {
            ProcessBuilder.Redirect toLog = ProcessBuilder.Redirect.appendTo(log.toFile());
            process = new ProcessBuilder(command)
                    .redirectOutput(toLog)
                    .redirectError(toLog)
                    .start();
            if (!process.waitFor(90, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("Embedded PostgreSQL: pg_ctl " + action + " failed." + tail(log));
            }
        } catch (IOException e) {
            throw new IllegalStateException("Embedded PostgreSQL: pg_ctl " + action + " could not run.", e);
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Embedded PostgreSQL: interrupted during pg_ctl " + action + ".", e);
        }
    }

    private static io.zonky.test.db.postgres.embedded.EmbeddedPostgres boot(Path log) {
        ProcessBuilder.Redirect toLog = ProcessBuilder.Redirect.appendTo(log.toFile());
        var builder = io.zonky.test.db.postgres.embedded.EmbeddedPostgres.builder()
                .setServerConfig("timezone", ForeignZoneDataSource.ZONE)
                .setServerConfig("max_connections", Integer.toString(MAX_CONNECTIONS))
                .setLocaleConfig("locale", "C.UTF-8")
                .setPGStartupWait(Duration.ofSeconds(60))
                .setOutputRedirector(toLog)
                .setErrorRedirector(toLog);
        DURABLE.forEach(builder::setServerConfig);
        try {
            return builder.start();
        } catch (IOException | RuntimeException e) {
            throw new IllegalStateException(
                    "Embedded PostgreSQL cannot start: " + e.getMessage() + "." + remedy() + tail(log), e);
        }
    }

    private static String remedy() {
        return isRootOnLinux()
                ? " It refuses to run as root unless 'unshare -U' works. Run as another user ('runuser -u nobody -- …'"
                        + " with a readable classpath), or allow user namespaces in this container."
                : " Check that the binaries for this platform are on the classpath and that java.io.tmpdir can be"
                        + " written and executed from.";
    }

    private static boolean isRootOnLinux() {
        return "root".equals(System.getProperty("user.name"))
                && System.getProperty("os.name").startsWith("Linux");
    }

    private static String tail(Path log) {
        try {
            List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
            return " Its log ends with:\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException unreadable) {
            return " Its log " + log + " cannot be read.";
        }
    }

    /** Initialised by the first use: the class loader is the lock. */
    private static final class Shared {
        static final EmbeddedPostgres SERVER = new EmbeddedPostgres(true);
    }
}
