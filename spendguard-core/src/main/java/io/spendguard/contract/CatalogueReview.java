package io.spendguard.contract;

import io.spendguard.contract.CatalogueChange.Verdict;
import io.spendguard.contract.ModelProfile.Capability;
import io.spendguard.model.Money;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Says what a new catalogue changes for the rules that use an old one's aliases, and whether that may be. */
final class CatalogueReview {
    /*
     * A breaking change takes something away: the alias, a capability, room, quality, or money. On the channel "pinned"
     * it is blocked, on "latest" accepted, as that channel asked for it, and on every other one it needs a review.
     * An unknown value that becomes known, or the other way round, breaks nothing that anybody was told.
     */
    private final List<CatalogueChange> changes = new ArrayList<>();

    private CatalogueReview() {}

    static List<CatalogueChange> of(ModelCatalogue before, ModelCatalogue after) {
        CatalogueReview review = new CatalogueReview();
        for (Map.Entry<ModelAlias, List<ModelProfile>> entry :
                before.candidates().entrySet()) {
            List<ModelProfile> now = after.candidates().get(entry.getKey());
            if (now == null) {
                review.breaking(entry.getKey(), "the alias is gone");
            } else {
                review.compare(entry.getKey(), entry.getValue(), now);
                if (!before.compatibilityClass(entry.getKey()).equals(after.compatibilityClass(entry.getKey()))) {
                    review.breaking(entry.getKey(), "its compatibility class changed");
                }
            }
        }
        return List.copyOf(review.changes);
    }

    private void compare(ModelAlias alias, List<ModelProfile> before, List<ModelProfile> after) {
        Map<String, ModelProfile> old = firstByProvider(before);
        Map<String, ModelProfile> now = firstByProvider(after);
        for (Map.Entry<String, ModelProfile> entry : old.entrySet()) {
            ModelProfile successor = now.get(entry.getKey());
            if (successor == null) {
                breaking(alias, "no model of provider '" + entry.getKey() + "' is left");
            } else {
                compare(alias, entry.getValue(), successor);
            }
        }
        for (Map.Entry<String, ModelProfile> entry : now.entrySet()) {
            if (!old.containsKey(entry.getKey())) {
                accepted(alias, "provider '" + entry.getKey() + "' has a model for it now");
            }
        }
        if (!before.get(0).model().provider().equals(after.get(0).model().provider())) {
            breaking(
                    alias,
                    "its first provider is '" + after.get(0).model().provider() + "' and was '"
                            + before.get(0).model().provider() + "'");
        }
    }

    private void compare(ModelAlias alias, ModelProfile before, ModelProfile after) {
        if (before.equals(after)) {
            return;
        }
        int found = changes.size();
        String model = "'" + after.model() + "'";
        Set<Capability> lost = EnumSet.noneOf(Capability.class);
        lost.addAll(before.capabilities());
        lost.removeAll(after.capabilities());
        if (!lost.isEmpty()) {
            breaking(alias, model + " lacks " + lost + ", which '" + before.model() + "' has");
        }
        decreased(alias, model + " takes less input", before.maxInputTokens(), after.maxInputTokens());
        decreased(alias, model + " gives less output", before.maxOutputTokens(), after.maxOutputTokens());
        decreased(alias, model + " is of lower quality", before.quality(), after.quality());
        price(alias, model + " costs %s for input", before.inputPrice(), after.inputPrice());
        price(alias, model + " costs %s for output", before.outputPrice(), after.outputPrice());
        if (changes.size() == found) {
            boolean vouched = before.quality() != null && after.quality() != null;
            if (before.model().equals(after.model()) || vouched) {
                accepted(alias, model + " is equal or better");
            } else {
                change(
                        alias,
                        alias.channel().equals(ModelAlias.LATEST)
                                ? Verdict.ACCEPTED
                                : alias.channel().equals(ModelAlias.PINNED) ? Verdict.BLOCKED : Verdict.REVIEW,
                        model + " takes the place of '" + before.model() + "', and nobody vouches for its quality");
            }
        }
    }

    /** Of each provider the model it is called with; in order of provider, so that reports are the same every time. */
    private static Map<String, ModelProfile> firstByProvider(List<ModelProfile> profiles) {
        Map<String, ModelProfile> first = new TreeMap<>();
        profiles.forEach(profile -> first.putIfAbsent(profile.model().provider(), profile));
        return first;
    }

    private void decreased(ModelAlias alias, String what, @Nullable Long before, @Nullable Long after) {
        if (before != null && after != null && after < before) {
            breaking(alias, what + ", " + after + " instead of " + before);
        }
    }

    private void price(ModelAlias alias, String what, @Nullable Money before, @Nullable Money after) {
        if (before == null || after == null || before.equals(after)) {
            return;
        }
        if (!before.currency().equals(after.currency())) {
            breaking(
                    alias,
                    String.format(Locale.ROOT, what, "another currency") + ", " + after + " instead of " + before);
        } else if (after.compareTo(before) > 0) {
            breaking(alias, String.format(Locale.ROOT, what, "more") + ", " + after + " instead of " + before);
        } else if (after.nanos() < before.nanos() / 2) {
            change(
                    alias,
                    Verdict.REVIEW,
                    String.format(Locale.ROOT, what, "less than half") + ", " + after + " instead of " + before
                            + ": such a drop is often a mistake");
        }
    }

    private void breaking(ModelAlias alias, String text) {
        change(
                alias,
                switch (alias.channel()) {
                    case ModelAlias.PINNED -> Verdict.BLOCKED;
                    case ModelAlias.LATEST -> Verdict.ACCEPTED;
                    default -> Verdict.REVIEW;
                },
                text);
    }

    private void accepted(ModelAlias alias, String text) {
        change(alias, Verdict.ACCEPTED, text);
    }

    private void change(ModelAlias alias, Verdict verdict, String text) {
        changes.add(new CatalogueChange(alias, verdict, text));
    }
}
