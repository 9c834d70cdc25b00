package io.spendguard.spring;

import io.spendguard.model.Action;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.prompt.ChatOptions;

/** Reads and sets what decides how a model picks its words and when it ends: the parts a degrade may change beside its cap. */
final class Sampling {
    private Sampling() {}

    /** Adds what these options send to the action. */
    static void describe(ChatOptions options, Action.Builder action) {
        decimal(options.getTemperature()).ifPresent(action::temperature);
        decimal(options.getTopP()).ifPresent(action::topP);
        action.stopSequences(stops(options));
        effort(options).ifPresent(action::reasoningEffort);
    }

    /** Whether these options send what the action says. */
    static boolean agrees(ChatOptions options, Action action) {
        return decimal(options.getTemperature()).equals(action.temperature())
                && decimal(options.getTopP()).equals(action.topP())
                && stops(options).equals(action.stopSequences())
                && effort(options).equals(action.reasoningEffort());
    }

    /** The options with what the action says, as far as every provider's options have it. */
    static ChatOptions with(ChatOptions options, Action action) {
        if (agrees(options, action)) {
            return options;
        }
        ChatOptions.Builder<?> builder = options.mutate();
        action.temperature().ifPresent(value -> builder.temperature(value.doubleValue()));
        action.topP().ifPresent(value -> builder.topP(value.doubleValue()));
        if (!action.stopSequences().isEmpty()) {
            builder.stopSequences(action.stopSequences());
        }
        if (OutputCap.isOpenAi(options)) {
            action.reasoningEffort().ifPresent(effort -> OpenAiOptions.effort(builder, effort.text()));
        }
        return builder.build();
    }

    private static Optional<ReasoningEffort> effort(ChatOptions options) {
        String text = OutputCap.isOpenAi(options) ? OpenAiOptions.effort(options) : null;
        return text == null ? Optional.empty() : ReasoningEffort.of(text);
    }

    private static List<String> stops(ChatOptions options) {
        return options.getStopSequences() == null ? List.of() : options.getStopSequences();
    }

    /** Empty also for numbers no provider takes, which are its own business to refuse. */
    private static Optional<BigDecimal> decimal(@Nullable Double value) {
        if (value == null || !Double.isFinite(value) || value < 0 || value > 1_000) {
            return Optional.empty();
        }
        BigDecimal exact = BigDecimal.valueOf(value);
        return exact.scale() > 40
                ? Optional.empty()
                : Optional.of(exact.signum() == 0 ? BigDecimal.ZERO : exact.stripTrailingZeros());
    }
}
