package io.spendguard.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** Who may approve, in order of strictness: when several rules ask, the last of their roles decides. */
public enum ApproverRole {
    /** The people whose budget it is. */
    TEAM_LEAD,
    /** The people who run the platform. */
    PLATFORM_ENG,
    /** The people who answer for the tenant. */
    TENANT_ADMIN;

    /** The role of a name; throws {@link IllegalArgumentException} when there is none of that name. */
    public static ApproverRole parse(String text) {
        return Arrays.stream(values())
                .filter(role -> role.text().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("Role '" + text + "' is none: use "
                        + Arrays.stream(values()).map(ApproverRole::text).collect(Collectors.joining(", ")) + "."));
    }

    /** The name in a contract, such as {@code team-lead}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
