package io.spendguard.price;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Currency;
import java.util.Objects;

/**
 * What a provider charges for one model from a date on.
 *
 * <p>Rates are nanos of the currency per million tokens, so that every published price is exact: 2.50 USD per million is
 * 2,500,000,000.
 *
 * @param provider the provider's name
 * @param model the model as its provider names it
 * @param from the first instant this price holds
 * @param currency what is charged in
 * @param inputRate for input tokens that are not read from a cache
 * @param cacheReadRate for input tokens read from a cache
 * @param cacheWriteRate for input tokens written to a cache; where a publisher names none, twice the input's: the most any
 *     charges (Anthropic for an hour's cache, 1.25 times for five minutes; pydantic/genai-prices v2, read 2026-11-22)
 * @param outputRate for output tokens, reasoning included
 * @param contextWindow the most tokens input and output may have together
 * @param maxOutputTokens the most tokens the model produces in one call
 */
public record Price(
        String provider,
        String model,
        Instant from,
        Currency currency,
        long inputRate,
        long cacheReadRate,
        long cacheWriteRate,
        long outputRate,
        long contextWindow,
        long maxOutputTokens) {
    private static final BigInteger TOKENS_PER_RATE = BigInteger.valueOf(1_000_000);

    /** Refuses negative rates and empty windows with {@link IllegalArgumentException}. */
    public Price {
        Objects.requireNonNull(from, "from");
        Objects.requireNonNull(currency, "currency");
        if (inputRate < 0 || cacheReadRate < 0 || cacheWriteRate < 0 || outputRate < 0) {
            throw new IllegalArgumentException("Price of model '" + model + "' is negative. Prices start at 0.");
        }
        if (contextWindow < 1 || maxOutputTokens < 1) {
            throw new IllegalArgumentException("Price of model '" + model + "' has a context window of " + contextWindow
                    + " and a largest output of " + maxOutputTokens + " tokens: both start at 1.");
        }
    }

    /** A price that names none for cache writes. */
    public Price(
            String provider,
            String model,
            Instant from,
            Currency currency,
            long inputRate,
            long cacheReadRate,
            long outputRate,
            long contextWindow,
            long maxOutputTokens) {
        this(
                provider,
                model,
                from,
                currency,
                inputRate,
                cacheReadRate,
                unnamedCacheWriteRate(inputRate),
                outputRate,
                contextWindow,
                maxOutputTokens);
    }

    /** The rate for cache writes where the publisher names none. */
    static long unnamedCacheWriteRate(long inputRate) {
        return inputRate > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : 2 * inputRate;
    }

    /**
     * What a call costs, rounded up to a whole nano once, at the end: against the spender.
     *
     * @param usage a complete count; unknown cache reads and writes are charged as plain input
     * @throws IllegalArgumentException when input or output is unknown
     * @throws ArithmeticException when the cost overflows
     */
    public Money costRoundedUp(Usage usage) {
        if (!usage.isComplete()) {
            throw new IllegalArgumentException(
                    usage + " has no cost: input and output must both be known. Settle at the estimate instead.");
        }
        long cached = usage.cacheReadTokens().orElse(0);
        long written = usage.cacheWriteTokens().orElse(0);
        long input = Math.subtractExact(usage.inputTokens().orElseThrow(), Math.addExact(cached, written));
        BigInteger[] nanos = product(input, inputRate)
                .add(product(cached, cacheReadRate))
                .add(product(written, cacheWriteRate))
                .add(product(usage.outputTokens().orElseThrow(), outputRate))
                .divideAndRemainder(TOKENS_PER_RATE);
        return new Money(Math.addExact(nanos[0].longValueExact(), nanos[1].signum()), currency);
    }

    /** A million tokens of a currency of small units overflow a long before they are divided. */
    private static BigInteger product(long tokens, long rate) {
        return BigInteger.valueOf(tokens).multiply(BigInteger.valueOf(rate));
    }

    /** This price as evidence and replies to replays carry it. */
    public JsonObject toJson() {
        JsonObject json = JsonObject.create()
                .put("provider", provider)
                .put("model", model)
                .put("from", from.toString())
                .put("currency", currency.getCurrencyCode())
                .put("input", rate(inputRate))
                .put("cacheRead", rate(cacheReadRate))
                .put("output", rate(outputRate))
                .put("contextWindow", contextWindow)
                .put("maxOutputTokens", maxOutputTokens);
        if (cacheWriteRate != unnamedCacheWriteRate(inputRate)) {
            json.put("cacheWrite", rate(cacheWriteRate));
        }
        return json;
    }

    /** Reads what {@link #toJson} wrote; throws {@link io.spendguard.json.JsonException} for anything else. */
    public static Price fromJson(JsonObject json) {
        long inputRate = Amount.parse(json.string("input")).atomic();
        return new Price(
                json.string("provider"),
                json.string("model"),
                Instant.parse(json.string("from")),
                Currency.getInstance(json.string("currency")),
                inputRate,
                Amount.parse(json.string("cacheRead")).atomic(),
                json.has("cacheWrite")
                        ? Amount.parse(json.string("cacheWrite")).atomic()
                        : unnamedCacheWriteRate(inputRate),
                Amount.parse(json.string("output")).atomic(),
                json.integer("contextWindow"),
                json.integer("maxOutputTokens"));
    }

    private String rate(long nanosPerMillion) {
        return new Money(nanosPerMillion, currency).toString();
    }
}
