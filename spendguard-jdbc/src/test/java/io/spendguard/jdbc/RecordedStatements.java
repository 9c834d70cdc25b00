package io.spendguard.jdbc;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;

/** A source of connections that keeps the text of every statement sent through them, in the order they were sent. */
final class RecordedStatements {
    private final DataSource source;
    private final Queue<String> statements = new ConcurrentLinkedQueue<>();

    RecordedStatements(DataSource source) {
        this.source = source;
    }

    DataSource dataSource() {
        return watched(DataSource.class, source, "");
    }

    /** What was sent since the last time. */
    List<String> take() {
        List<String> taken = new ArrayList<>();
        for (String statement = statements.poll(); statement != null; statement = statements.poll()) {
            taken.add(statement);
        }
        return taken;
    }

    /** Passes every call on; those that make a connection or a statement answer with a watched one. */
    private <T> T watched(Class<T> type, T target, String sql) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    String text = arguments != null && arguments[0] instanceof String given ? given : sql;
                    if (target instanceof Statement && method.getName().startsWith("execute")) {
                        statements.add(text);
                    }
                    Object answer;
                    try {
                        answer = method.invoke(target, arguments);
                    } catch (InvocationTargetException failure) {
                        throw failure.getCause();
                    }
                    if (answer instanceof Connection connection
                            && method.getName().equals("getConnection")
                            && target instanceof DataSource) {
                        return watched(Connection.class, connection, "");
                    }
                    if (answer instanceof PreparedStatement prepared) {
                        return watched(PreparedStatement.class, prepared, text);
                    }
                    return answer instanceof Statement statement ? watched(Statement.class, statement, "") : answer;
                }));
    }
}
