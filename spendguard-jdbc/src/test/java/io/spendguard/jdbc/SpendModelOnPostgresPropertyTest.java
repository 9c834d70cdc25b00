package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.decision.EvidenceExport;
import io.spendguard.model.IdSource;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.verify.Verifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.state.ActionChain;
import org.jspecify.annotations.Nullable;

/**
 * As {@link SpendModelPropertyTest}, on PostgreSQL, whose own time decides: windows are so long that none ends meanwhile. Longer
 * chains by {@code -Dmodel.postgres.steps=N}.
 */
class SpendModelOnPostgresPropertyTest {
    private static final int STEPS = Integer.getInteger("model.postgres.steps", 250);

    private final Ed25519Signer key = Ed25519Signer.generate();
    private @Nullable Database place;

    @Property(tries = 1, seed = "20261126", shrinking = ShrinkingMode.OFF)
    void ledger_anyActions_agreesWithTheModel(@ForAll("chains") ActionChain<SpendWorld> chain) throws IOException {
        try (Database database = TestLedgers.newDatabase()) {
            place = database;
            chain.run().close();

            assertThat(LedgerCheck.run(TestLedgers.application(database), null).findings())
                    .isEmpty();
            assertThat(verified(database)).isZero();
        }
    }

    @Provide
    Arbitrary<ActionChain<SpendWorld>> chains() {
        return SpendActions.chains(
                () -> new SpendWorld(new SpendWorld.Setting(
                        PostgresLedger.open(TestLedgers.application(Objects.requireNonNull(place))),
                        Clock.systemUTC(),
                        IdSource.system(),
                        key,
                        Duration.ofDays(30),
                        1,
                        false)),
                STEPS,
                null);
    }

    private long verified(Database database) throws IOException {
        Path file = Files.createTempDirectory("model").resolve("evidence.zip");
        try (PostgresLedger ledger = PostgresLedger.open(TestLedgers.application(database))) {
            EvidenceExport.from(ledger).tenant(SpendWorld.TENANT).write(key, Clock.systemUTC(), file);
        }
        long findings = Verifier.verify(file, Anchors.of(key.verificationKey())).findingCount();
        Files.delete(file);
        return findings;
    }
}
