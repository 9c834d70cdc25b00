package io.spendguard.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.Namespace;
import io.spendguard.model.IdSource;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.test.TestClock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.state.ActionChain;

/**
 * Whatever is done to a ledger in memory, it answers and keeps what a small model of the documents does. Longer chains by
 * {@code -Dmodel.steps=N}.
 */
class SpendModelPropertyTest {
    private static final int STEPS = Integer.getInteger("model.steps", 250);
    private static final Ed25519Signer KEY = Ed25519Signer.generate();

    private TestClock clock = TestClock.create();
    private Ledger ledger = new InMemoryLedger(clock);

    @Property(tries = 15, seed = "20261126", shrinking = ShrinkingMode.BOUNDED)
    void ledger_anyActions_agreesWithTheModel(@ForAll("assumed") ActionChain<SpendWorld> chain) {
        checkRecords(chain.run());
    }

    @Property(tries = 8, seed = "20261126", shrinking = ShrinkingMode.BOUNDED)
    void ledger_anyActionsOnLockedRows_agreesWithTheModel(@ForAll("planned") ActionChain<SpendWorld> chain) {
        checkRecords(chain.run());
    }

    @Provide
    Arbitrary<ActionChain<SpendWorld>> assumed() {
        return SpendActions.chains(() -> world(false), STEPS, step -> clock.advance(step));
    }

    @Provide
    Arbitrary<ActionChain<SpendWorld>> planned() {
        return SpendActions.chains(() -> world(true), STEPS, step -> clock.advance(step));
    }

    private SpendWorld world(boolean blocks) {
        clock = TestClock.create();
        ledger = new InMemoryLedger(clock);
        return new SpendWorld(new SpendWorld.Setting(
                ledger,
                clock,
                IdSource.timeOrdered(clock, new Random(7)),
                new Quick(),
                Duration.ofHours(6),
                3,
                blocks));
    }

    /** One event for each decision, one final outcome for each settled hold, and entries that explain the balances. */
    private void checkRecords(SpendWorld world) {
        Map<String, Long> sums = new HashMap<>();
        Set<String> decided = new HashSet<>();
        Set<String> ended = new HashSet<>();
        ledger.events(SpendWorld.TENANT, event -> {
            JsonObject data = JsonObject.parse(event.draft().payload()).object("data");
            if (event.draft().type().equals(EventTypes.DECISION)) {
                assertThat(decided.add(data.object("decision").string("id"))).isTrue();
            }
            if (event.draft().type().equals(EventTypes.OUTCOME)
                    && data.object("outcome").bool("final")) {
                assertThat(ended.add(data.object("outcome").string("decision"))).isTrue();
            }
            if (data.has("entries")) {
                data.objects("entries")
                        .forEach(entry -> sums.merge(
                                entry.string("account") + entry.string("kind"),
                                Long.parseLong(entry.string("atomic")),
                                Long::sum));
            }
        });
        assertThat(decided).hasSize(world.decisions());
        assertThat(ended).hasSize(world.outcomes());
        ledger.accounts(SpendWorld.TENANT, Namespace.ENFORCE).forEach(state -> {
            String id = state.account().id().toString();
            assertThat(sums.getOrDefault(id + EntryKind.SPENT, 0L)).isEqualTo(state.spent());
            assertThat(sums.getOrDefault(id + EntryKind.HELD, 0L)).isEqualTo(state.held());
            assertThat(sums.getOrDefault(id + EntryKind.DEBT, 0L)).isEqualTo(-state.debt());
            assertThat(sums.getOrDefault(id + EntryKind.AVAILABLE, 0L)).isEqualTo(state.available());
        });
        world.close();
    }

    /** Signs nothing: here are no signatures to verify, and they take longer than all the rest. */
    private static final class Quick implements Signer {
        @Override
        public String keyId() {
            return KEY.keyId();
        }

        @Override
        public String algorithm() {
            return KEY.algorithm();
        }

        @Override
        public byte[] publicKey() {
            return KEY.publicKey();
        }

        @Override
        public byte[] sign(byte[] message) {
            return new byte[64];
        }
    }
}
