package io.spendguard.contract;

/** The dialects of the contract language. */
enum ApiVersion {
    V1ALPHA1("spendguard.ai/v1alpha1"),
    /** Accepted with the members of {@link #V1ALPHA1} only. */
    V1ALPHA2("spendguard.ai/v1alpha2"),
    V1("spendguard.ai/v1");

    private final String text;

    ApiVersion(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    /** Tells whether documents of the reference are meant, which know neither triggers nor our shorter forms. */
    boolean isAlpha() {
        return this != V1;
    }
}
