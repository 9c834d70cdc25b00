package io.spendguard.langchain4j;

import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.exception.HttpException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.UnresolvedModelServerException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells failures that prove that nothing was billed from those that prove nothing. */
final class ProviderFailure {
    /** No or a wrong key, no right, no such model, too many requests: refused before any work. */
    private static final Set<Integer> REFUSED_UNBILLED = Set.of(401, 403, 404, 429);

    private static final int MAX_DEPTH = 100;

    private ProviderFailure() {}

    /** Tells whether the one attempt that failed this way provably cost nothing. A 500 or a timeout proves nothing. */
    static boolean isUnbilled(Throwable failure) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (neverArrived(cause) || wasRefused(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private static boolean neverArrived(@Nullable Throwable cause) {
        return cause instanceof ConnectException
                || cause instanceof HttpConnectTimeoutException
                || cause instanceof UnknownHostException
                || cause instanceof UnresolvedAddressException
                || cause instanceof UnresolvedModelServerException
                || cause instanceof UnsupportedFeatureException;
    }

    private static boolean wasRefused(Throwable cause) {
        return cause instanceof AuthenticationException
                || cause instanceof ModelNotFoundException
                || cause instanceof RateLimitException
                || (cause instanceof HttpException http && REFUSED_UNBILLED.contains(http.statusCode()));
    }
}
