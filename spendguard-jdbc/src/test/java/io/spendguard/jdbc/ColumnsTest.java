package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ColumnsTest {
    private static final String ROWS = """
            select concat_ws(' ', a, b, encode(c, 'hex'), d, e, coalesce(to_char(f at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), 'none'))
              from unnest(?, ?, ?, ?, ?, ?) as sent(a, b, c, d, e, f)
            """;

    @Test
    void bind_valuesOfEveryType_reachTheServerAsTheyAre() throws SQLException {
        Columns columns = new Columns(
                Columns.Type.TEXT,
                Columns.Type.UUIDS,
                Columns.Type.BYTES,
                Columns.Type.LONGS,
                Columns.Type.INTS,
                Columns.Type.TIMES);
        columns.add("täxt \"{},\\", new UUID(-1, 1), new byte[] {0, -1}, Long.MIN_VALUE, Integer.MAX_VALUE, null);
        columns.add(null, null, new byte[0], 7L, -7, Instant.parse("1999-12-31T23:59:59.999999999Z"));
        columns.add("", null, null, null, null, Instant.parse("9999-12-31T23:59:59.123456Z"));
        columns.add("x", null, null, null, null, Instant.parse("2026-11-26T00:00:00.000001999Z"));

        assertThat(rows(columns))
                .containsExactly(
                        "täxt \"{},\\ ffffffff-ffff-ffff-0000-000000000001 00ff -9223372036854775808 2147483647 none",
                        " 7 -7 1999-12-31T23:59:59.999999",
                        " 9999-12-31T23:59:59.123456",
                        "x 2026-11-26T00:00:00.000001");
    }

    @Test
    void bind_noRows_isEmptyArrays() throws SQLException {
        assertThat(rows(new Columns(
                        Columns.Type.TEXT,
                        Columns.Type.UUIDS,
                        Columns.Type.BYTES,
                        Columns.Type.LONGS,
                        Columns.Type.INTS,
                        Columns.Type.TIMES)))
                .isEmpty();
    }

    @Test
    void add_rowOfAnotherWidth_isRefused() {
        assertThatThrownBy(() -> new Columns(Columns.Type.TEXT, Columns.Type.INTS).add("one"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Row has 1 values, there are 2 columns.");
    }

    private static List<String> rows(Columns columns) throws SQLException {
        List<String> rows = new ArrayList<>();
        try (Database database = EmbeddedPostgres.shared().newDatabase();
                Connection connection = database.adminDataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(ROWS)) {
            columns.bind(statement, 1);
            try (ResultSet result = statement.executeQuery()) {
                while (result.next()) {
                    rows.add(result.getString(1));
                }
            }
        }
        return rows;
    }
}
