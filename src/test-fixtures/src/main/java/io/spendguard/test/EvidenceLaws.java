package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.EventSealer;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.PostResult;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events: one for each operation, in its stream's order, stored as they were sealed. */
interface EvidenceLaws extends LedgerLaws {
    @Test
    default void events_ofAClosedSession_areOneGaplessStreamFromOpeningToClosing() {
        lab().activate("team", 1000);
        lab().post(lab().operations().hold("h1").claim(lab().operations().account("team"), 300));

        lab().reopen();

        List<SealedEvent> events = lab().events(LedgerLab.TENANT);
        assertThat(events)
                .extracting(event -> event.draft().type())
                .containsExactly(
                        TestSealer.OPENED,
                        TestEvents.OPERATION,
                        TestEvents.OPENING,
                        TestEvents.OPERATION,
                        TestSealer.CLOSED);
        assertThat(events).extracting(SealedEvent::seq).containsExactly(1L, 2L, 3L, 4L, 5L);
        assertThat(events).extracting(SealedEvent::stream).containsOnly(events.get(0).stream());
    }

    @Test
    default void events_ofASessionNobodyUsed_areNone() {
        lab().connect(lab().ledger());

        lab().reopen();

        assertThat(lab().events(null)).isEmpty();
    }

    @Test
    default void events_storedOne_isWhatWasSealed() {
        lab().activate("team", 1000);
        PostResult.Written written = (PostResult.Written) lab().post(
                        lab().operations().hold("h1").claim(lab().operations().account("team"), 300));
        SealedEvent sealed = written.event();

        SealedEvent stored = stored(sealed);

        assertThat(stored.draft().tenant()).isEqualTo(LedgerLab.TENANT);
        assertThat(stored.draft().type()).isEqualTo(TestEvents.OPERATION);
        assertThat(stored.draft().payload()).isEqualTo(sealed.draft().payload());
        assertThat(stored.draft().digest()).isEqualTo(sealed.draft().digest());
        assertThat(stored.stream()).isEqualTo(sealed.stream());
        assertThat(stored.seq()).isEqualTo(sealed.seq());
        assertThat(stored.chain()).isEqualTo(sealed.chain());
        assertThat(stored.batchSize()).isEqualTo(sealed.batchSize());
        assertThat(stored.leafIndex()).isEqualTo(sealed.leafIndex());
        assertThat(stored.path()).isEqualTo(sealed.path());
        assertThat(stored.signature()).isEqualTo(sealed.signature());
        assertThat(stored.keyId()).isEqualTo(sealed.keyId());
    }

    @Test
    default void submit_written_returnsThePostingAndItsOwnEvent() {
        lab().activate("team", 1000);
        HoldOperation hold =
                lab().operations().hold("h1").claim(lab().operations().account("team"), 300);

        PostResult.Written written = (PostResult.Written) lab().post(hold);

        assertThat(written.posting().hold())
                .extracting(Posting.Hold::reservationId)
                .isEqualTo(hold.reservationId());
        assertThat(written.event().draft().id())
                .isEqualTo(written.posting().event().id());
    }

    @Test
    default void events_withPersonalValues_giveThemBack() {
        HoldOperation hold = lab().operations()
                .hold("h1")
                .withPersonal("ann@example.org", "salt-1")
                .withPersonal("Łucja 🙂", "salt-2");

        PostResult.Written written = (PostResult.Written) lab().post(hold);

        assertThat(stored(written.event()).draft().personal())
                .hasSize(2)
                .anySatisfy(value -> {
                    assertThat(value.value()).isEqualTo("ann@example.org");
                    assertThat(value.salt()).asString().isEqualTo("salt-1");
                    assertThat(value.commitment())
                            .isEqualTo(Digest.sha256("salt-1ann@example.org".getBytes(StandardCharsets.UTF_8)));
                })
                .anySatisfy(value -> assertThat(value.value()).isEqualTo("Łucja 🙂"));
    }

    @Test
    default void plan_throws_reachesTheCallerAndSealsNothing() {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        IllegalArgumentException thrown = new IllegalArgumentException("the planner's own");

        assertThatThrownBy(() -> lab().post(lab().operations()
                        .hold("h1")
                        .claim(team, 300)
                        .inRun("r1")
                        .failing(thrown)))
                .isSameAs(thrown);

        assertThat(lab().isOpen(team)).isFalse();
        assertThat(lab().eventTypes()).containsExactly(TestSealer.OPENED, TestEvents.OPERATION);
        lab().post(lab().operations().hold("h2").claim(team, 1));
        assertThat(lab().events(LedgerLab.TENANT)).extracting(SealedEvent::seq).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    default void events_ofTwoSessions_areTwoStreamsUnderTwoKeys() {
        LedgerSession first = lab().session();
        LedgerSession second = lab().connect(lab().openAnother());

        lab().post(first, lab().operations().hold("h1"));
        lab().post(second, lab().operations().hold("h2"));
        lab().post(first, lab().operations().hold("h3"));

        List<SealedEvent> events = lab().events(LedgerLab.TENANT);
        assertThat(events).extracting(SealedEvent::stream).hasSize(5);
        assertThat(events.stream().map(SealedEvent::stream).distinct()).hasSize(2);
        assertThat(events.stream().map(SealedEvent::keyId).distinct()).hasSize(2);
        assertThat(lab().ledger().keys())
                .extracting(EventSealer.Key::id)
                .containsExactlyInAnyOrderElementsOf(
                        events.stream().map(SealedEvent::keyId).distinct().toList());
    }

    @Test
    default void events_afterReconnecting_goToANewStream() {
        lab().post(lab().operations().hold("h1"));
        lab().reopen();
        lab().post(lab().operations().hold("h2"));

        List<SealedEvent> events = lab().events(LedgerLab.TENANT);

        assertThat(events.stream().map(SealedEvent::stream).distinct()).hasSize(2);
        assertThat(events)
                .extracting(event -> event.draft().type())
                .containsOnly(TestSealer.OPENED, TestEvents.OPERATION, TestSealer.CLOSED);
    }

    @Test
    default void events_ofOneTenant_areHandedOverWithoutTheOthers() {
        lab().post(lab().operations().hold("h1"));
        lab().post(lab().operations("other").hold("h1"));

        assertThat(lab().events(LedgerLab.TENANT))
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.draft().tenant()).isEqualTo(LedgerLab.TENANT));
        assertThat(lab().events(null)).hasSize(4);
        assertThat(lab().events("nobody")).isEmpty();
    }

    private SealedEvent stored(SealedEvent sealed) {
        return lab().events(null).stream()
                .filter(event -> event.draft().id().equals(sealed.draft().id()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("Event is not stored: " + sealed));
    }
}
