package io.spendguard.model;

import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The provider's count of tokens for one call. A count the provider did not give is absent, never zero.
 *
 * <p>Input tokens include those read from a cache and those written to one; output tokens include those spent on reasoning.
 */
public final class Usage {
    /** The most tokens that evidence can carry, 2⁵³−1: what canonical JSON writes exactly. */
    static final long MAX_COUNT = (1L << 53) - 1;

    private final @Nullable Long inputTokens;
    private final @Nullable Long cacheReadTokens;
    private final @Nullable Long cacheWriteTokens;
    private final @Nullable Long outputTokens;
    private final @Nullable Long reasoningTokens;

    private Usage(Builder builder) {
        this.inputTokens = builder.inputTokens;
        this.cacheReadTokens = builder.cacheReadTokens;
        this.cacheWriteTokens = builder.cacheWriteTokens;
        this.outputTokens = builder.outputTokens;
        this.reasoningTokens = builder.reasoningTokens;
        requirePart("cache-read", cacheReadTokens, "input", inputTokens);
        requirePart("cache-write", cacheWriteTokens, "input", inputTokens);
        requirePart("cache-read and cache-write", sum(cacheReadTokens, cacheWriteTokens), "input", inputTokens);
        requirePart("reasoning", reasoningTokens, "output", outputTokens);
    }

    /**
     * So many input and output tokens and nothing known about cache or reasoning.
     *
     * @throws IllegalArgumentException when a count is negative
     */
    public static Usage of(long inputTokens, long outputTokens) {
        return builder().inputTokens(inputTokens).outputTokens(outputTokens).build();
    }

    /** Nothing known: settles at the estimate, marked so. */
    public static Usage unknown() {
        return builder().build();
    }

    /** Starts with every count unknown. */
    public static Builder builder() {
        return new Builder();
    }

    /** All tokens sent to the model, cached ones included; empty when unknown. */
    public OptionalLong inputTokens() {
        return optional(inputTokens);
    }

    /** The part of the input read from a cache; empty when unknown. */
    public OptionalLong cacheReadTokens() {
        return optional(cacheReadTokens);
    }

    /** The part of the input written to a cache, which some providers charge more for; empty when unknown. */
    public OptionalLong cacheWriteTokens() {
        return optional(cacheWriteTokens);
    }

    /** All tokens produced, reasoning included; empty when unknown. */
    public OptionalLong outputTokens() {
        return optional(outputTokens);
    }

    /** The part of the output spent on reasoning; empty when unknown. */
    public OptionalLong reasoningTokens() {
        return optional(reasoningTokens);
    }

    /** Tells whether both input and output are known, so that a cost can be computed. */
    public boolean isComplete() {
        return inputTokens != null && outputTokens != null;
    }

    /** So many tokens of a unit: input, output or both; empty where that is not counted, and for a unit that counts no tokens. */
    public OptionalLong tokens(Unit unit) {
        if (unit.equals(Unit.INPUT_TOKENS)) {
            return inputTokens();
        }
        if (unit.equals(Unit.OUTPUT_TOKENS)) {
            return outputTokens();
        }
        return unit.equals(Unit.TOTAL_TOKENS) && isComplete()
                ? OptionalLong.of(Math.addExact(
                        inputTokens().orElseThrow(), outputTokens().orElseThrow()))
                : OptionalLong.empty();
    }

    /**
     * Both together. Unknown when input or output of one is, or when there are more than can be recorded; of caches and reasoning,
     * what is known.
     */
    Usage plus(Usage other) {
        if (!isComplete() || !other.isComplete()) {
            return unknown();
        }
        try {
            Builder sum = builder()
                    .inputTokens(sum(inputTokens, other.inputTokens))
                    .outputTokens(sum(outputTokens, other.outputTokens));
            if (cacheReadTokens != null || other.cacheReadTokens != null) {
                sum.cacheReadTokens(sum(cacheReadTokens, other.cacheReadTokens));
            }
            if (cacheWriteTokens != null || other.cacheWriteTokens != null) {
                sum.cacheWriteTokens(sum(cacheWriteTokens, other.cacheWriteTokens));
            }
            if (reasoningTokens != null || other.reasoningTokens != null) {
                sum.reasoningTokens(sum(reasoningTokens, other.reasoningTokens));
            }
            return sum.build();
        } catch (IllegalArgumentException uncountable) {
            return unknown();
        }
    }

