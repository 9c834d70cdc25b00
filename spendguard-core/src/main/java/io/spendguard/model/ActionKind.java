package io.spendguard.model;

/** What an agent is about to do, with the name contracts use for the moment before it. */
public enum ActionKind {
    /** A whole run begins. */
    RUN("run.pre"),
    /** One step of an agent's loop begins. */
    AGENT_STEP("agent.step.pre"),
    /** A model is about to be called. */
    LLM_CALL("llm.call.pre"),
    /** A tool is about to be called: the last gate before an external side effect. */
    TOOL_CALL("tool.call.pre"),
    /** Another agent is about to be started. */
    AGENT_DISPATCH("agent.dispatch.pre");

    private final String trigger;

    ActionKind(String trigger) {
        this.trigger = trigger;
    }

    /** The trigger's name in a contract's {@code at:}, such as {@code llm.call.pre}. */
    public String trigger() {
        return trigger;
    }
}
