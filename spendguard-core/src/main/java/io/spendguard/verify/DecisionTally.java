package io.spendguard.verify;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How many decisions and outcomes of each kind the events tell of, by the names they use.
 *
 * @param effects decisions by effect, such as {@code continue}
 * @param reasons decisions that refused or degraded, by the code of their first reason
 * @param outcomes outcomes by kind, such as {@code COMMITTED}
 */
public record DecisionTally(
        SortedMap<String, Long> effects, SortedMap<String, Long> reasons, SortedMap<String, Long> outcomes) {
    /** Copies the maps. */
    public DecisionTally {
        effects = Collections.unmodifiableSortedMap(new TreeMap<>(effects));
        reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
        outcomes = Collections.unmodifiableSortedMap(new TreeMap<>(outcomes));
    }
}
