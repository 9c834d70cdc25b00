package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every table is keyed by tenant first and every reference carries the tenant along, as the catalogue has it: no row can
 * point at another tenant's, and tenants can be spread over servers.
 */
class TenantFirstTest {
    /** What belongs to no tenant. */
    private static final Set<String> TENANTLESS = Set.of("signing_key", "schema_history");

    private static Database database;

    @BeforeAll
    static void migrate() {
        database = EmbeddedPostgres.shared().newDatabase("spendguard_ledger", PostgresLedger::migrate);
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void tables_belongToATenantByTheirFirstColumnAndKey() throws SQLException {
        List<String> tenantless = query("""
                select relation.relname
                  from pg_catalog.pg_class relation
                 where relation.relnamespace = 'spendguard'::regnamespace and relation.relkind in ('r', 'p')
                   and not relation.relispartition
                   and not exists (
                    select from pg_catalog.pg_index index
                      join pg_catalog.pg_attribute attribute
                        on attribute.attrelid = relation.oid and attribute.attnum = index.indkey[0]
                     where index.indrelid = relation.oid and index.indisprimary and attribute.attname = 'tenant')
                """);

        assertThat(tenantless).containsExactlyInAnyOrderElementsOf(TENANTLESS);
    }

    @Test
    void uniqueKeys_neverSpanTenants() throws SQLException {
        List<String> spanning = query("""
                select relation.relname || ': ' || name.relname
                  from pg_catalog.pg_index index
                  join pg_catalog.pg_class relation on relation.oid = index.indrelid
                  join pg_catalog.pg_class name on name.oid = index.indexrelid
                 where relation.relnamespace = 'spendguard'::regnamespace and index.indisunique
                   and relation.relname not in ('signing_key', 'schema_history')
                   and not exists (
                    select from pg_catalog.pg_attribute attribute
                     where attribute.attrelid = relation.oid and attribute.attnum = any(index.indkey)
                       and attribute.attname = 'tenant')
                """);

        assertThat(spanning).isEmpty();
    }

    @Test
    void references_carryTheTenantToTheTenant() throws SQLException {
        List<String> astray = query("""
                select source.relname || ' -> ' || target.relname
                  from pg_catalog.pg_constraint reference
                  join pg_catalog.pg_class source on source.oid = reference.conrelid
                  join pg_catalog.pg_class target on target.oid = reference.confrelid
                  join pg_catalog.pg_attribute here
                    on here.attrelid = source.oid and here.attnum = reference.conkey[1]
                  join pg_catalog.pg_attribute there
                    on there.attrelid = target.oid and there.attnum = reference.confkey[1]
                 where reference.contype = 'f' and source.relnamespace = 'spendguard'::regnamespace
                   and target.relname <> 'signing_key'
                   and (here.attname <> 'tenant' or there.attname <> 'tenant')
                """);
        List<String> all = query("""
                select reference.conname
                  from pg_catalog.pg_constraint reference
                 where reference.contype = 'f' and reference.connamespace = 'spendguard'::regnamespace
                """);

        assertThat(astray).isEmpty();
        assertThat(all).as("the catalogue was read").hasSizeGreaterThan(5);
    }

    private static List<String> query(String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Connection connection = database.adminDataSource().getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }
}
