package io.spendguard.spring;

import io.spendguard.model.Action;
import io.spendguard.price.TokenCounter;
import io.spendguard.trace.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.Message;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.MediaContent;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;

/**
 * One prompt as the model will send it: with its own options or, where it has none, the model's.
 *
 * @param prompt what the caller passed
 * @param options the options in force
 * @param provider the provider's name
 * @param model the model's name
 */
record ChatRequest(Prompt prompt, ChatOptions options, String provider, String model) {
    /** What a chat format adds to each message, rounded up. */
    private static final long TOKENS_PER_MESSAGE = 8;

    private static final String UNSPECIFIED = "unspecified";

    static ChatRequest of(Prompt prompt, ChatOptions modelOptions, String provider) {
        ChatOptions options = Optional.ofNullable(prompt.getOptions()).orElse(modelOptions);
        String model = Optional.ofNullable(model(options))
                .or(() -> Optional.ofNullable(model(modelOptions)))
                .filter(name -> !name.isBlank())
                .orElse(UNSPECIFIED);
        return new ChatRequest(prompt, options, provider, model);
    }

    Map<String, Object> toolContext() {
        return options instanceof ToolCallingChatOptions tools && tools.getToolContext() != null
                ? tools.getToolContext()
                : Map.of();
    }

    List<ToolCallback> toolCallbacks() {
        return options instanceof ToolCallingChatOptions tools && tools.getToolCallbacks() != null
                ? tools.getToolCallbacks()
                : List.of();
    }

    /** The action that is decided, with a key of its own. */
    Action action(Gate gate, Scope scope, int hiddenRetries) {
        Action.Builder action = Action.llmCall(provider, model)
                .content(() -> prompt.getInstructions().toString());
        if (OutputCap.isAllThatCosts(options)) {
            inputTokens(gate.counter(), gate.settings().tokensPerMedia()).ifPresent(action::inputTokens);
        }
        OutputCap.of(options).ifPresent(action::maxOutputTokens);
        Sampling.describe(options, action);
        if (hiddenRetries > 0) {
            action.label(HiddenRetries.LABEL, Integer.toString(hiddenRetries));
        }
        return scope.complete(action.build());
    }

    /**
     * The prompt that sends what was decided.
     *
     * @throws io.spendguard.model.SpendDeniedException when these options cannot express it; the hold was given back
     */
    Prompt apply(Admitted admitted) {
        Action effective = admitted.effective();
        boolean sameModel = effective.model().equals(Optional.of(model));
        boolean sameCap = effective.maxOutputTokens().equals(OutputCap.of(options));
        boolean sameProvider = effective.provider().equals(Optional.of(provider));
        if (sameModel && sameCap && sameProvider && Sampling.agrees(options, effective)) {
            return prompt;
        }
        String target =
                effective.provider().orElse("") + "/" + effective.model().orElse(UNSPECIFIED);
        if (!sameProvider) {
            throw admitted.patchFailed("Model '" + provider + "/" + model + "' cannot be replaced by '" + target
                    + "': this bean calls one provider only. Degrade to a model of the same provider.");
        }
        ChatOptions patched = Sampling.with(
                OutputCap.with(options, effective.model().orElse(model), cap(effective, sameCap)), effective);
        boolean applied = effective.model().equals(Optional.ofNullable(model(patched)))
                && effective.maxOutputTokens().equals(OutputCap.of(patched));
        if (!applied) {
            throw admitted.patchFailed("Options " + options.getClass().getSimpleName() + " did not take model '"
                    + target + "' and output cap " + effective.maxOutputTokens()
                    + ". Use options that carry both, or a contract that does not degrade.");
        }
        if (!Sampling.agrees(patched, effective)) {
            throw admitted.patchFailed("Options " + options.getClass().getSimpleName()
                    + " did not take the effort, temperature, topP or stop sequences of the degrade."
                    + " Use options that carry them, or leave them out of the contract.");
        }
        return new Prompt(prompt.getInstructions(), patched);
    }

    private static @Nullable Integer cap(Action effective, boolean sameCap) {
        return sameCap
                ? null
                : Math.toIntExact(
                        Math.min(Integer.MAX_VALUE, effective.maxOutputTokens().orElse(Integer.MAX_VALUE)));
    }

    private static @Nullable String model(ChatOptions options) {
        return ProviderNames.isOpenAi(options) ? OpenAiOptions.model(options) : options.getModel();
    }

    /** Everything that is sent as text; empty when there is an attachment of unknown size. */
    private OptionalLong inputTokens(TokenCounter counter, @Nullable Long tokensPerMedia) {
        long tokens = 0;
        for (Message message : prompt.getInstructions()) {
            int attachments = message instanceof MediaContent media && media.getMedia() != null
                    ? media.getMedia().size()
                    : 0;
            if (attachments > 0 && tokensPerMedia == null) {
                return OptionalLong.empty();
            }
            tokens += TOKENS_PER_MESSAGE + counter.count(text(message));
            tokens += attachments == 0 || tokensPerMedia == null ? 0 : attachments * tokensPerMedia;
        }
        for (ToolCallback tool : toolCallbacks()) {
            var definition = tool.getToolDefinition();
            tokens += TOKENS_PER_MESSAGE
                    + counter.count(
                            definition.name() + " " + definition.description() + " " + definition.inputSchema());
        }
        if (options instanceof StructuredOutputChatOptions structured && structured.getOutputSchema() != null) {
            tokens += counter.count(structured.getOutputSchema());
        }
        return OptionalLong.of(tokens);
    }

    private static String text(Message message) {
        StringBuilder text =
                new StringBuilder(Optional.ofNullable(message.getText()).orElse(""));
        if (message instanceof AssistantMessage assistant) {
            assistant
                    .getToolCalls()
                    .forEach(call -> text.append(call.id()).append(call.name()).append(call.arguments()));
        }
        if (message instanceof ToolResponseMessage tools) {
            tools.getResponses()
                    .forEach(reply ->
                            text.append(reply.id()).append(reply.name()).append(reply.responseData()));
        }
        return text.toString();
    }
}
