package io.spendguard.model;

/** The parts of a model call a degrade may change. Messages, tools and response formats are never among them. */
public enum PatchTarget {
    /** The model, named by a catalogue alias. */
    MODEL_ALIAS("/modelAlias"),
    /** The cap on tokens the model may produce. */
    MAX_OUTPUT_TOKENS("/maxOutputTokens");

    private final String path;

    PatchTarget(String path) {
        this.path = path;
    }

    /** The JSON Pointer of this target in a patch. */
    public String path() {
        return path;
    }
}
