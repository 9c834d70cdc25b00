package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.examples.AgentRun.Message;
import io.spendguard.examples.AgentRun.ToolCall;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import java.util.List;

/**
 * Does again what a recorded agent did, each step only if the guard allows it. Model calls are held at their most and
 * committed at the tokens they really had; tools cost nothing, but a stopped run may not call them either.
 */
public final class RecordedAgent {
    /** The cap each model call is made with; the longest recorded answer has 457 tokens. */
    public static final long MAX_OUTPUT_TOKENS = 1_024;

    private static final Money NOTHING = Money.ofNanos(0, "USD");

    private final Guard guard;
    private final String tenant;
    private final OwnBooks books;
    private final FakeProvider provider = new FakeProvider();
    private int runs;
    private int toolCalls;
    private int stoppedRuns;
    private long recordedNanos;

    /** An agent that acts for a tenant and holds every answer of the guard against the books. */
    public RecordedAgent(Guard guard, String tenant, OwnBooks books) {
        this.guard = guard;
        this.tenant = tenant;
        this.books = books;
    }

    /** Acts until the run ends or is stopped; what a stopped run went on to do is only priced. */
    public void act(AgentRun run) {
        runs++;
        Conversation conversation = new Conversation();
        boolean stopped = false;
        for (Message message : run.messages()) {
            if (message.isFromModel()) {
                long inputTokens = conversation.inputTokens();
                long outputTokens = Conversation.spokenTokens(message);
                recordedNanos += FakeProvider.priceNanos(inputTokens, outputTokens);
                stopped = stopped || !callModel(run, inputTokens, outputTokens) || !callTools(run, message.toolCalls());
            }
            conversation.add(message);
        }
        if (stopped) {
            stoppedRuns++;
        }
    }

    private boolean callModel(AgentRun run, long inputTokens, long outputTokens) {
        Decision decision = guard.decide(Action.llmCall("openai", "gpt-4o")
                .tenant(tenant)
                .run(run.name())
                .inputTokens(inputTokens)
                .maxOutputTokens(MAX_OUTPUT_TOKENS)
                .build());
        boolean expected = books.allows(run.name(), FakeProvider.priceNanos(inputTokens, MAX_OUTPUT_TOKENS));
        requireSame(run, decision, expected);
        if (!(decision instanceof Decision.Allowed allowed)) {
            return false;
        }
        try (Permit permit = allowed.permit()) {
            permit.commit(provider.call(permit.effective(), outputTokens));
        }
        books.spend(run.name(), FakeProvider.priceNanos(inputTokens, outputTokens));
        return true;
    }

    private boolean callTools(AgentRun run, List<ToolCall> calls) {
        for (ToolCall call : calls) {
            Decision decision = guard.decide(
                    Action.toolCall(call.name()).tenant(tenant).run(run.name()).build());
            if (!(decision instanceof Decision.Allowed allowed)) {
                return false;
            }
            try (Permit permit = allowed.permit()) {
                permit.commit(NOTHING);
            }
            toolCalls++;
        }
        return true;
    }

    int runs() {
        return runs;
    }

    /** How many model calls reached the provider. */
    public int modelCalls() {
        return provider.calls();
    }

    /** How many tools ran. */
    public int toolCalls() {
        return toolCalls;
    }

    /** How many runs did not come to their end. */
    public int stoppedRuns() {
        return stoppedRuns;
    }

    /** What the provider bills for the calls that reached it. */
    long billedNanos() {
        return provider.billedNanos();
    }

    /** What all recorded calls cost, those of stopped runs included. */
    long recordedNanos() {
        return recordedNanos;
    }

    private static void requireSame(AgentRun run, Decision decision, boolean expected) {
        boolean isAllowed = decision instanceof Decision.Allowed;
        if (isAllowed != expected) {
            throw new DemoFailedException(
                    "Run " + run.name() + " was answered " + decision.effect() + " " + decision.reasons()
                            + ", but by own count its next call " + (expected ? "fits." : "does not fit."));
        }
    }
}
