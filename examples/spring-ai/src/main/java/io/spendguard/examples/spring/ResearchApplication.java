package io.spendguard.examples.spring;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiChatOptions;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;

/**
 * An application as anybody writes it: a model, a tool, an agent. The guard comes from the class path and one property,
 * {@code spendguard.contract}.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class ResearchApplication {
    /** The real OpenAI client; each attempt is decided, so it retries nothing by itself. */
    @Bean
    ChatModel model(@Value("${openai.base-url}") String baseUrl) {
        return OpenAiChatModel.builder()
                .options(OpenAiChatOptions.builder()
                        .baseUrl(baseUrl)
                        .apiKey("none is needed")
                        .model("gpt-4o")
                        .maxCompletionTokens(500)
                        .maxRetries(0)
                        .build())
                .build();
    }

    @Bean
    WebSearch search() {
        return new WebSearch();
    }

    @Bean
    ResearchAgent agent(ChatClient.Builder client, WebSearch search) {
        return new ResearchAgent(client.defaultTools(search).build());
    }
}
