package io.spendguard.examples.langchain4j;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.invocation.InvocationParameters;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.SystemMessage;
import dev.langchain4j.service.UserMessage;
import io.spendguard.model.Guarded;

/**
 * An agent as anybody writes it. All that the guard asks for is its price on the tool; that it is there at all, the AI
 * service finds out by itself.
 */
interface ResearchAgent {
    @SystemMessage("You research a question. Search until you are certain.")
    String answer(@UserMessage String question, InvocationParameters caller);

    static ResearchAgent of(ChatModel model, WebSearch search) {
        return AiServices.builder(ResearchAgent.class)
                .chatModel(model)
                .tools(search)
                .build();
    }

    /** A search engine that charges a cent for each query. */
    final class WebSearch {
        private int queries;

        @Tool("Searches the web")
        @Guarded(cost = "0.01 USD")
        String search(@P("what to look for") String query) {
            queries++;
            return "Many pages mention " + query + ". None of them is certain.";
        }

        int queries() {
            return queries;
        }
    }
}
