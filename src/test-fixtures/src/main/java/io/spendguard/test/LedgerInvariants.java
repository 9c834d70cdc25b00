package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of a ledger's whole content at any quiet moment, recomputed from its events alone. Reads everything: for
 * tests. Understands the events of {@link TestOperation}.
 */
public final class LedgerInvariants {
    private final Ledger ledger;
    private final List<SealedEvent> events = new ArrayList<>();

    private LedgerInvariants(Ledger ledger) {
        this.ledger = ledger;
        ledger.events(null, events::add);
    }

    /**
     * Checks streams, signatures, balances, holds and answers; throws {@link AssertionError} naming the first that does
     * not hold.
     *
     * @param closed whether every session was closed in order, so that every stream must end with its closing event
     */
    public static void check(Ledger ledger, boolean closed) {
        LedgerInvariants invariants = new LedgerInvariants(ledger);
        invariants.checkStreams(closed);
        invariants.checkBalances();
        invariants.checkAnswers();
    }

    private void checkStreams(boolean closed) {
        Map<UUID, List<SealedEvent>> streams = new LinkedHashMap<>();
        SealedEvent previous = null;
        Set<String> tenantsLeft = new HashSet<>();
        for (SealedEvent event : events) {
            boolean isNewStream = previous == null || !previous.stream().equals(event.stream());
            assertThat(!isNewStream || !streams.containsKey(event.stream()))
                    .as("events of stream %s come together", event.stream())
                    .isTrue();
            if (previous != null
                    && !previous.draft().tenant().equals(event.draft().tenant())) {
                tenantsLeft.add(previous.draft().tenant());
            }
            assertThat(tenantsLeft)
                    .as("events of a tenant come together")
                    .doesNotContain(event.draft().tenant());
            streams.computeIfAbsent(event.stream(), stream -> new ArrayList<>()).add(event);
            previous = event;
        }
        List<io.spendguard.ledger.EventSealer.Key> keys = ledger.keys();
        streams.forEach((stream, chained) -> {
            checkChain(stream, chained, closed);
            for (SealedEvent event : chained) {
                assertThat(TestSealer.verifies(event, keys))
                        .as("event %s of stream %s verifies under the stored keys", event.seq(), stream)
                        .isTrue();
            }
        });
    }

    private static void checkChain(UUID stream, List<SealedEvent> chained, boolean closed) {
        @Nullable Digest previous = null;
        for (int i = 0; i < chained.size(); i++) {
            SealedEvent event = chained.get(i);
            String place = "event " + event.seq() + " of stream " + stream;
            assertThat(event.seq()).as("%s has the next position", place).isEqualTo(i + 1);
            assertThat(event.draft().tenant())
                    .as("%s has the stream's tenant", place)
                    .isEqualTo(chained.get(0).draft().tenant());
            assertThat(Digest.sha256(event.draft().payload()))
                    .as("%s has its payload's digest", place)
                    .isEqualTo(event.draft().digest());
            previous = TestSealer.chain(previous, event.draft().digest());
            assertThat(event.chain()).as("%s continues the chain", place).isEqualTo(previous);
            assertThat(event.draft().type().equals(TestSealer.OPENED))
                    .as("%s opens the stream, and only the first does", place)
                    .isEqualTo(i == 0);
            boolean isLast = i == chained.size() - 1;
            assertThat(event.draft().type().equals(TestSealer.CLOSED))
                    .as("%s closes the stream, and only the last does", place)
                    .isEqualTo(closed && isLast);
        }
    }

    private void checkBalances() {
        Map<AccountId, Map<EntryKind, Long>> sums = new TreeMap<>();
        Map<AccountId, Long> held = new TreeMap<>();
        Set<String> tenants = new HashSet<>();
        for (SealedEvent event : events) {
            tenants.add(event.draft().tenant());
            for (Entry entry : TestEvents.entries(event.draft())) {
                sums.computeIfAbsent(entry.account(), id -> new EnumMap<>(EntryKind.class))
                        .merge(entry.kind(), entry.atomic(), Math::addExact);
            }
            for (Claim claim : stillHeld(event)) {
                held.merge(claim.account().id(), claim.atomic(), Math::addExact);
            }
        }
        Set<AccountId> known = new HashSet<>();
        for (String tenant : tenants) {
            for (Namespace namespace : Namespace.values()) {
                for (AccountState state : ledger.accounts(tenant, namespace)) {
                    known.add(state.account().id());
                    checkAccount(state, sums.getOrDefault(state.account().id(), Map.of()));
                    assertThat(held.getOrDefault(state.account().id(), 0L))
                            .as("open reservations on %s explain what it holds", state.account())
                            .isEqualTo(state.held());
                }
            }
        }
        assertThat(known).as("every account with entries is there").containsAll(sums.keySet());
    }

    private static void checkAccount(AccountState state, Map<EntryKind, Long> sums) {
        assertThat(Map.of(
                        EntryKind.ADJUSTMENT,
                        -state.contracted(),
                        EntryKind.GRANT,
                        -state.granted(),
                        EntryKind.SPENT,
                        state.spent(),
                        EntryKind.HELD,
                        state.held(),
                        EntryKind.DEBT,
                        -state.debt(),
                        EntryKind.AVAILABLE,
                        state.available()))
                .as("the entries in events explain the balances of %s", state.account())
                .allSatisfy(
                        (kind, balance) -> assertThat(balance).as("%s", kind).isEqualTo(sums.getOrDefault(kind, 0L)));
    }

    private List<Claim> stillHeld(SealedEvent event) {
        String hold = JsonObject.parse(event.draft().payload()).stringOrNull("hold");
        if (hold == null) {
            return List.of();
        }
        Reservation reservation = ledger.reservation(event.draft().tenant(), UUID.fromString(hold))
                .orElseThrow(() -> new AssertionError("Reservation " + hold + " that an event tells of is not there."));
        return reservation.state().isOpen() ? reservation.claims() : List.of();
    }

    private void checkAnswers() {
        Set<String> seen = new HashSet<>();
        for (SealedEvent event : events) {
            if (!event.draft().type().equals(TestEvents.OPERATION)) {
                continue;
            }
            JsonObject payload = JsonObject.parse(event.draft().payload());
            OperationKind kind = OperationKind.valueOf(payload.string("operation"));
            String key = payload.string("key");
            String tenant = event.draft().tenant();
            assertThat(seen.add(tenant + '\n' + kind + '\n' + key))
                    .as("%s '%s' of tenant '%s' has one event", kind, key, tenant)
                    .isTrue();
            assertThat(ledger.answer(tenant, kind, key))
                    .as("%s '%s' of tenant '%s' has the answer its event tells of", kind, key, tenant)
                    .hasValueSatisfying(
                            answer -> assertThat(answer).isEqualTo(TestOperation.utf8(payload.string("answer"))));
        }
    }
}
