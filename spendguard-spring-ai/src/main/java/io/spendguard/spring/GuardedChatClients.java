package io.spendguard.spring;

import java.util.function.UnaryOperator;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;

/**
 * Makes chat clients whose model and tools are guarded, for applications with several models. {@code
 * ChatClient.create(model)} brings a tool manager of its own that no bean post-processor sees; a client made here does not.
 */
public final class GuardedChatClients {
    private final SpendGuardDecorator decorator;
    private final UnaryOperator<ChatClient.Builder> customizers;
    private final ClientFactory factory;

    GuardedChatClients(
            SpendGuardDecorator decorator, ClientFactory factory, UnaryOperator<ChatClient.Builder> customizers) {
        this.decorator = decorator;
        this.factory = factory;
        this.customizers = customizers;
    }

    /** A builder for this model, guarded if it was not, with all the application's customizers applied. */
    public ChatClient.Builder builder(ChatModel model) {
        return customizers.apply(factory.builder(decorator.guardChatModel(model)));
    }

    /** Starts a client with the application's tool manager and observation. */
    @FunctionalInterface
    interface ClientFactory {
        ChatClient.Builder builder(ChatModel model);
    }
}
