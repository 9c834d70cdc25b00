package io.spendguard.jdbc;

import java.sql.SQLException;
import java.util.Locale;
import java.util.Set;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What a failed statement leaves behind, told by its SQLSTATE. */
enum SqlFailure {
    /** Rolled back by the server because of somebody else: the same may be tried again at once. */
    RETRY,
    /** Rolled back: somebody held a row we need for as long as we were ready to wait. */
    LOCKED,
    /** Rolled back: something stands against a posting that was made without looking. */
    OBJECTION,
    /** Rolled back: another writer took our position in a stream, so that the stream is not ours any more. */
    POSITION_TAKEN,
    /** Rolled back: the server cannot write now. */
    UNAVAILABLE,
    /** The connection is gone, and with it the answer: what was under way may or may not be durable. */
    CONNECTION_LOST,
    /** Rolled back: the statement itself is at fault, and would fail again. */
    REFUSED;

    private static final Set<String> RETRIED = Set.of(
            "40001", // serialization failure
            "40P01", // deadlock
            "57014"); // statement timeout, cancelled
    private static final Set<String> LOST = Set.of(
            "57P01", // terminated by an administrator
            "57P02", // crash of another session
            "57P03", // starting up or shutting down
            "57P05", // idle session timeout
            "25P03", // idle in transaction timeout
            "25P04"); // transaction timeout
    /** Where a position is taken: a stream's first is its own row's too. */
    private static final Set<String> POSITIONS = Set.of("outbox_pkey", "stream_pkey");

    private static final Set<String> OBJECTIONS = Set.of(
            "SG001", // an account is missing, short or owes
            "SG002", // a run is stopped
            "SG003", // another time
            "SG004", // a reservation is not held
            "SG005", // a key is taken
            "SG006", // an account has not got its budget's limit yet
            "22003"); // a balance overflows

    static SqlFailure of(SQLException failure) {
        String state = failure.getSQLState();
        if (state == null || state.startsWith("08") || LOST.contains(state)) {
            return CONNECTION_LOST;
        }
        if (state.equals("55P03")) {
            return LOCKED;
        }
        if (RETRIED.contains(state)) {
            return RETRY;
        }
        if (OBJECTIONS.contains(state)) {
            return OBJECTION;
        }
        if (state.startsWith("53") || state.equals("25006")) { // no resources; read only
            return UNAVAILABLE;
        }
        return state.equals("23505") && isPosition(failure) ? POSITION_TAKEN : REFUSED;
    }

    /** What happened, without the server's lines about where. Ends with a full stop. */
    static String firstLine(Exception failure) {
        String message = failure.getMessage();
        String line = message == null
                ? failure.getClass().getSimpleName()
                : message.lines().findFirst().orElse("");
        return line.endsWith(".") ? line : line + ".";
    }

    private static boolean isPosition(SQLException failure) {
        ServerErrorMessage server = failure instanceof PSQLException told ? told.getServerErrorMessage() : null;
        String constraint = server == null ? null : server.getConstraint();
        return constraint != null && POSITIONS.contains(constraint.toLowerCase(Locale.ROOT));
    }
}
