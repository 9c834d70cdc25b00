package io.spendguard.jdbc;

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

    /** What the server calls the elements of an array and the array, and how one is written: its length and its bytes. */
    enum Type {
        TEXT(Oid.TEXT, Oid.TEXT_ARRAY) {
            @Override
            void write(Object value, Column to) {
                bytes(((String) value).getBytes(StandardCharsets.UTF_8), to);
            }
        },
        UUIDS(Oid.UUID, Oid.UUID_ARRAY) {
            @Override
            void write(Object value, Column to) {
                UUID uuid = (UUID) value;
                to.room(Integer.BYTES + Long.BYTES * 2)
                        .putInt(Long.BYTES * 2)
                        .putLong(uuid.getMostSignificantBits())
                        .putLong(uuid.getLeastSignificantBits());
            }
        },
        BYTES(Oid.BYTEA, Oid.BYTEA_ARRAY) {
            @Override
            void write(Object value, Column to) {
                bytes((byte[]) value, to);
            }
        },
        LONGS(Oid.INT8, Oid.INT8_ARRAY) {
            @Override
            void write(Object value, Column to) {
                number((Long) value, to);
            }
        },
        INTS(Oid.INT4, Oid.INT4_ARRAY) {
            @Override
            void write(Object value, Column to) {
                to.room(Integer.BYTES * 2).putInt(Integer.BYTES).putInt((Integer) value);
            }
        },
        /** Instants to the microsecond, rounded down, which is what the server can store, counted from the year 2000. */
        TIMES(Oid.TIMESTAMPTZ, Oid.TIMESTAMPTZ_ARRAY) {
            @Override
            void write(Object value, Column to) {
                Instant instant = (Instant) value;
                long seconds = instant.getEpochSecond() - SERVER_EPOCH.getEpochSecond();
                number(Math.addExact(Math.multiplyExact(seconds, 1_000_000L), instant.getNano() / 1_000), to);
            }
        };

        private static final Instant SERVER_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

        private final int oid;
        private final int arrayOid;

        Type(int oid, int arrayOid) {
            this.oid = oid;
            this.arrayOid = arrayOid;
        }

        abstract void write(Object value, Column to);

        private static void bytes(byte[] value, Column to) {
            to.room(Math.addExact(Integer.BYTES, value.length))
                    .putInt(value.length)
                    .put(value);
        }

        private static void number(long value, Column to) {
            to.room(Integer.BYTES + Long.BYTES).putInt(Long.BYTES).putLong(value);
        }
    }

    /** One array, as it grows behind room for its header. */
    private static final class Column {
        private static final int HEADER_BYTES = 5 * Integer.BYTES;
        /** For some ten ids. */
        private static final int BYTES_AT_FIRST = 256;

        private static final int NULL = -1;

        private final Type type;
        private ByteBuffer array = ByteBuffer.allocate(BYTES_AT_FIRST).position(HEADER_BYTES);
        private boolean hasNull;

        Column(Type type) {
            this.type = type;
        }

        void add(@Nullable Object value) {
            if (value == null) {
                hasNull = true;
                room(Integer.BYTES).putInt(NULL);
            } else {
                type.write(value, this);
            }
        }

        /** With how many dimensions it has, whether it has nulls, of what it is, how long it is and where it begins. */
        byte[] toBytes(int length) {
            array.putInt(0, length == 0 ? 0 : 1)
                    .putInt(Integer.BYTES, hasNull ? 1 : 0)
                    .putInt(Integer.BYTES * 2, type.oid)
                    .putInt(Integer.BYTES * 3, length)
                    .putInt(Integer.BYTES * 4, 1);
            // Without an element there is no dimension to tell of.
            return Arrays.copyOf(array.array(), length == 0 ? Integer.BYTES * 3 : array.position());
        }

        private ByteBuffer room(int bytes) {
            if (array.remaining() < bytes) {
                int needed = Math.addExact(array.position(), bytes);
                array = ByteBuffer.allocate(Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * needed)))
                        .put(array.flip());
            }
            return array;
        }
    }
}
