package io.spendguard.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Action;
import io.spendguard.model.Money;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.Usage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Currency;
import org.junit.jupiter.api.Test;

class PriceBookTest {
    private static final Instant NOW = Instant.parse("2026-11-23T00:00:00Z");
    private static final PriceBook BOOK = PriceBook.bundled();
    private static final Estimator ESTIMATOR = new Estimator(BOOK);

    @Test
    void costRoundedUp_gpt4o_isThePublishedPrice() {
        Price price = BOOK.find("openai", "gpt-4o", NOW).orElseThrow();

        assertThat(price.costRoundedUp(Usage.of(8_000, 16_000))).isEqualTo(Money.parse("0.18 USD"));
        assertThat(price.costRoundedUp(Usage.of(1, 0))).isEqualTo(Money.parse("0.0000025 USD"));
        assertThat(price.costRoundedUp(Usage.builder()
                        .inputTokens(1_000_000)
                        .cacheReadTokens(400_000)
                        .outputTokens(0)
                        .build()))
                .isEqualTo(Money.parse("2.00 USD"));
    }

    @Test
    void costRoundedUp_fractionOfANano_roundsUpOnceAtTheEnd() {
        Price price = parse("0.0003", "0.0004").find("p", "m", NOW).orElseThrow();

        assertThat(price.costRoundedUp(Usage.of(1, 1)).nanos()).isEqualTo(1); // 0.3 + 0.4 nanos
        assertThat(price.costRoundedUp(Usage.of(2, 1)).nanos()).isEqualTo(1); // 0.6 + 0.4 nanos, exactly 1
        assertThat(price.costRoundedUp(Usage.of(3, 1)).nanos()).isEqualTo(2);
    }

    @Test
    void costRoundedUp_currencyOfSmallUnits_doesNotOverflowInBetween() {
        Price price = new Price("p", "m", NOW, Currency.getInstance("IDR"), 160_000_000_000_000L, 0, 0, 1_000_000, 1);

        assertThat(price.costRoundedUp(Usage.of(1_000_000, 0))).isEqualTo(Money.parse("160000 IDR"));
    }

    @Test
    void costRoundedUp_overflow_throws() {
        Price price = BOOK.find("openai", "gpt-4o", NOW).orElseThrow();

        assertThatThrownBy(() -> price.costRoundedUp(Usage.of((1L << 53) - 1, 0)))
                .isInstanceOf(ArithmeticException.class);
    }

    @Test
    void estimate_inputThatLeavesLittleOfTheWindow_boundsTheOutputByTheRest() {
        Action action = Action.llmCall("openai", "gpt-4o").inputTokens(120_000).build();

        assertThat(ESTIMATOR.estimate(action, NOW).usage()).isEqualTo(Usage.of(120_000, 8_000));
    }

    @Test
    void find_beforeItsDateOrUnknownModel_isEmpty() {
        assertThat(BOOK.find("openai", "gpt-4o", Instant.parse("2024-10-01T23:59:59Z")))
                .isEmpty();
        assertThat(BOOK.find("openai", "gpt-4o-2024-11-20", NOW)).isPresent();
        assertThat(BOOK.find("openai", "gpt-4o-2024-05-13", NOW)).isEmpty();
        assertThat(BOOK.find("openai", "gpt-4", NOW)).isEmpty();
    }

    @Test
    void find_laterEntry_replacesTheEarlierFromItsDateOn() {
        String entry = "{\"provider\":\"p\",\"model\":\"m\",\"from\":\"%s\",\"currency\":\"USD\",\"perMillionTokens\":"
                + "{\"input\":\"%s\",\"output\":\"1\"},\"contextWindow\":10,\"maxOutputTokens\":5,\"source\":\"test\"}";
        PriceBook book = PriceBook.parse(
                ("{\"format\":\"spendguard.prices.v1\",\"version\":\"t\",\"entries\":["
                                + entry.formatted("2026-01-01T00:00:00Z", "1") + ","
                                + entry.formatted("2026-06-01T00:00:00Z", "2") + "]}")
                        .getBytes(StandardCharsets.UTF_8),
                "t.json");

        assertThat(book.find("p", "m", Instant.parse("2026-05-31T23:59:59Z"))
                        .orElseThrow()
                        .inputRate())
                .isEqualTo(1_000_000_000L);
        assertThat(book.find("p", "m", Instant.parse("2026-06-01T00:00:00Z"))
                        .orElseThrow()
                        .inputRate())
                .isEqualTo(2_000_000_000L);
    }

    @Test
    void digest_isThatOfTheMeaning() {
        PriceBook reordered = PriceBook.parse(
                new String(BOOK.canonicalBytes(), StandardCharsets.UTF_8)
                        .replace("{\"", "{ \"")
                        .getBytes(StandardCharsets.UTF_8),
                "again");

        assertThat(reordered.digest()).isEqualTo(BOOK.digest());
    }

