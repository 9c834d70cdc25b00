package io.spendguard.examples;

import io.spendguard.model.Balance;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply;
import io.spendguard.test.OpenAiStandIn;

/**
 * The story both frameworks' agents play: whatever a search finds, the model asks for another, and each costs a cent. Keeps its
 * own count of what that comes to.
 */
public final class NeverContent {
    private static final long INPUT_TOKENS = 100;
    private static final long OUTPUT_TOKENS = 400;
    private static final long SEARCH_NANOS = 10_000_000;

    private NeverContent() {}

    /** A model provider on the loopback interface that always calls the tool {@code search}. */
    public static OpenAiStandIn provider() {
        return OpenAiStandIn.start()
                .otherwise(OpenAiReply.toolCall("search", "{\"query\": \"the best tea\"}")
                        .withUsage(Usage.of(INPUT_TOKENS, OUTPUT_TOKENS)));
    }

    /** What the agent is asked. */
    public static String question() {
        return "Which tea is the best?";
    }

    /** Called with an answer that should not exist. */
    public static DemoFailedException cameToAnEnd(String answer) {
        return new DemoFailedException("The agent came to an end by itself: " + answer + " Its budget was to stop it.");
    }

    /**
     * Tells how it ended.
     *
     * @throws DemoFailedException when the guard's figures are not those counted here
     */
    public static void tell(
            Stage stage, String name, int modelCalls, int searches, Balance budget, SpendDeniedException stop) {
        stage.tell("  %s", stop.decision().reasons().get(0));
        stage.tell(
                "%s: %d model calls and %d searches, spent %s, stopped by %s",
                name,
                modelCalls,
                searches,
                budget.spent(),
                stop.decision().reasons().get(0).code());
        long billedNanos = modelCalls * FakeProvider.priceNanos(INPUT_TOKENS, OUTPUT_TOKENS) + searches * SEARCH_NANOS;
        DemoFailedException.unlessSame(
                "spent, in nanos", billedNanos, budget.spent().atomic());
        DemoFailedException.unlessSame("held, in nanos", 0, budget.held().atomic());
    }
}
