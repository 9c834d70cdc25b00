package io.spendguard.examples.spring;

import io.spendguard.spring.SpendGuardContext;
import io.spendguard.trace.Scope;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.client.ChatClient;

/** Researches a question until it is certain, or until its budget is spent. */
record ResearchAgent(ChatClient client) {
    @Nullable
    String answer(String question, Scope caller) {
        return client.prompt()
                .system("You research a question. Search until you are certain.")
                .user(question)
                .toolContext(SpendGuardContext.of(caller))
                .call()
                .content();
    }
}
