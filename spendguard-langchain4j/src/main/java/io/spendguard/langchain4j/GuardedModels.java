package io.spendguard.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.embedding.EmbeddingModel;
import io.spendguard.Guard;
import java.util.Objects;

/**
 * Puts a guard in front of models: every call is decided before the provider is reached, and settled before its answer
 * is passed on.
 *
 * <p>A refused call throws {@link io.spendguard.model.SpendDeniedException} (a streaming one hands it to
 * {@code onError}) and never reaches the model; a degraded one runs with the patched model name and output cap. The
 * provider's own exceptions pass untouched. What is gated already is returned as it is.
 *
 * <p>A model that retries by itself does so below the gate: one decision, one hold, several attempts. Build models with
 * {@code maxRetries(0)}; where retries are found on, the action carries the label {@code hiddenRetries} and no failure
 * counts as proof that nothing was billed.
 */
public final class GuardedModels {
    private GuardedModels() {}

    /** The model behind this guard. */
    public static ChatModel chat(ChatModel model, Guard guard) {
        return chat(model, GuardSource.of(guard));
    }

    /** The streaming model behind this guard. */
    public static StreamingChatModel streaming(StreamingChatModel model, Guard guard) {
        return streaming(model, GuardSource.of(guard));
    }

    /** The embedding model behind this guard. A degrade refuses its calls: vectors of another model do not compare. */
    public static EmbeddingModel embedding(EmbeddingModel model, Guard guard) {
        Objects.requireNonNull(model, "model");
        return Gated.isGuarded(model) ? model : new GuardedEmbeddingModel(model, GuardSource.of(guard));
    }

    static ChatModel chat(ChatModel model, GuardSource guards) {
        Objects.requireNonNull(model, "model");
        return Gated.isGuarded(model) ? model : new GuardedChatModel(model, guards);
    }

    static StreamingChatModel streaming(StreamingChatModel model, GuardSource guards) {
        Objects.requireNonNull(model, "model");
        return Gated.isGuarded(model) ? model : new GuardedStreamingChatModel(model, guards);
    }
}
