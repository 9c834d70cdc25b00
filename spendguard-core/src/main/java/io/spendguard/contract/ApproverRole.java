package io.spendguard.contract;

import java.util.Locale;

/** Who may approve, in order of strictness: when several rules ask, the last of their roles decides. */
public enum ApproverRole {
    /** The people whose budget it is. */
    TEAM_LEAD,
    /** The people who run the platform. */
    PLATFORM_ENG,
    /** The people who answer for the tenant. */
    TENANT_ADMIN;

    /** The name in a contract, such as {@code team-lead}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
