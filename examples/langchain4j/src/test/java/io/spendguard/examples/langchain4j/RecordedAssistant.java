package io.spendguard.examples.langchain4j;

import dev.langchain4j.agent.tool.ReturnBehavior;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.Result;
import dev.langchain4j.service.UserMessage;
import dev.langchain4j.service.tool.ToolProviderResult;
import io.spendguard.examples.AgentRun;
import io.spendguard.examples.AgentRun.Message;
import io.spendguard.examples.Conversation;
import io.spendguard.examples.RecordedAgent;
import io.spendguard.langchain4j.SpendDenied;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply;
import io.spendguard.test.OpenAiStandIn;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;

/**
 * Plays recorded runs through a LangChain4j AI service: the framework's own loop, memory and tools, its real OpenAI client, and a
 * provider that answers what was recorded. The guard gets at it with no wiring.
 */
final class RecordedAssistant {
    /** Handing over to a human ended a recorded run: the model was not called again. */
    private static final String ENDING = "transfer_to_human_agents";

    private int modelCalls;
    private int toolCalls;
    private int stoppedRuns;

    /** The memory's id is the run's. */
    interface Service {
        Result<String> chat(@MemoryId String run, @UserMessage String text);
    }

    /** Goes on until the run ends or is stopped. */
    void act(AgentRun run) {
        Deque<String> findings = new ArrayDeque<>();
        try (OpenAiStandIn provider = OpenAiStandIn.start()) {
            script(run, provider, findings);
            Service service = service(run, provider, findings);
            List<Message> messages = run.messages();
            try {
                for (int i = 0; i + 1 < messages.size(); i++) {
                    if (messages.get(i).role().equals("user")
                            && messages.get(i + 1).isFromModel()) {
                        service.chat(run.name(), messages.get(i).content());
                    }
                }
            } catch (RuntimeException thrown) {
                if (SpendDenied.in(thrown).isEmpty()) {
                    throw thrown;
                }
                stoppedRuns++;
            }
            modelCalls += provider.calls().size();
        }
    }

    int modelCalls() {
        return modelCalls;
    }

    int toolCalls() {
        return toolCalls;
    }

    int stoppedRuns() {
        return stoppedRuns;
    }

    /** The provider says what the model said, and bills the tokens that the plain replay counts. */
    private static void script(AgentRun run, OpenAiStandIn provider, Deque<String> findings) {
        Conversation conversation = new Conversation();
        for (Message message : run.messages()) {
            if (message.isFromModel()) {
                OpenAiReply reply = message.toolCalls().isEmpty()
                        ? OpenAiReply.text(message.content())
                        : OpenAiReply.toolCalls(message.toolCalls().stream()
                                .map(call -> new OpenAiReply.ToolCall(call.name(), call.arguments()))
                                .toArray(OpenAiReply.ToolCall[]::new));
                provider.reply(
                        reply.withUsage(Usage.of(conversation.inputTokens(), Conversation.spokenTokens(message))));
            } else if (message.role().equals("tool")) {
                findings.add(message.content());
            }
            conversation.add(message);
        }
    }

    private Service service(AgentRun run, OpenAiStandIn provider, Deque<String> findings) {
        List<String> tools = run.messages().stream()
                .flatMap(message -> message.toolCalls().stream())
                .map(AgentRun.ToolCall::name)
                .distinct()
                .toList();
        return AiServices.builder(Service.class)
                .chatModel(OpenAiChatModel.builder()
                        .baseUrl(provider.baseUrl())
                        .apiKey("none is needed")
                        .modelName("gpt-4o")
                        .maxCompletionTokens((int) RecordedAgent.MAX_OUTPUT_TOKENS)
                        .maxRetries(0)
                        .build())
                .chatMemoryProvider(id -> MessageWindowChatMemory.builder()
                        .id(id)
                        .maxMessages(1_000)
                        .build())
                .systemMessageProvider(id -> systemPrompt(run))
                .toolProvider(request -> {
                    ToolProviderResult.Builder found = ToolProviderResult.builder();
                    tools.forEach(name -> found.add(
                            ToolSpecification.builder().name(name).build(),
                            (call, memory) -> {
                                toolCalls++;
                                return findings.remove();
                            },
                            name.equals(ENDING) ? ReturnBehavior.IMMEDIATE : ReturnBehavior.TO_LLM));
                    return found.build();
                })
                .build();
    }

    private static String systemPrompt(AgentRun run) {
        return Stream.of(run.messages().get(0))
                .filter(message -> message.role().equals("system"))
                .map(Message::content)
                .findFirst()
                .orElseThrow();
    }
}
