package io.spendguard.examples.spring;

import io.spendguard.model.Guarded;
import org.springframework.ai.tool.annotation.Tool;
import org.springframework.ai.tool.annotation.ToolParam;

/** A search engine that charges a cent for each query. */
class WebSearch {
    private int queries;

    @Tool(description = "Searches the web")
    @Guarded(cost = "0.01 USD")
    String search(@ToolParam(description = "what to look for") String query) {
        queries++;
        return "Many pages mention " + query + ". None of them is certain.";
    }

    int queries() {
        return queries;
    }
}
