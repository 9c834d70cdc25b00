package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Effect;
import io.spendguard.model.Guarded;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardedMethodTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: tools, tenant: acme}
            spec:
              budgets:
                - {id: money, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
                - {id: search, limit: 10 credits.search, window: {type: calendar_day, timezone: UTC}}
            """;

    private final Guard guard = Guard.builder()
            .contract(Contract.parse(CONTRACT, "test.yaml"))
            .ledger(new InMemoryLedger(NOON))
            .signer(Ed25519Signer.generate())
            .clock(NOON)
            .build();
    private final Tools tools = new Tools();

    @AfterEach
    void close() {
        guard.close();
    }

    @Test
    void invoke_fixedCost_chargesItWhenTheMethodReturns() throws Throwable {
        Object answer = guarded("weather").invoke(guard, tools, new Object[] {"Bern"});

        assertThat(answer).isEqualTo("sunny in Bern");
        assertThat(balance("money"))
                .returns(Amount.parse("0.01 USD"), Balance::spent)
                .returns(Amount.parse("0.00 USD"), Balance::held);
    }

    @Test
    void invoke_costPerArgument_chargesItSoManyTimes() throws Throwable {
        guarded("search").invoke(guard, tools, new Object[] {"cats", 3});

        assertThat(balance("search").spent()).isEqualTo(Amount.parse("6 credits.search"));
        assertThat(balance("money").spent()).isEqualTo(Amount.parse("0.00 USD"));
    }

    @Test
    void invoke_exception_passesUntouchedAndKeepsTheHold() {
        assertThatThrownBy(() -> guarded("broken").invoke(guard, tools, new Object[0]))
                .isSameAs(tools.failure)
                .hasNoCause();

        assertThat(balance("money"))
                .returns(Amount.parse("0.02 USD"), Balance::held)
                .returns(Amount.parse("0.00 USD"), Balance::spent);
    }

    @Test
    void invoke_methodThatCommitsItsOwnPrice_isChargedThat() throws Throwable {
        guarded("learns").invoke(guard, tools, new Object[0]);

        assertThat(balance("money"))
                .returns(Amount.parse("0.25 USD"), Balance::spent)
                .returns(Amount.parse("0.00 USD"), Balance::held);
    }

    @Test
    void invoke_refused_callsTheFallbackAndHoldsNothing() throws Throwable {
        Object answer = guarded("search").invoke(guard, tools, new Object[] {"cats", 6});

        assertThat(answer).isEqualTo("cached cats");
        assertThat(tools.searches).isZero();
        assertThat(balance("search").available()).isEqualTo(Amount.parse("10 credits.search"));
    }

    @Test
    void invoke_refusedWithoutFallback_throwsTheDecision() {
        SpendDeniedException denied = catchThrowableOfType(
                SpendDeniedException.class, () -> guarded("dear").invoke(guard, tools, new Object[0]));

        assertThat(denied.decision().effect()).isEqualTo(Effect.STOP);
        assertThat(denied.decision().reasons())
                .containsExactly(Reason.of(
                        ReasonCode.BUDGET_EXHAUSTED,
                        "Budget 'money' cannot hold 5.00 USD: 1.00 USD available until 2026-11-24T00:00:00Z."
                                + " Raise its limit or handle Stop."));
    }

    @Test
    void invoke_refusalInsideTheMethod_isTheMethodsOwnExceptionAndNoReasonToFallBack() {
        assertThatThrownBy(() -> guarded("outer").invoke(guard, tools, new Object[] {this}))
                .isInstanceOf(SpendDeniedException.class)
                .hasMessageContaining("cannot hold 5.00 USD");

        assertThat(tools.fallbacks).isZero();
        assertThat(balance("money").held()).isEqualTo(Amount.parse("0.01 USD"));
    }

    @Test
    void invoke_insideACallOfTheSameTool_chargesOnce_ofAnotherTool_chargesBoth() throws Throwable {
        GuardedMethod weather = guarded("weather");

        guard.call(
                Action.toolCall("weather").cost(Money.parse("0.03 USD")).build(),
                permit -> weather.invoke(guard, tools, new Object[] {"Bern"}));
        assertThat(balance("money").spent()).isEqualTo(Amount.parse("0.03 USD"));

        guard.call(
                Action.toolCall("travel").cost(Money.parse("0.10 USD")).build(),
                permit -> weather.invoke(guard, tools, new Object[] {"Bern"}));
        assertThat(balance("money").spent()).isEqualTo(Amount.parse("0.14 USD"));
    }

    @Test
    void invoke_argumentsThatDoNotFit_neverReachTheMethodAndHoldNothing() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> guarded("weather").invoke(guard, tools, new Object[] {7}));

        assertThat(balance("money").available()).isEqualTo(Amount.parse("1.00 USD"));
    }

    @Test
    void apply_actionOfAnAdapter_addsCostAndLabelsAndKeepsTheRest() {
        Action.Builder own = Action.toolCall("web_search")
                .run("r1")
                .label("caller", "agent")
                .label("team", "none")
                .charge(Amount.parse("1 credits.maps"));

        Action action = guarded("search").apply(own, new Object[] {"cats", 2}).build();

        assertThat(action.tool()).contains("web_search");
        assertThat(action.run()).contains("r1");
        assertThat(action.charges()).containsExactly(Amount.parse("1 credits.maps"), Amount.parse("4 credits.search"));
        assertThat(action.labels()).containsExactlyInAnyOrderEntriesOf(Map.of("caller", "agent", "team", "web=1"));
    }

    @Test
    void apply_argumentsByName_areReadAsTheParameterMeansThem() {
        assertThat(charges("search", Map.of("query", "cats", "pages", "3"))).containsExactly("6 credits.search");
        assertThat(charges("search", Map.of("query", "cats", "pages", 3.0))).containsExactly("6 credits.search");
        assertThat(charges("embed", Map.of("texts", List.of("a", "b")))).containsExactly("2 credits.search");
        assertThat(charges("speak", Map.of("text", 12345))).containsExactly("5 credits.search");
    }

    @Test
    void action_countsNumbersTextsAndContainers() {
        assertThat(charge("speak", "née 🎈")).isEqualTo("5 credits.search");
        assertThat(charge("embed", (Object) new String[] {"a", "b", "c"})).isEqualTo("3 credits.search");
        assertThat(charge("batch", List.of(1, 2, 3, 4))).isEqualTo("4 credits.search");
        assertThat(charge("fields", Map.of("a", 1))).isEqualTo("1 credits.search");
        assertThat(charge("search", "cats", 0)).isEqualTo("0 credits.search");
    }

    @Test
    void action_costThatCannotBeCounted_isRefusedBeforeAnythingRuns() {
        String place = "io.spendguard.GuardedMethodTest$Tools.search(String, int) @Guarded per 'pages': ";
        GuardedMethod search = guarded("search");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> search.invoke(guard, tools, new Object[] {"cats", -1}))
                .withMessage(place + "the argument is -1: a count is 0 or more. Pass no less.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> search.apply(Action.toolCall("t"), Map.of()))
                .withMessage(place + "the argument is null, so that the cost has no bound. Pass one.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> search.apply(Action.toolCall("t"), Map.of("pages", 1.5)))
                .withMessage(place + "the argument is no whole number up to 9223372036854775807. Pass one.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> search.apply(Action.toolCall("t"), Map.of("pages", Long.MAX_VALUE)))
                .withMessage(place + "the argument is 9223372036854775807, and so many times 2 credits.search is more"
                        + " than can be counted, 9223372036854775807 credits.search. Pass less.");
        assertThat(tools.searches).isZero();
    }

    @Test
    void of_unmarkedMethod_isEmpty() {
        assertThat(GuardedMethod.of(method(Tools.class, "free"))).isEmpty();
    }

    @Test
    void of_toolName_isTheMethodsUnlessGiven() {
        assertThat(guarded("weather").tool()).isEqualTo("weather");
        assertThat(guarded("dear").tool()).isEqualTo("gpu.rent");
        assertThat(guarded("dear").action(new Object[0]).tool()).contains("gpu.rent");
    }

    @Test
    void of_fallback_isThereForAdaptersThatCallItThemselves() {
        assertThat(guarded("search").fallback()).contains(method(Tools.class, "cached"));
        assertThat(guarded("weather").fallback()).isEmpty();
    }

    @Test
    void of_overridingMethod_hasTheAnnotationItOverrides() {
        GuardedMethod read =
                GuardedMethod.of(method(Override2.class, "weather")).orElseThrow();

        assertThat(read.action(new Object[] {"Bern"}).fixedCost()).contains(Money.parse("0.01 USD"));
    }

    @Test
    void of_methodThatImplementsAGenericOne_hasTheAnnotationItOverrides() throws Exception {
        assertThat(GuardedMethod.of(Words.class.getDeclaredMethod("count", String.class)))
                .hasValueSatisfying(method -> assertThat(method.tool()).isEqualTo("count"));
        assertThat(GuardedMethod.of(MoreWords.class.getDeclaredMethod("count", String.class)))
                .as("overrides a method that implements a generic one")
                .isPresent();
    }

    @Test
    void of_everythingWrong_isSaidAtOnceWithItsPlace() {
        String place = "io.spendguard.GuardedMethodTest$Wrong.call(String, Object) @Guarded ";

        assertThatIllegalArgumentException()
                .isThrownBy(() -> GuardedMethod.of(method(Wrong.class, "call")))
                .withMessage(String.join(
                        "\n",
                        place
                                + "tool ' ': Action tool of 1 characters is blank or longer than 200. Give a short stable name.",
                        place + "cost '1 dollar': Unknown unit 'dollar'. Use an ISO-4217 currency such as USD, calls,"
                                + " tokens.input, tokens.output, tokens.total or credits.NAME.",
                        place + "per 'queries': names no parameter. Use one of [query, anything].",
                        place + "labels 'team': a label has a name and a value. Write name=value.",
                        place + "labels 'a=2': the label is there twice. Give it one value.",
                        place + "fallback 'none': its class has no method of that name with the same parameters."
                                + " Declare one beside it."));
    }

    private GuardedMethod guarded(String name) {
        return GuardedMethod.of(method(Tools.class, name)).orElseThrow();
    }

    private String charge(String name, @Nullable Object... args) {
        return guarded(name).action(args).charges().get(0).toString();
    }

    private List<String> charges(String name, Map<String, ?> args) {
        return guarded(name).apply(Action.toolCall(name), args).build().charges().stream()
                .map(Amount::toString)
                .toList();
    }

    private Balance balance(String budget) {
        return guard.balances("acme").stream()
                .filter(balance -> balance.budgetId().equals(budget))
                .findFirst()
                .orElseThrow();
    }

    private static Method method(Class<?> type, String name) {
        Optional<Method> found = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst();
        return found.orElseThrow();
    }

    static class Tools {
        final IOException failure = new IOException("unplugged");
        int searches;
        int fallbacks;

        @Guarded(cost = "0.01 USD")
        String weather(String city) {
            return "sunny in " + city;
        }

        @Guarded(cost = "2 credits.search", per = "pages", labels = "team=web=1", fallback = "cached")
        String search(String query, int pages) {
            searches++;
            return query + " on " + pages + " pages";
        }

        String cached(String query, int pages) {
            return pages > 0 ? "cached " + query : query;
        }

        @Guarded(cost = "0.02 USD")
        void broken() throws IOException {
            throw failure;
        }

        @Guarded
        void learns() {
            Permit.current().orElseThrow().commit(Money.parse("0.25 USD"));
        }

        @Guarded(cost = "5.00 USD", tool = "gpu.rent")
        void dear() {}

        @Guarded(cost = "0.01 USD", fallback = "inner")
        void outer(GuardedMethodTest test) throws Throwable {
            test.guarded("dear").invoke(test.guard, this, new Object[0]);
        }

        void inner(GuardedMethodTest test) {
            fallbacks++;
        }

        @Guarded(cost = "1 credits.search", per = "text")
        void speak(String text) {}

        @Guarded(cost = "1 credits.search", per = "texts")
        void embed(String[] texts) {}

        @Guarded(cost = "1 credits.search", per = "items")
        void batch(List<Integer> items) {}

        @Guarded(cost = "1 credits.search", per = "fields")
        void fields(Map<String, Integer> fields) {}

        void free() {}
    }

    static class Override2 extends Tools {
        @Override
        String weather(String city) {
            return "rainy in " + city;
        }
    }

    interface Counter<T> {
        @Guarded(cost = "0.01 USD")
        int count(T counted);
    }

    static class Words implements Counter<String> {
        @Override
        public int count(String counted) {
            return counted.length();
        }
    }

    static class MoreWords extends Words {
        @Override
        public int count(String counted) {
            return 2 * super.count(counted);
        }
    }

    static class Wrong {
        @Guarded(
                tool = " ",
                cost = "1 dollar",
                per = "queries",
                labels = {"team", "a=1", "a=2"},
                fallback = "none")
        String call(String query, Object anything) {
            return query;
        }
    }
}
