package io.spendguard.spring;

import com.openai.errors.OpenAIServiceException;
import io.spendguard.model.Decision;
import io.spendguard.model.SpendDeniedException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;
import org.springframework.web.client.RestClientResponseException;

/** Reads from exceptions what they prove about money. */
final class Failures {
    /** No key, no right, no such model, too many requests: answers a provider gives before it runs a model. */
    private static final Set<Integer> UNBILLED_STATUS = Set.of(401, 403, 404, 429);

    private static final int MAX_DEPTH = 32;
    private static final boolean HAS_OPENAI = isPresent("com.openai.errors.OpenAIServiceException");
    private static final boolean HAS_SPRING_WEB =
            isPresent("org.springframework.web.client.RestClientResponseException");

    private Failures() {}

    /**
     * What proves that a model's call cost nothing. Where the model tried several times by itself nothing does: only the last
     * attempt's failure is seen, and one before may have been billed.
     */
    static Predicate<Throwable> unbilled(int hiddenRetries) {
        return hiddenRetries == 0 ? Failures::isProvablyUnbilled : failure -> false;
    }

    /** Tells whether the provider cannot have charged for the call; false when nobody can say. */
    static boolean isProvablyUnbilled(Throwable failure) {
        return first(failure, Failures::provesUnbilled).isPresent();
    }

    /** The refusal that must end a run, however deep a framework wrapped it: a STOP or a required approval. */
    static Optional<SpendDeniedException> ending(Throwable failure) {
        return first(failure, it -> it instanceof SpendDeniedException denied && endsRun(denied) ? denied : null);
    }

    private static boolean endsRun(SpendDeniedException denied) {
        Decision decision = denied.decision();
        return !(decision instanceof Decision.Skip);
    }

    private static @Nullable Throwable provesUnbilled(Throwable failure) {
        boolean unbilled = failure instanceof SpendDeniedException
                || failure instanceof ConnectException
                || failure instanceof UnknownHostException
                || failure instanceof NoRouteToHostException
                || status(failure).stream().anyMatch(UNBILLED_STATUS::contains);
        return unbilled ? failure : null;
    }

    private static OptionalInt status(Throwable failure) {
        if (HAS_OPENAI && failure instanceof OpenAIServiceException answered) {
            return OptionalInt.of(answered.statusCode());
        }
        if (HAS_SPRING_WEB && failure instanceof RestClientResponseException answered) {
            return OptionalInt.of(answered.getStatusCode().value());
        }
        return OptionalInt.empty();
    }

    private static <T> Optional<T> first(Throwable failure, Function<Throwable, @Nullable T> found) {
        Throwable at = failure;
        for (int depth = 0; at != null && depth < MAX_DEPTH; depth++) {
            T match = found.apply(at);
            if (match != null) {
                return Optional.of(match);
            }
            at = at.getCause();
        }
        return Optional.empty();
    }

    private static boolean isPresent(String type) {
        return ClassUtils.isPresent(type, Failures.class.getClassLoader());
    }
}
