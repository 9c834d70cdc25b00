package io.spendguard;

import io.spendguard.model.Permit;

/**
 * What a guarded call does with its permit.
 *
 * @param <T> what it gives back
 * @param <X> what it may throw; {@link RuntimeException} when it throws none
 */
@FunctionalInterface
public interface CallBody<T, X extends Throwable> {
    /** Runs {@link Permit#effective()}. */
    T run(Permit permit) throws X;
}
