package io.spendguard.test;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** A database of an {@link EmbeddedPostgres}, for one test or one test class. Safe for any number of threads. */
public final class Database implements AutoCloseable {
    private final EmbeddedPostgres server;
    private final String name;
    private final @Nullable DatabaseTemplate template;
    private final AtomicBoolean isClosed = new AtomicBoolean();

    Database(EmbeddedPostgres server, String name, @Nullable DatabaseTemplate template) {
        this.server = server;
        this.name = name;
        this.template = template;
    }

    /** The name, unique on its server. */
    public String name() {
        return name;
    }

    /**
     * The JDBC URL, without user and password: {@link EmbeddedPostgres#ADMIN} or a role made by {@link #dataSourceFor},
     * and {@link EmbeddedPostgres#PASSWORD}. The driver sets the time zone of such a session to the JVM's.
     */
    public String jdbcUrl() {
        return server.urlOf(name);
    }

    /** Connects as the superuser, one new connection per call, in a session time zone that is not the JVM's. */
    public DataSource adminDataSource() {
        return server.dataSource(name, EmbeddedPostgres.ADMIN);
    }

    /**
     * Connects as a login role, which is created where it does not exist, without any privilege of its own; one new
     * connection per call, in a session time zone that is not the JVM's.
     *
     * <p>Roles belong to the whole server and stay when the database goes: tests that need differing memberships need
     * differing names.
     *
     * @param loginRole lower-case letters, digits and underscores
     * @param memberOf the existing group roles whose privileges it inherits
     */
    public DataSource dataSourceFor(String loginRole, String... memberOf) {
        server.ensureLoginRole(loginRole, List.of(memberOf));
        return server.dataSource(name, loginRole);
    }

    /** A copy as it is now, like a backup that was put back; sessions still connected to this one are cut. */
    public Database copy() {
        return server.copyOf(name);
    }

    /** Gives the database up, once; whatever was in it is gone, and nothing is found under its name any more; sessions still connected are cut. */
    @Override
    public void close() {
        if (isClosed.getAndSet(true)) {
            return;
        }
        if (template == null) {
            server.drop(name);
        } else {
            template.giveBack(name);
        }
    }

    @Override
    public String toString() {
        return "Database[" + jdbcUrl() + "]";
    }
}