    /** Counts are so much smaller than what a long holds that two never overflow. */
    private static long sum(@Nullable Long one, @Nullable Long other) {
        return (one == null ? 0 : one) + (other == null ? 0 : other);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Usage that
                && Objects.equals(inputTokens, that.inputTokens)
                && Objects.equals(cacheReadTokens, that.cacheReadTokens)
                && Objects.equals(cacheWriteTokens, that.cacheWriteTokens)
                && Objects.equals(outputTokens, that.outputTokens)
                && Objects.equals(reasoningTokens, that.reasoningTokens);
    }

    @Override
    public int hashCode() {
        return Objects.hash(inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens, reasoningTokens);
    }

    @Override
    public String toString() {
        return "Usage[input=" + text(inputTokens) + ", cacheRead=" + text(cacheReadTokens)
                + (cacheWriteTokens == null ? "" : ", cacheWrite=" + cacheWriteTokens) + ", output="
                + text(outputTokens) + ", reasoning=" + text(reasoningTokens) + "]";
    }

    private static String text(@Nullable Long count) {
        return count == null ? "unknown" : count.toString();
    }

    private static OptionalLong optional(@Nullable Long count) {
        return count == null ? OptionalLong.empty() : OptionalLong.of(count);
    }

    private static void requirePart(String partName, @Nullable Long part, String wholeName, @Nullable Long whole) {
        if (part != null && whole != null && part > whole) {
            throw new IllegalArgumentException("Usage has " + part + " " + partName + " tokens of " + whole + " "
                    + wholeName + " tokens: a part cannot exceed its whole. Pass " + wholeName + " tokens including "
                    + partName + " ones.");
        }
    }

    /** Collects the counts that are known. Not safe for several threads. */
    public static final class Builder {
        private @Nullable Long inputTokens;
        private @Nullable Long cacheReadTokens;
        private @Nullable Long cacheWriteTokens;
        private @Nullable Long outputTokens;
        private @Nullable Long reasoningTokens;

        private Builder() {}

        /** All tokens sent, cached ones included, 0 or more. */
        public Builder inputTokens(long count) {
            this.inputTokens = requireCount("input", count);
            return this;
        }

        /** The part of the input read from a cache, 0 or more. */
        public Builder cacheReadTokens(long count) {
            this.cacheReadTokens = requireCount("cache-read", count);
            return this;
        }

        /** The part of the input written to a cache, 0 or more. */
        public Builder cacheWriteTokens(long count) {
            this.cacheWriteTokens = requireCount("cache-write", count);
            return this;
        }

        /** All tokens produced, reasoning included, 0 or more. */
        public Builder outputTokens(long count) {
            this.outputTokens = requireCount("output", count);
            return this;
        }

        /** The part of the output spent on reasoning, 0 or more. */
        public Builder reasoningTokens(long count) {
            this.reasoningTokens = requireCount("reasoning", count);
            return this;
        }

        /** The usage; throws {@link IllegalArgumentException} when a part exceeds its whole. */
        public Usage build() {
            return new Usage(this);
        }

        private static long requireCount(String name, long count) {
            if (count < 0) {
                throw new IllegalArgumentException("Usage of " + count + " " + name
                        + " tokens is negative: counts start at 0. Leave an unknown count out instead.");
            }
            if (count > MAX_COUNT) {
                throw new IllegalArgumentException("Usage of " + count + " " + name + " tokens: at most " + MAX_COUNT
                        + " can be recorded. Leave an unknown count out instead.");
            }
            return count;
        }
    }
}
