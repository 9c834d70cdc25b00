package io.spendguard.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;

/** Reads the connection that Boot itself uses, also where a container or a platform supplies it. */
final class ServiceConnection {
    private ServiceConnection() {}

    static @Nullable LedgerConnection find(BeanFactory beans) {
        JdbcConnectionDetails details =
                beans.getBeanProvider(JdbcConnectionDetails.class).getIfAvailable();
        return details == null
                ? null
                : new LedgerConnection(details.getJdbcUrl(), details.getUsername(), details.getPassword());
    }
}
