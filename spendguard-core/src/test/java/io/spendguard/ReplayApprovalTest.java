package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.decision.Replay;
import io.spendguard.evidence.AuditEvent;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Decision;
import io.spendguard.model.Effect;
import io.spendguard.model.Money;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Decisions that waited for an approval are replayed with the answers they got. */
class ReplayApprovalTest {
    private static final String TEXT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: wires, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 10.00 USD, window: {type: total}}
              rules:
                - id: money_leaves
                  at: [tool.call.pre]
                  when: action.tool == "wire"
                  effect: {decision: require_approval, approval: {role: team-lead, ttl: PT4H, fallback: stop}}
                  reasonCode: MONEY_LEAVES
            """;
    private static final Contract CONTRACT = Contract.parse(TEXT, "wires.yaml");
    private static final Approver LEA = new Approver("Lea", ApproverRole.TEAM_LEAD);

    private final HandClock clock = new HandClock();

    @Test
    void compare_underTheSameContract_answersAsIsRecorded() {
        Replay.Result result = Replay.of(events()).compare(CONTRACT, CONTRACT, PriceBook.bundled());

        assertThat(result).isEqualTo(new Replay.Result(8, 0, 0, List.of()));
    }

    @Test
    void compare_lowerLimit_findsTheApprovedAttemptThatWouldNotFit() {
        Replay.Result result = Replay.of(events())
                .compare(CONTRACT, contract(TEXT.replace("10.00 USD", "1.00 USD")), PriceBook.bundled());

        assertThat(result.replayed()).isEqualTo(8);
        assertThat(changes(result)).containsExactly("approved CONTINUE STOP");
    }

    @Test
    void compare_nothingAsked_allowsAtOnceWhatWaited() {
        Replay.Result result = Replay.of(events())
                .compare(CONTRACT, contract(TEXT.replace("\"wire\"", "\"loan\"")), PriceBook.bundled());

        assertThat(result.replayed()).isEqualTo(8);
        assertThat(changes(result))
                .as("the approved attempt was allowed before, too, and what it spends is spent once")
                .containsExactly(
                        "approved REQUIRE_APPROVAL CONTINUE",
                        "denied REQUIRE_APPROVAL CONTINUE",
                        "late REQUIRE_APPROVAL CONTINUE",
                        "denied STOP CONTINUE",
                        "late STOP CONTINUE");
    }

    @Test
    void compare_stricterRole_hasItApprovedAllTheSame() {
        Replay.Result result = Replay.of(events())
                .compare(
                        CONTRACT, contract(TEXT.replace("role: team-lead", "role: tenant-admin")), PriceBook.bundled());

        assertThat(changes(result)).isEmpty();
    }

    @Test
    void compare_shorterTtl_findsTheAnswerThatWouldHaveComeTooLate() {
        Replay.Result result =
                Replay.of(events()).compare(CONTRACT, contract(TEXT.replace("PT4H", "PT5M")), PriceBook.bundled());

        assertThat(changes(result)).containsExactly("approved CONTINUE STOP");
    }

    private static Contract contract(String text) {
        return Contract.parse(text, "other.yaml");
    }

    private static List<String> changes(Replay.Result result) {
        return result.differences().stream()
                .map(difference ->
                        difference.action().key() + " " + difference.before().effect() + " "
                                + difference.after().effect())
                .toList();
    }

    private List<AuditEvent> events() {
        InMemoryLedger ledger = new InMemoryLedger(clock);
        try (Guard guard = Guard.builder()
                .contract(CONTRACT)
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .clock(clock)
                .build()) {
            Action approved = wire("approved");
            Action denied = wire("denied");
            Action late = wire("late");
            guard.decide(approved);
            guard.decide(denied);
            guard.decide(late);
            pass(Duration.ofMinutes(10));
            guard.approve("acme", "approved", LEA, "right");
            guard.deny("acme", "denied", LEA, "wrong");
            pass(Duration.ofMinutes(10));
            guard.decide(approved).orThrow().commit(Money.parse("1.50 USD"));
            guard.decide(denied);
            guard.decide(search()).orThrow().commit(Money.parse("0.10 USD"));
            pass(Duration.ofHours(4));
            assertThat(guard.decide(late)).isInstanceOf(Decision.Stop.class);
            guard.decide(search()).orThrow().commit(Money.parse("0.10 USD"));
            assertThat(guard.decide(approved).effect()).isEqualTo(Effect.STOP);
        }
        List<AuditEvent> events = new ArrayList<>();
        ledger.events(
                "acme",
                event -> events.add(AuditEvent.stored(
                        event.draft().id(),
                        event.draft().tenant(),
                        event.draft().type(),
                        event.draft().payload())));
        return events;
    }

    private void pass(Duration time) {
        clock.now = clock.now.plus(time);
    }

    private Action wire(String key) {
        pass(Duration.ofSeconds(1));
        return Action.toolCall("wire").key(key).cost(Money.parse("1.50 USD")).build();
    }

    private Action search() {
        pass(Duration.ofSeconds(1));
        return Action.toolCall("search").cost(Money.parse("0.10 USD")).build();
    }

    /** A clock that stands where it is set. */
    private static final class HandClock extends Clock {
        private Instant now = Instant.parse("2026-11-23T12:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
