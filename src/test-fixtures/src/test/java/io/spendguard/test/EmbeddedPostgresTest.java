package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.TimeZone;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmbeddedPostgresTest {
    private static final String OID = "select oid from pg_database where datname = current_database()";

    @Test
    void shared_calledTwice_isOneServer() {
        assertThat(EmbeddedPostgres.shared()).isSameAs(EmbeddedPostgres.shared());
    }

    @Test
    void shared_anySetting_isDurableAndGenerous() throws SQLException {
        try (Database database = EmbeddedPostgres.shared().newDatabase()) {
            assertThat(value(database, "show fsync")).isEqualTo("on");
            assertThat(value(database, "show synchronous_commit")).isEqualTo("on");
            assertThat(value(database, "show full_page_writes")).isEqualTo("on");
            assertThat(value(database, "show max_connections")).isEqualTo("400");
            assertThat(value(database, "select current_setting('server_version_num')::int / 10000"))
                    .isEqualTo(System.getProperty("test.postgres"));
        }
    }

    @Test
    void adminDataSource_newSession_hasAnotherTimeZoneThanTheJvm() throws SQLException {
        try (Database database = EmbeddedPostgres.shared().newDatabase()) {
            assertThat(value(database, "show timezone"))
                    .isEqualTo("Pacific/Auckland")
                    .isNotEqualTo(TimeZone.getDefault().getID());
        }
    }

    @Test
    void newDatabase_calledTwice_givesTwo() throws SQLException {
        try (Database first = EmbeddedPostgres.shared().newDatabase();
                Database second = EmbeddedPostgres.shared().newDatabase()) {
            run(first.adminDataSource(), "create table only_here (id int)");

            assertThat(value(first, "select to_regclass('only_here') is not null"))
                    .isEqualTo("t");
            assertThat(value(second, "select to_regclass('only_here') is not null"))
                    .isEqualTo("f");
        }
    }

    @Test
    void newDatabase_oneTemplateOnManyThreads_migratesOnceAndCopies() throws Exception {
        AtomicInteger migrations = new AtomicInteger();
        Callable<String> copy = () -> {
            try (Database database = EmbeddedPostgres.shared().newDatabase("many_threads", admin -> {
                migrations.incrementAndGet();
                leaveConnectionOpen(admin, "create table migrated as select 42 as answer");
            })) {
                return value(database, "select answer from migrated");
            }
        };

        assertThat(onThreads(8, copy)).containsOnly("42").hasSize(8);
        assertThat(migrations).hasValue(1);
    }

    @Test
    void newDatabase_migrationThrows_leavesNothingAndTriesAgain() throws SQLException {
        EmbeddedPostgres server = EmbeddedPostgres.shared();
        assertThatThrownBy(() -> server.newDatabase("fails_once", admin -> {
                    throw new IllegalArgumentException("no such migration");
                }))
                .hasMessage("no such migration");

        try (Database database = server.newDatabase("fails_once", admin -> run(admin, "create table t (id int)"))) {
            assertThat(value(database, "select count(*) from t")).isEqualTo("0");
        }
    }

    @Test
    void newDatabase_templateNameWithQuote_refusesIt() {
        assertThatThrownBy(() -> EmbeddedPostgres.shared().newDatabase("a'b", admin -> {}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Template 'a'b' is no name here: use at most 40 lower-case letters, digits and underscores,"
                        + " a letter first.");
    }

    @Test
    void dataSourceFor_roleInGroup_hasOnlyTheGroupsPrivileges() throws SQLException {
        try (Database database = EmbeddedPostgres.shared().newDatabase()) {
            run(
                    database.adminDataSource(),
                    "create role readers; create table t (id int); grant select on t to readers");

            DataSource reader = database.dataSourceFor("reader_login", "readers");

            assertThat(value(reader, "select current_user || ' ' || count(*) from t"))
                    .isEqualTo("reader_login 0");
            assertThatThrownBy(() -> run(reader, "insert into t values (1)"))
                    .hasMessageContaining("permission denied for table t");
        }
    }

    @Test
    void dataSourceFor_sameRoleOnManyThreads_createsItOnce() throws Exception {
        try (Database database = EmbeddedPostgres.shared().newDatabase()) {
            Callable<String> connect = () -> value(database.dataSourceFor("popular_login"), "select current_user");

            assertThat(onThreads(8, connect)).containsOnly("popular_login").hasSize(8);
        }
    }

    @Test
    void close_databaseInUse_cutsItsSessions() throws SQLException {
        Database database = EmbeddedPostgres.shared().newDatabase();
        try (Connection connection = database.adminDataSource().getConnection()) {
            database.close();

            assertThat(connection.isValid(1)).isFalse();
        }
        assertThatThrownBy(() -> value(database, "select 1")).hasMessageContaining("does not exist");
    }

    @Test
    void close_copyOfATemplate_isEmptiedAndGivenOutUnderAnotherName() throws SQLException {
        Database first = ofTemplate();
        String place = value(first, OID);
        run(first.adminDataSource(), "insert into filled values (1)");
        first.close();
        first.close();

        try (Database second = ofTemplate()) {
            assertThat(value(second, OID)).isEqualTo(place);
            assertThat(second.name()).isNotEqualTo(first.name());
            assertThat(value(second, "select count(*) from filled")).isEqualTo("0");
            assertThat(value(second, "select count(*) from kept")).isEqualTo("1");
            assertThatThrownBy(() -> value(first, "select 1")).hasMessageContaining("does not exist");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "alter table filled add column more int",
                "alter table filled disable trigger all",
                "alter table filled alter column id set default 7",
                "create table another (id int)",
                "create or replace function refuse() returns trigger language plpgsql as 'begin return new; end'",
                "grant select on filled to public",
                "delete from kept",
                "select nextval('numbers')",
                "do 'begin execute format(''alter database %I set work_mem = 1024'', current_database()); end'",
                "insert into filled select generate_series(1, 6000)"
            })
    void close_copyThatIsNotAsTheTemplateWas_isGivenToNobody(String change) throws SQLException {
        Database first = ofTemplate();
        String place = value(first, OID);
        run(first.adminDataSource(), change);
        first.close();

        try (Database second = ofTemplate()) {
            assertThat(value(second, OID)).isNotEqualTo(place);
        }
    }

    private static Database ofTemplate() {
        return EmbeddedPostgres.shared().newDatabase("given_back", admin -> run(admin, """
                create table kept as select 1 as id;
                create table filled (id int);
                create sequence numbers;
                create function refuse() returns trigger language plpgsql as 'begin return null; end';
                create trigger refuse before delete on filled for each row execute function refuse();
                """));
    }

    @Test
    void close_sharedServer_refusesIt() {
        assertThatThrownBy(() -> EmbeddedPostgres.shared().close())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(
                        "The shared PostgreSQL cannot be closed: other tests of this JVM use it. Take a server of your"
                                + " own by EmbeddedPostgres.start().");
    }

    @Test
    void stopImmediately_committedRow_isThereAfterStartingAgain() throws SQLException {
        try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
            Database database = server.newDatabase();
            run(database.adminDataSource(), "create table t as select 7 as n");

            server.stopImmediately();

            assertThatThrownBy(() -> value(database, "select n from t")).hasMessageContaining("refused");

            server.startAgain();

            assertThat(value(database, "select n from t")).isEqualTo("7");
            assertThat(value(database, "show fsync")).isEqualTo("on");
        }
    }

    private static String value(Database database, String sql) throws SQLException {
        return value(database.adminDataSource(), sql);
    }

    private static String value(DataSource source, String sql) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private static void run(DataSource source, String sql) {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @SuppressWarnings("resource") // what a pool does that nobody closes
    private static void leaveConnectionOpen(DataSource source, String sql) {
        try {
            source.getConnection().createStatement().execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    private static List<String> onThreads(int threads, Callable<String> task) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<String>> futures = pool.invokeAll(
                    IntStream.range(0, threads).mapToObj(i -> task).toList());
            List<String> results = new java.util.ArrayList<>();
            for (Future<String> future : futures) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
