package io.spendguard.jdbc;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.Oid;
import org.postgresql.jdbc.PgArray;

/**
 * Rows of one kind, sent as one array per column, in the server's binary form: the driver writes most of these types as text, which
 * both sides would pay for with each value.
 */
final class Columns {
    private final List<Column> columns;
    private int rows;

    Columns(Type... types) {
        columns = Stream.of(types).map(Column::new).toList();
    }

    int width() {
        return columns.size();
    }

    void add(@Nullable Object... row) {
        if (row.length != columns.size()) {
            throw new IllegalArgumentException("Row has " + row.length + " values, there are " + width() + " columns.");
        }
        for (int i = 0; i < row.length; i++) {
            columns.get(i).add(row[i]);
        }
        rows++;
    }

    /** Binds the arrays from a parameter on, and returns the parameter after them. */
    int bind(PreparedStatement statement, int parameter) throws SQLException {
        BaseConnection connection = statement.getConnection().unwrap(BaseConnection.class);
        int next = parameter;
        for (Column column : columns) {
            statement.setArray(next++, new PgArray(connection, column.type.arrayOid, column.toBytes(rows)));
        }
        return next;
    }

    /** What the server calls the elements of an array and the array. */
    enum Type {
        TEXT(Oid.TEXT, Oid.TEXT_ARRAY) {
            @Override
            byte[] encode(Object value) {
                return ((String) value).getBytes(StandardCharsets.UTF_8);
            }
        },
        UUIDS(Oid.UUID, Oid.UUID_ARRAY) {
            @Override
            byte[] encode(Object value) {
                UUID uuid = (UUID) value;
                return ByteBuffer.allocate(Long.BYTES * 2)
                        .putLong(uuid.getMostSignificantBits())
                        .putLong(uuid.getLeastSignificantBits())
                        .array();
            }
        },
        BYTES(Oid.BYTEA, Oid.BYTEA_ARRAY) {
            @Override
            byte[] encode(Object value) {
                return (byte[]) value;
            }
        },
        LONGS(Oid.INT8, Oid.INT8_ARRAY) {
            @Override
            byte[] encode(Object value) {
                return bytes((Long) value);
            }
        },
        INTS(Oid.INT4, Oid.INT4_ARRAY) {
            @Override
            byte[] encode(Object value) {
                return ByteBuffer.allocate(Integer.BYTES)
                        .putInt((Integer) value)
                        .array();
            }
        },
        /** Instants to the microsecond, rounded down, which is what the server can store, counted from the year 2000. */
        TIMES(Oid.TIMESTAMPTZ, Oid.TIMESTAMPTZ_ARRAY) {
            @Override
            byte[] encode(Object value) {
                Instant instant = (Instant) value;
                long seconds = instant.getEpochSecond() - SERVER_EPOCH.getEpochSecond();
                return bytes(Math.addExact(Math.multiplyExact(seconds, 1_000_000L), instant.getNano() / 1_000));
            }
        };

        private static final Instant SERVER_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

        private final int oid;
        private final int arrayOid;

        Type(int oid, int arrayOid) {
            this.oid = oid;
            this.arrayOid = arrayOid;
        }

        abstract byte[] encode(Object value);

        private static byte[] bytes(long value) {
            return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
        }
    }

    /** One array, as it grows: each element is its length, below zero for a null, and its bytes. */
    private static final class Column {
        private static final int HEADER_BYTES = 5 * Integer.BYTES;

        private final Type type;
        private final ByteArrayOutputStream elements = new ByteArrayOutputStream();
        private boolean hasNull;

        Column(Type type) {
            this.type = type;
        }

        void add(@Nullable Object value) {
            if (value == null) {
                hasNull = true;
                writeInt(-1);
                return;
            }
            byte[] encoded = type.encode(value);
            writeInt(encoded.length);
            elements.writeBytes(encoded);
        }

        /** With how many dimensions it has, whether it has nulls, of what it is, how long it is and where it begins. */
        byte[] toBytes(int length) {
            ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES + elements.size());
            bytes.putInt(length == 0 ? 0 : 1).putInt(hasNull ? 1 : 0).putInt(type.oid);
            if (length == 0) {
                return Arrays.copyOf(bytes.array(), bytes.position());
            }
            return bytes.putInt(length).putInt(1).put(elements.toByteArray()).array();
        }

        private void writeInt(int value) {
            elements.write(value >> 24);
            elements.write(value >> 16);
            elements.write(value >> 8);
            elements.write(value);
        }
    }
}
