package io.spendguard.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import io.spendguard.model.Action;
import io.spendguard.model.ReasoningEffort;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads and sets what decides how a model picks its words and when it ends: the parts a degrade may change beside its cap. */
final class Sampling {
    private Sampling() {}

    /** Adds what these parameters send to the action. */
    static void describe(ChatRequestParameters parameters, Action.Builder action) {
        decimal(parameters.temperature()).ifPresent(action::temperature);
        decimal(parameters.topP()).ifPresent(action::topP);
        action.stopSequences(stops(parameters));
        effort(parameters).ifPresent(action::reasoningEffort);
    }

    /** Whether these parameters send what the action says. */
    static boolean agrees(ChatRequestParameters parameters, Action action) {
        return decimal(parameters.temperature()).equals(action.temperature())
                && decimal(parameters.topP()).equals(action.topP())
                && stops(parameters).equals(action.stopSequences())
                && effort(parameters).equals(action.reasoningEffort());
    }

    /** The parameters with what the action says, as far as the provider's parameters have it. */
    static ChatRequestParameters with(ChatRequestParameters parameters, Action action) {
        if (agrees(parameters, action)) {
            return parameters;
        }
        var changes = ChatRequestParameters.builder();
        action.temperature().ifPresent(value -> changes.temperature(value.doubleValue()));
        action.topP().ifPresent(value -> changes.topP(value.doubleValue()));
        if (!action.stopSequences().isEmpty()) {
            changes.stopSequences(action.stopSequences());
        }
        ChatRequestParameters changed = parameters.overrideWith(changes.build());
        return isOpenAi(changed) && action.reasoningEffort().isPresent()
                ? OpenAiDialect.withEffort(
                        changed, action.reasoningEffort().get().text())
                : changed;
    }

    private static boolean isOpenAi(ChatRequestParameters parameters) {
        return OpenAiDialect.isPresent() && OpenAiDialect.speaks(parameters);
    }

    private static Optional<ReasoningEffort> effort(ChatRequestParameters parameters) {
        String text = isOpenAi(parameters) ? OpenAiDialect.effort(parameters) : null;
        return text == null ? Optional.empty() : ReasoningEffort.of(text);
    }

    private static List<String> stops(ChatRequestParameters parameters) {
        return parameters.stopSequences() == null ? List.of() : parameters.stopSequences();
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
