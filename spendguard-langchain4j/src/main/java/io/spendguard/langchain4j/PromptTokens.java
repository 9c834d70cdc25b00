package io.spendguard.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import io.spendguard.price.TokenCounter;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Bounds how many tokens a request sends, from above, by the o200k tokenizer. Not for several threads. */
final class PromptTokens {
    static final TokenCounter COUNTER = TokenCounter.o200k();

    /** What a provider may add to a message, a tool call or a tool: role, separators, names of fields. */
    private static final int FRAME_TOKENS = 8;

    /** The most an image costs by the dearest of OpenAI's formulas: gpt-4o-mini's 2,833 and 5,667 for each of 8 tiles. */
    private static final int OPENAI_IMAGE_TOKENS = 2_833 + 8 * 5_667;

    private final String provider;
    private long sum;
    private boolean known = true;

    private PromptTokens(String provider) {
        this.provider = provider;
    }

    /** The bound; empty when a part has none: sound, video, documents, images outside OpenAI, custom messages. */
    static OptionalLong of(String provider, List<ChatMessage> messages, ChatRequestParameters parameters) {
        PromptTokens tokens = new PromptTokens(provider);
        messages.forEach(tokens::add);
        if (parameters.toolSpecifications() != null) {
            parameters.toolSpecifications().forEach(tokens::add);
        }
        tokens.add(parameters.responseFormat());
        return tokens.known ? OptionalLong.of(tokens.sum + FRAME_TOKENS) : OptionalLong.empty();
    }

    /** The bound of contents to embed. */
    static OptionalLong of(String provider, List<Content> contents) {
        PromptTokens tokens = new PromptTokens(provider);
        contents.forEach(tokens::add);
        return tokens.known ? OptionalLong.of(tokens.sum) : OptionalLong.empty();
    }

    private void add(ChatMessage message) {
        sum += FRAME_TOKENS;
        if (message instanceof SystemMessage system) {
            add(system.text());
        } else if (message instanceof UserMessage user) {
            add(user.name());
            user.contents().forEach(this::add);
        } else if (message instanceof AiMessage answer) {
            add(answer.text());
            add(answer.thinking());
            answer.toolExecutionRequests().forEach(this::add);
            known &= answer.images().isEmpty();
        } else if (message instanceof ToolExecutionResultMessage result) {
            add(result.id());
            add(result.toolName());
            result.contents().forEach(this::add);
        } else {
            known = false;
        }
    }

    private void add(Content content) {
        if (content instanceof TextContent text) {
            add(text.text());
        } else if (content instanceof ImageContent && provider.equals("openai")) {
            sum += OPENAI_IMAGE_TOKENS;
        } else {
            known = false;
        }
    }

    private void add(ToolExecutionRequest call) {
        sum += FRAME_TOKENS;
        add(call.id());
        add(call.name());
        add(call.arguments());
    }

    /** Java's text of a schema names every class and empty field: it is longer than the JSON that is sent. */
    private void add(ToolSpecification tool) {
        sum += FRAME_TOKENS;
        add(tool.toString());
    }

    private void add(@Nullable ResponseFormat format) {
        if (format != null && format.jsonSchema() != null) {
            sum += FRAME_TOKENS;
            add(format.jsonSchema().toString());
        }
    }

    private void add(@Nullable String text) {
        if (text != null) {
            sum += COUNTER.count(text);
        }
    }
}
