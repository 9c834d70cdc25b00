package io.spendguard.langchain4j;

/**
 * What an AI service method says about its caller in its {@code InvocationParameters}. These values win over an open
 * {@link io.spendguard.trace.Scope}; they reach every model round and every tool, on whichever thread.
 */
public final class InvocationKeys {
    /** Whose budget and evidence: a string. */
    public static final String TENANT = "spendguard.tenant";

    /** The run: a string. By default the scope's, else the memory id, else one run for each invocation. */
    public static final String RUN = "spendguard.run";

    /** The step within the run: a string. */
    public static final String STEP = "spendguard.step";

    /** The agent that acts: a string. */
    public static final String AGENT = "spendguard.agent";

    /** The person served: a string. */
    public static final String USER = "spendguard.user";

    /** The {@link io.spendguard.Guard} that decides. */
    public static final String GUARD = "spendguard.guard";

    private InvocationKeys() {}
}
