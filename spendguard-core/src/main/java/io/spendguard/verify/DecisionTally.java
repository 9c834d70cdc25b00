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
 * @param approvals answers to what decisions asked an approval for: {@code APPROVED}, {@code DENIED}
 * @param unknownTypes events by type, of types that this version does not know: they are signed and in their place, their entries count,
 *     and nothing else that they say was checked
 */
public record DecisionTally(
        SortedMap<String, Long> effects,
        SortedMap<String, Long> reasons,
        SortedMap<String, Long> outcomes,
        SortedMap<String, Long> approvals,
        SortedMap<String, Long> unknownTypes) {
    /** Copies the maps. */
    public DecisionTally {
        effects = Collections.unmodifiableSortedMap(new TreeMap<>(effects));
        reasons = Collections.unmodifiableSortedMap(new TreeMap<>(reasons));
        outcomes = Collections.unmodifiableSortedMap(new TreeMap<>(outcomes));
        approvals = Collections.unmodifiableSortedMap(new TreeMap<>(approvals));
        unknownTypes = Collections.unmodifiableSortedMap(new TreeMap<>(unknownTypes));
    }

    /** A tally of events whose types are all known, none of which answers for an approval. */
    public DecisionTally(
            SortedMap<String, Long> effects, SortedMap<String, Long> reasons, SortedMap<String, Long> outcomes) {
        this(effects, reasons, outcomes, Collections.emptySortedMap(), Collections.emptySortedMap());
    }
}
