package io.spendguard;

import io.spendguard.model.Permit;

/**
 * What a guarded call does with its permit.
 *
 * @param <T> what it gives back
 * @param <X> the checked exception it may throw; {@link RuntimeException} when it throws none
 */
@FunctionalInterface
public interface CallBody<T, X extends Exception> {
    /** Runs {@link Permit#effective()}. */
    T run(Permit permit) throws X;
}
