package io.spendguard.spring;

/** What happens when a model's answer asks for tools that no guarded callback stands in front of. */
public enum ToolAdmission {
    /**
     * Each is decided as soon as the answer arrives: a STOP or a required approval ends the call before any of them
     * runs. What is allowed holds nothing afterwards.
     */
    STOP_ONLY,
    /** Nothing: only tools that run through guarded callbacks are decided. */
    OFF
}
