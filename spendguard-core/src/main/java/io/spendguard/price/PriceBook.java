package io.spendguard.price;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Currency;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Dated prices by provider and model, named by the digest of their canonical JSON. Immutable; safe for any number of
 * threads.
 *
 * <p>A model is found by its exact name or one of its exact aliases, never by likeness. A later entry for the same model
 * replaces an earlier one from its own date on.
 */
public final class PriceBook {
    private static final String FORMAT = "spendguard.prices.v1";
    private static final String BUNDLED = "price-book.json";

    private final String version;
    private final Digest digest;
    private final byte[] canonical;
    /** By provider and model or alias; newest first. */
    private final Map<String, List<Price>> prices;

    private PriceBook(String version, byte[] canonical, Map<String, List<Price>> prices) {
        this.version = version;
        this.canonical = canonical;
        this.digest = Digest.sha256(canonical);
        this.prices = prices;
    }

    /** The book shipped in this library. */
    public static PriceBook bundled() {
        try (InputStream in = PriceBook.class.getResourceAsStream(BUNDLED)) {
            if (in == null) {
                throw new IllegalStateException("The library's price book '" + BUNDLED
                        + "' is missing from its jar. Use an unmodified spendguard-core jar.");
            }
            return parse(in.readAllBytes(), BUNDLED);
        } catch (IOException unreadable) {
            throw new UncheckedIOException("The library's price book cannot be read.", unreadable);
        }
    }

    /**
     * Reads a book from a file.
     *
     * @throws IllegalArgumentException when it cannot be read or is no price book, naming file and fault
     */
    public static PriceBook load(Path file) {
        try {
            return parse(Files.readAllBytes(file), file.toString());
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(
                    "Price book " + file + " cannot be read: " + unreadable + ". Check path and permissions.",
                    unreadable);
        }
    }

    /**
     * Reads a book from JSON.
     *
     * @param name what messages call it
     * @throws IllegalArgumentException when it is no price book, naming the entry and the fault
     */
    public static PriceBook parse(byte[] json, String name) {
        try {
            JsonObject root = JsonObject.parse(json);
            if (!root.string("format").equals(FORMAT)) {
                throw new JsonException("Member 'format' is '" + root.string("format") + "': '" + FORMAT
                        + "' is what this version reads.");
            }
            Map<String, List<Price>> prices = new HashMap<>();
            int index = 0;
            for (JsonObject entry : root.objects("entries")) {
                addEntry(prices, entry, "entries[" + index++ + "]");
            }
            return new PriceBook(root.string("version"), root.toCanonicalBytes(), prices);
        } catch (JsonException malformed) {
            throw new IllegalArgumentException(
                    "Price book " + name + " is malformed: " + malformed.getMessage(), malformed);
        }
    }

    /** The publisher's name for this edition. */
    public String version() {
        return version;
    }

    /** SHA-256 of {@link #canonicalBytes()}. */
    public Digest digest() {
        return digest;
    }

    /** The book's canonical JSON. */
    public byte[] canonicalBytes() {
        return canonical.clone();
    }

    /** The price of a model at an instant; empty when the book has none for it then. */
    public Optional<Price> find(String provider, String model, Instant at) {
        return prices.getOrDefault(key(provider, model), List.of()).stream()
                .filter(price -> !price.from().isAfter(at))
                .findFirst();
    }

    private static void addEntry(Map<String, List<Price>> prices, JsonObject entry, String place) {
        try {
            Currency currency = Currency.getInstance(entry.string("currency"));
            JsonObject rates = entry.object("perMillionTokens");
            long inputRate = rate(rates, "input", currency);
            Price price = new Price(
                    entry.string("provider"),
                    entry.string("model"),
                    Instant.parse(entry.string("from")),
                    currency,
                    inputRate,
                    rates.has("cacheRead") ? rate(rates, "cacheRead", currency) : inputRate,
                    rates.has("cacheWrite")
                            ? rate(rates, "cacheWrite", currency)
                            : Price.unnamedCacheWriteRate(inputRate),
                    rate(rates, "output", currency),
                    entry.integer("contextWindow"),
                    entry.integer("maxOutputTokens"));
            List<String> names = new ArrayList<>(List.of(price.model()));
            if (entry.has("aliases")) {
                names.addAll(entry.strings("aliases"));
            }
            for (String name : names) {
                List<Price> dated = prices.computeIfAbsent(key(price.provider(), name), k -> new ArrayList<>());
                if (dated.stream().anyMatch(other -> other.from().equals(price.from()))) {
                    throw new IllegalArgumentException(
                            "model '" + name + "' has two prices from " + price.from() + ". Keep one.");
                }
                dated.add(price);
                dated.sort(Comparator.comparing(Price::from).reversed());
            }
        } catch (IllegalArgumentException | DateTimeException fault) {
            throw new JsonException(place + ": " + fault.getMessage(), fault);
        }
    }

    private static long rate(JsonObject rates, String name, Currency currency) {
        return Amount.parse(rates.string(name) + " " + currency.getCurrencyCode())
                .atomic();
    }

    private static String key(String provider, String model) {
        return provider + "\n" + model;
    }
}
