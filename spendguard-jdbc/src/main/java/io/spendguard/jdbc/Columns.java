package io.spendguard.jdbc;

import java.lang.reflect.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rows of one kind, sent as one array per column. */
final class Columns {
    private final List<Type> types;
    private final List<List<@Nullable Object>> values = new ArrayList<>();

    Columns(Type... types) {
        this.types = List.of(types);
        for (int i = 0; i < types.length; i++) {
            values.add(new ArrayList<>());
        }
    }

    int width() {
        return types.size();
    }

    void add(@Nullable Object... row) {
        if (row.length != types.size()) {
            throw new IllegalArgumentException("Row has " + row.length + " values, its columns are " + types + ".");
        }
        for (int i = 0; i < row.length; i++) {
            values.get(i).add(row[i]);
        }
    }

    /** Binds the arrays from a parameter on, and returns the parameter after them. */
    int bind(PreparedStatement statement, int parameter) throws SQLException {
        int next = parameter;
        for (int i = 0; i < types.size(); i++) {
            Type type = types.get(i);
            Object[] array = values.get(i).toArray(type.emptyArray());
            statement.setArray(next++, statement.getConnection().createArrayOf(type.sqlName, array));
        }
        return next;
    }

    enum Type {
        TEXT("text", String.class),
        UUIDS("uuid", UUID.class),
        BYTES("bytea", byte[].class),
        LONGS("int8", Long.class),
        INTS("int4", Integer.class),
        /** As ISO-8601 text with a Z, which no session time zone changes. */
        TIMES("timestamptz", String.class);

        private final String sqlName;
        private final Class<?> javaType;

        Type(String sqlName, Class<?> javaType) {
            this.sqlName = sqlName;
            this.javaType = javaType;
        }

        private Object[] emptyArray() {
            return (Object[]) Array.newInstance(javaType, 0);
        }
    }
}
