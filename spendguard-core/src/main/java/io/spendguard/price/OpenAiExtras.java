package io.spendguard.price;

import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request to OpenAI, or to a server that speaks its language, can ask for beside tokens and a cap, and that makes it
 * cost more than these say. An adapter that meets one of them has no estimate. One list for all adapters.
 */
public final class OpenAiExtras {
    /**
     * Members of the request's JSON that a framework sends as they are, behind the settings an adapter looks at: more
     * answers, other caps, another model, other messages and tools, paid extras.
     */
    private static final Set<String> UNBOUNDED = Set.of(
            "n",
            "best_of",
            "max_tokens",
            "max_completion_tokens",
            "model",
            "messages",
            "tools",
            "audio",
            "modalities",
            "service_tier",
            "web_search_options");

    /** Costs more than the book's price; the others cost as much or less. */
    private static final String PRIORITY_TIER = "priority";

    private OpenAiExtras() {}

    /** Tells whether none of these members, named as in the request's JSON, makes a request cost more than its tokens. */
    public static boolean areBounded(@Nullable Collection<String> members) {
        return members == null || members.stream().noneMatch(UNBOUNDED::contains);
    }

    /** Tells whether a service tier costs more than the book's price; none named does not. */
    public static boolean isDearer(@Nullable String serviceTier) {
        return serviceTier != null && serviceTier.toLowerCase(Locale.ROOT).equals(PRIORITY_TIER);
    }
}
