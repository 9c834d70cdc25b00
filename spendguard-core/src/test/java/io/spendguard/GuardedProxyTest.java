package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Amount;
import io.spendguard.model.Guarded;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardedProxyTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: tools, tenant: acme}
            spec:
              budgets:
                - {id: money, limit: 0.05 USD, window: {type: calendar_day, timezone: UTC}}
            """;

    private final Guard guard = Guard.builder()
            .contract(Contract.parse(CONTRACT, "test.yaml"))
            .ledger(new InMemoryLedger(NOON))
            .signer(Ed25519Signer.generate())
            .clock(NOON)
            .build();

    @AfterEach
    void close() {
        guard.close();
    }

    @Test
    void call_methodMarkedInTheInterface_isDecidedAndCharged() throws Exception {
        Search search = GuardedProxy.of(Search.class, new Web(), guard);

        assertThat(search.find("cats")).isEqualTo("web: cats");

        assertThat(spent()).isEqualTo("0.01 USD");
    }

    @Test
    void call_methodMarkedWhereItIsImplemented_hasThatCost() throws Exception {
        Search search = GuardedProxy.of(Search.class, new Dear(), guard);

        search.find("cats");

        assertThat(spent()).isEqualTo("0.04 USD");
        assertThatThrownBy(() -> search.find("dogs")).isInstanceOf(SpendDeniedException.class);
    }

    @Test
    void call_genericInterface_findsTheMarkBehindTheBridge() {
        @SuppressWarnings("unchecked")
        UnaryOperator<String> shout = GuardedProxy.of(UnaryOperator.class, new Shout(), guard);

        assertThat(shout.apply("cat")).isEqualTo("CAT");

        assertThat(spent()).isEqualTo("0.03 USD");
    }

    @Test
    void call_genericMethodMarkedAbove_narrowedByASubinterface_isCharged() {
        TextLookup lookup = GuardedProxy.of(TextLookup.class, query -> "found " + query, guard);

        assertThat(lookup.find("cats")).isEqualTo("found cats");

        assertThat(spent()).isEqualTo("0.02 USD");
    }

    @Test
    void call_unmarkedMethod_passesThrough() {
        Search search = GuardedProxy.of(Search.class, new Web(), guard);

        assertThat(search.size()).isEqualTo(7);
        assertThat(search.isEmpty()).as("a default method").isFalse();

        assertThat(guard.balances("acme")).isEmpty();
    }

    @Test
    void call_checkedException_isTheMethodsOwn() {
        TimeoutException late = new TimeoutException("late");
        Search guarded = GuardedProxy.of(Search.class, new Web(late), guard);

        assertThatThrownBy(() -> guarded.find("cats")).isSameAs(late);
        assertThatThrownBy(guarded::reset).isSameAs(late);
    }

    @Test
    void call_proxyOfAProxy_chargesOnce() throws Exception {
        Search inner = GuardedProxy.of(Search.class, new Web(), guard);
        Search outer = GuardedProxy.of(Search.class, inner, guard);

        outer.find("cats");

        assertThat(spent()).isEqualTo("0.01 USD");
    }

    @Test
    void call_ofTheSameToolInside_atACostThatNothingWasHeldFor_isDecided() {
        Batch batch = GuardedProxy.of(Batch.class, new Batch() {}, guard);

        assertThatThrownBy(() -> batch.send(1, () -> batch.send(9, () -> {}))).isInstanceOf(SpendDeniedException.class);
        assertThat(spent()).isEqualTo("0.00 USD");
        batch.send(3, () -> batch.send(2, () -> {}));

        assertThat(spent()).isEqualTo("0.03 USD");
    }

    @Test
    void action_otherArgumentsOfOneText_isAnotherAction() throws Exception {
        GuardedMethod join = GuardedMethod.of(Join.class.getDeclaredMethod("join", String.class, String.class))
                .orElseThrow();

        assertThat(join.action(new Object[] {"a, b", "c"}).content())
                .isNotEqualTo(join.action(new Object[] {"a", "b, c"}).content())
                .isEqualTo(join.action(new Object[] {"a, b", "c"}).content());
    }

    @Test
    void call_withoutAGuardOfItsOwn_usesTheOpenOneOrIsNotMade() throws Exception {
        Web web = new Web();
        Search search = GuardedProxy.of(Search.class, web);

        try (Guard.Handle open = guard.open()) {
            search.find("cats");
        }

        assertThat(spent()).isEqualTo("0.01 USD");
        assertThatIllegalStateException()
                .isThrownBy(() -> search.find("dogs"))
                .withMessage(
                        "GuardedMethod[io.spendguard.GuardedProxyTest$Search.find(String)] found no guard and was not"
                                + " called: none is open on this thread or installed. Open or install one, or give the proxy its"
                                + " own.");
        assertThat(web.calls).isEqualTo(1);
    }

    @Test
    void objectMethods_areThoseOfTheTargetUnderItsGuard() {
        Web web = new Web();
        Search search = GuardedProxy.of(Search.class, web, guard);

        assertThat(search)
                .isEqualTo(GuardedProxy.of(Search.class, web, guard))
                .isNotEqualTo(GuardedProxy.of(Search.class, web))
                .isNotEqualTo(GuardedProxy.of(Search.class, new Web(), guard))
                .isNotEqualTo(web)
                .hasSameHashCodeAs(web)
                .hasToString("Guarded[the web]");
        assertThat(search.equals(null)).isFalse();
    }

    @Test
    void of_faultsOfAllMethods_areSaidWhenItIsCreated() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GuardedProxy.of(Wrong.class, new Wrong() {}, guard))
                .withMessageContaining(
                        "io.spendguard.GuardedProxyTest$Wrong.one() @Guarded cost 'dear': Amount 'dear' is malformed: write"
                                + " number, one space, unit, such as '25.00 USD' or '3 calls', without sign, symbol or"
                                + " thousands separator.")
                .withMessageContaining(
                        "io.spendguard.GuardedProxyTest$Wrong.two() @Guarded cost '3 calls': Action charge of 3 calls: calls"
                                + " and tokens are counted, not charged. Charge money or credits.NAME.");
    }

    @Test
    void of_methodThatWorksAfterItsReturn_asOftenAsSomebodyListens_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GuardedProxy.of(Feed.class, () -> new SubmissionPublisher<>(), guard))
                .withMessage(
                        "io.spendguard.GuardedProxyTest$Feed.follow() @Guarded: returns a SubmissionPublisher, which does"
                                + " its work when it is subscribed to, as often as that happens. Return what it emits.");
    }

    @Test
    void of_nothingToGuard_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GuardedProxy.of(Runnable.class, new Quiet(), guard))
                .withMessage("Type java.lang.Runnable has no @Guarded method, and neither has"
                        + " io.spendguard.GuardedProxyTest$Quiet where it implements it: nothing would be guarded."
                        + " Mark a method.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> GuardedProxy.of(Web.class, new Web(), guard))
                .withMessage(
                        "Type io.spendguard.GuardedProxyTest$Web is no interface: only calls through an interface can"
                                + " be guarded. Name one that the target implements.");
    }

    private String spent() {
        return guard.balances("acme").stream()
                .filter(balance -> balance.budgetId().equals("money"))
                .map(balance -> balance.spent())
                .map(Amount::toString)
                .findFirst()
                .orElseThrow();
    }

    interface Search {
        @Guarded(cost = "0.01 USD")
        String find(String query) throws TimeoutException;

        int size();

        void reset() throws TimeoutException;

        default boolean isEmpty() {
            return size() == 0;
        }
    }

    static class Web implements Search {
        private final TimeoutException late;
        int calls;

        Web() {
            this(null);
        }

        Web(TimeoutException late) {
            this.late = late;
        }

        @Override
        public String find(String query) throws TimeoutException {
            reset();
            calls++;
            return "web: " + query;
        }

        @Override
        public int size() {
            return 7;
        }

        @Override
        public void reset() throws TimeoutException {
            if (late != null) {
                throw late;
            }
        }

        @Override
        public String toString() {
            return "the web";
        }
    }

    static final class Dear extends Web {
        @Override
        @Guarded(cost = "0.04 USD")
        public String find(String query) throws TimeoutException {
            return super.find(query);
        }
    }

    static final class Shout implements UnaryOperator<String> {
        @Override
        @Guarded(cost = "0.01 USD", per = "text")
        public String apply(String text) {
            return text.toUpperCase(Locale.ROOT);
        }
    }

    static final class Quiet implements Runnable {
        @Override
        public void run() {}
    }

    interface Lookup<T> {
        @Guarded(cost = "0.02 USD")
        T find(T query);
    }

    interface TextLookup extends Lookup<String> {
        @Override
        String find(String query);
    }

    interface Batch {
        @Guarded(cost = "0.01 USD", per = "mails")
        default void send(int mails, Runnable then) {
            then.run();
        }
    }

    interface Join {
        @Guarded
        String join(String one, String other);
    }

    interface Feed {
        @Guarded(cost = "0.01 USD")
        SubmissionPublisher<String> follow();
    }

    interface Wrong {
        @Guarded(cost = "dear")
        default void one() {}

        @Guarded(cost = "3 calls")
        default void two() {}
    }
}
