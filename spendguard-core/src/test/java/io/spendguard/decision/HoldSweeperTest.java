package io.spendguard.decision;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.evidence.StreamSealer;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Action;
import io.spendguard.model.IdSource;
import io.spendguard.model.Money;
import io.spendguard.model.Sweep;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Going through more overdue holds than one sweep takes up. */
class HoldSweeperTest {
    private static final Contract AT_ONCE = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: at-once, tenant: acme}
            spec:
              budgets:
                - {id: all, limit: 10.00 USD, window: {type: total}, reservation: {ttl: PT0.000001S}}
            """, "at-once.yaml");

    private final Clock clock = Clock.systemUTC();
    private final IdSource ids = IdSource.system();
    private final Ed25519Signer signer = Ed25519Signer.generate();
    private final InMemoryLedger ledger = new InMemoryLedger(clock);

    @Test
    void sweep_asManyBadHoldsAsItTakesUp_goesOnBehindThemTheNextTime() {
        Set<UUID> bad = new HashSet<>();
        try (Guard guard = Guard.builder()
                        .contract(AT_ONCE)
                        .ledger(ledger)
                        .signer(signer)
                        .sweepEvery(Duration.ZERO)
                        .build();
                LedgerSession session =
                        ledger.connect(new WriterHost(() -> new StreamSealer(signer, ids, clock), ids))) {
            for (int i = 0; i < 5; i++) {
                UUID decision = guard.decide(Action.toolCall("t")
                                .cost(Money.parse("1.00 USD"))
                                .build())
                        .decisionId();
                if (i < 2) {
                    bad.add(decision);
                }
            }
            HoldSweeper sweeper =
                    new HoldSweeper(ledger, new Refusing(session, bad), ids, Duration.ofSeconds(60), 1, 2);

            assertThat(sweeper.sweep()).isEqualTo(new Sweep(true, 0, 0, 2));
            assertThat(sweeper.sweep()).isEqualTo(new Sweep(true, 2, 0, 0));
            assertThat(sweeper.sweep()).isEqualTo(new Sweep(true, 1, 0, 0));
            assertThat(sweeper.sweep()).as("from the beginning again").isEqualTo(new Sweep(true, 0, 0, 2));
        }
    }

    /** A session in which some holds cannot be ended. */
    private record Refusing(LedgerSession session, Set<UUID> bad) implements LedgerSession {
        @Override
        public CompletableFuture<PostResult> submit(LedgerOperation operation, Duration patience) {
            return operation.reservation().filter(bad::contains).isPresent()
                    ? CompletableFuture.failedFuture(new IllegalStateException("no terms"))
                    : session.submit(operation, patience);
        }

        @Override
        public void close() {
            session.close();
        }
    }
}
