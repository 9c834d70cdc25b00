package io.spendguard.test;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.proof.Ed25519Signer;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A guard made for tests, with the ledger, clock and database it stands on; closing it closes them all. */
final class TestGuard implements AutoCloseable {
    private final Guard guard;
    private final @Nullable TestClock clock;
    private final @Nullable PostgresPlace place;

    private TestGuard(Guard guard, @Nullable TestClock clock, @Nullable PostgresPlace place) {
        this.guard = guard;
        this.clock = clock;
        this.place = place;
    }

    /** A guard in memory, living by a clock of its own, or on a real database and its time. */
    static TestGuard start(Contract contract, boolean isOnPostgres, Consumer<Guard.Builder> further) {
        if (!isOnPostgres) {
            TestClock clock = TestClock.create();
            Guard.Builder builder =
                    builder(contract, new InMemoryLedger(clock), further).clock(clock);
            return new TestGuard(builder.build(), clock, null);
        }
        PostgresPlace place = PostgresPlace.open();
        try {
            return new TestGuard(builder(contract, place.ledger(), further).build(), null, place);
        } catch (RuntimeException e) {
            place.ledger().close();
            place.close();
            throw e;
        }
    }

    Guard guard() {
        return guard;
    }

    Optional<TestClock> clock() {
        return Optional.ofNullable(clock);
    }

    @Override
    public void close() {
        try {
            guard.close();
        } finally {
            if (place != null) {
                place.close();
            }
        }
    }

    private static Guard.Builder builder(Contract contract, Ledger ledger, Consumer<Guard.Builder> further) {
        Guard.Builder builder =
                Guard.builder().contract(contract).ledger(ledger).signer(Ed25519Signer.generate());
        further.accept(builder);
        return builder;
    }
}