    @Test
    void parse_faults_nameEntryAndFault() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("-1", "1"))
                .withMessageStartingWith("Price book t.json is malformed: entries[0]: Amount '-1 USD' is malformed");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PriceBook.parse("{\"format\":\"x\"}".getBytes(StandardCharsets.UTF_8), "t.json"))
                .withMessage(
                        "Price book t.json is malformed: Member 'format' is 'x': 'spendguard.prices.v1' is what this"
                                + " version reads.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PriceBook.load(Path.of("no-such-book.json")))
                .withMessageStartingWith("Price book no-such-book.json cannot be read: ");
    }

    @Test
    void estimate_capsOutputByCallerAndModel() {
        Action.Builder call = Action.llmCall("openai", "gpt-4o").inputTokens(8_000);

        assertThat(ESTIMATOR.estimate(call.maxOutputTokens(16_000).build(), NOW).cost())
                .isEqualTo(Money.parse("0.18 USD"));
        assertThat(ESTIMATOR.estimate(call.maxOutputTokens(1_000_000).build(), NOW))
                .satisfies(estimate -> assertThat(estimate.method()).isEqualTo(Estimate.Method.MODEL_CEILING))
                .satisfies(estimate -> assertThat(estimate.cost()).isEqualTo(Money.parse("0.18384 USD")));
    }

    @Test
    void estimate_withoutBoundOrPrice_isUnknownAndNeverZero() {
        assertThat(problem(Action.llmCall("openai", "gpt-4o").build())).isEqualTo(ReasonCode.ESTIMATE_UNKNOWN);
        assertThat(problem(
                        Action.llmCall("openai", "gpt-4o").inputTokens(128_000).build()))
                .isEqualTo(ReasonCode.ESTIMATE_UNKNOWN);
        assertThat(problem(Action.llmCall("openai", "x-large").inputTokens(1).build()))
                .isEqualTo(ReasonCode.UNPRICED);
    }

    private static ReasonCode problem(Action action) {
        Estimate estimate = ESTIMATOR.estimate(action, NOW);
        assertThat(estimate.cost()).isNull();
        return java.util.Objects.requireNonNull(estimate.problem()).code();
    }

    private static PriceBook parse(String input, String output) {
        return PriceBook.parse(
                ("{\"format\":\"spendguard.prices.v1\",\"version\":\"t\",\"entries\":[{\"provider\":\"p\",\"model\":\"m\","
                                + "\"from\":\"2026-01-01T00:00:00Z\",\"currency\":\"USD\",\"perMillionTokens\":{\"input\":\""
                                + input + "\",\"output\":\"" + output
                                + "\"},\"contextWindow\":10,\"maxOutputTokens\":5,\"source\":\"test\"}]}")
                        .getBytes(StandardCharsets.UTF_8),
                "t.json");
    }

    @Test
    void cacheWrite_isChargedAtItsPrice_orTwiceTheInputsWhereNoneIsNamed() {
        Usage usage = Usage.builder()
                .inputTokens(4_000)
                .cacheReadTokens(1_000)
                .cacheWriteTokens(2_000)
                .outputTokens(0)
                .build();
        Price unnamed = price("\"input\": \"3.00\", \"cacheRead\": \"0.30\", \"output\": \"15.00\"");
        Price named =
                price("\"input\": \"3.00\", \"cacheRead\": \"0.30\", \"cacheWrite\": \"3.75\", \"output\": \"15.00\"");

        // 1,000 x 3.00 + 1,000 x 0.30 + 2,000 x 6.00 or 3.75 per million
        assertThat(unnamed.costRoundedUp(usage)).isEqualTo(Money.parse("0.0153 USD"));
        assertThat(named.costRoundedUp(usage)).isEqualTo(Money.parse("0.0108 USD"));
        assertThat(unnamed.toJson().has("cacheWrite")).isFalse();
        assertThat(Price.fromJson(unnamed.toJson())).isEqualTo(unnamed);
        assertThat(named.toJson().string("cacheWrite")).isEqualTo("3.75 USD");
        assertThat(Price.fromJson(named.toJson())).isEqualTo(named);
    }

    @Test
    void usage_cachesBeyondTheInput_areRefused() {
        Usage.Builder usage = Usage.builder()
                .inputTokens(10)
                .cacheReadTokens(6)
                .cacheWriteTokens(5)
                .outputTokens(0);

        assertThatThrownBy(usage::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("Usage has 11 cache-read and cache-write tokens of 10 input tokens");
    }

    private static Price price(String rates) {
        String book = """
                {"format": "spendguard.prices.v1", "version": "t", "entries": [
                  {"provider": "anthropic", "model": "claude", "from": "2024-10-02T00:00:00Z", "currency": "USD",
                   "perMillionTokens": {%s}, "contextWindow": 200000, "maxOutputTokens": 8192, "source": "t"}]}
                """.formatted(rates);
        return PriceBook.parse(book.getBytes(StandardCharsets.UTF_8), "t")
                .find("anthropic", "claude", NOW)
                .orElseThrow();
    }
}
