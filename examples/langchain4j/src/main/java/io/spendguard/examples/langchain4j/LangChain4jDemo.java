package io.spendguard.examples.langchain4j;

import dev.langchain4j.invocation.InvocationParameters;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.examples.Demo;
import io.spendguard.examples.Demos;
import io.spendguard.examples.Evidence;
import io.spendguard.examples.NeverContent;
import io.spendguard.examples.Stage;
import io.spendguard.langchain4j.InvocationKeys;
import io.spendguard.langchain4j.SpendDenied;
import io.spendguard.model.Balance;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.test.OpenAiStandIn;
import java.util.List;
import java.util.Map;

/**
 * An agent that is never content: whatever the search finds, the model asks for another. LangChain4j would go on for a hundred
 * rounds; the run's budget ends it after a few.
 */
public final class LangChain4jDemo implements Demo {

    /**
     * Plays and exits.
     *
     * @param args as {@link Demos#main} takes them
     */
    public static void main(String[] args) {
        Demos.playAndExit(args, List.of(new LangChain4jDemo()));
    }

    @Override
    public String name() {
        return "agent_langchain4j";
    }

    @Override
    public void play(Stage stage) {
        Contract contract = stage.contract("agent");
        String tenant = stage.newTenant();
        Evidence evidence = Evidence.begin(stage.folder(), name());
        SpendDeniedException stop;
        Balance budget;
        stage.tell("an agent on LangChain4j that always wants one more search, %s", Stage.limits(contract));

        try (OpenAiStandIn provider = NeverContent.provider();
                Guard guard = Guard.builder()
                        .contract(contract)
                        .ledger(stage.openLedger())
                        .signer(evidence.signer())
                        .build();
                Guard.Handle open = guard.open()) {
            ResearchAgent.WebSearch search = new ResearchAgent.WebSearch();
            ResearchAgent agent = ResearchAgent.of(model(provider), search);

            stop = answer(
                    agent,
                    InvocationParameters.from(Map.of(InvocationKeys.TENANT, tenant, InvocationKeys.RUN, "question-1")));

            budget = guard.balances(tenant).get(0);
            NeverContent.tell(stage, name(), provider.calls().size(), search.queries(), budget, stop);
        }
        evidence.exportAndVerify(stage, tenant, contract);
    }

    /** The real OpenAI client; each attempt is decided, so it retries nothing by itself. */
    private static ChatModel model(OpenAiStandIn provider) {
        return OpenAiChatModel.builder()
                .baseUrl(provider.baseUrl())
                .apiKey("none is needed")
                .modelName("gpt-4o")
                .maxCompletionTokens(500)
                .maxRetries(0)
                .build();
    }

    private static SpendDeniedException answer(ResearchAgent agent, InvocationParameters caller) {
        try {
            throw NeverContent.cameToAnEnd(String.valueOf(agent.answer(NeverContent.question(), caller)));
        } catch (RuntimeException thrown) {
            return SpendDenied.in(thrown).orElseThrow(() -> thrown);
        }
    }
}
