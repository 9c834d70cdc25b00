package io.spendguard.verify;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Where something was found, as far as it is known.
 *
 * @param file the file in the package, or null
 * @param line its line from 1, or 0
 * @param tenant the tenant, or null
 * @param stream the stream, or null
 * @param seq the position in the stream, or 0
 * @param event the event's id, or null
 */
public record Place(
        @Nullable String file,
        long line,
        @Nullable String tenant,
        @Nullable UUID stream,
        long seq,
        @Nullable UUID event) {
    /** The package as a whole. */
    static final Place PACKAGE = new Place(null, 0, null, null, 0, null);

    /** A file as a whole. */
    static Place file(String name) {
        return new Place(name, 0, null, null, 0, null);
    }

    /** Tells whether it stands behind another place of its stream; between streams no order is proved. */
    boolean isBehind(Place other) {
        return stream != null && stream.equals(other.stream) && seq > other.seq;
    }

    /** File and line, or what there is of them. */
    @Override
    public String toString() {
        if (file == null) {
            return "package";
        }
        return line == 0 ? file : file + ":" + line;
    }
}
