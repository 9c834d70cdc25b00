package io.spendguard.contract;

import dev.cel.common.types.CelType;
import io.spendguard.model.Unit;
import org.jspecify.annotations.Nullable;

/**
 * A value expressions can read.
 *
 * @param name its name in a compiled expression
 * @param type its type
 * @param unit what it counts, or null for a plain value; a counted value travels as its number of atoms
 * @param reads whose locked row the value depends on
 * @param reader takes it from an evaluation's input
 * @param absent what reading throws when the input does not have the value
 */
record Variable(
        String name, CelType type, @Nullable Unit unit, Reads reads, Reader reader, AbsentValueException absent) {
    Variable(String name, CelType type, @Nullable Unit unit, Reads reads, Reader reader, String absence) {
        this(name, type, unit, reads, reader, new AbsentValueException(absence));
    }

    /** Takes a value from an evaluation's input. */
    @FunctionalInterface
    interface Reader {
        /** The value, or null when the input does not have it. */
        @Nullable
        Object read(EvaluationInput input);
    }

    /**
     * What a value depends on besides the action itself.
     *
     * @param budget the budget whose balances are read, or null
     * @param runState whether the run's recorded state is read
     * @param repeats whether the actions the run remembers are read
     */
    record Reads(@Nullable String budget, boolean runState, boolean repeats) {
        static final Reads NOTHING = new Reads(null, false, false);
        static final Reads RUN = new Reads(null, true, false);
        static final Reads REPEATS = new Reads(null, true, true);

        static Reads budget(String id) {
            return new Reads(id, false, false);
        }

        static Reads budgetAndRun(String id) {
            return new Reads(id, true, false);
        }
    }
}
