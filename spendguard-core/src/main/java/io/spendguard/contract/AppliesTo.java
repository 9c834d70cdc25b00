package io.spendguard.contract;

import io.spendguard.model.Action;
import io.spendguard.model.ActionKind;
import java.util.Collections;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which actions a budget counts, beside those whose unit it does not. An empty set selects everything; of several sets
 * each must select the action. An action without the property is selected by no set of its values.
 *
 * @param kinds triggers
 * @param providers providers by name
 * @param models models as their providers name them; one that ends in {@code *} selects every name that begins so
 * @param tools tools, in the same way
 * @param agents agents, in the same way
 * @param labels values of labels, in the same way
 */
public record AppliesTo(
        Set<ActionKind> kinds,
        Set<String> providers,
        Set<String> models,
        Set<String> tools,
        Set<String> agents,
        SortedMap<String, Set<String>> labels) {
    /** Every action. */
    public static final AppliesTo EVERYTHING =
            new AppliesTo(Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Collections.emptySortedMap());

    /** Copies the sets. */
    public AppliesTo {
        kinds = Set.copyOf(kinds);
        providers = Set.copyOf(providers);
        models = Set.copyOf(models);
        tools = Set.copyOf(tools);
        agents = Set.copyOf(agents);
        labels = Collections.unmodifiableSortedMap(new TreeMap<>(labels));
    }

    /** Tells whether the action is selected. */
    public boolean selects(Action action) {
        return (kinds.isEmpty() || kinds.contains(action.kind()))
                && matches(providers, action.provider())
                && matches(models, action.model())
                && matches(tools, action.tool())
                && matches(agents, action.agent())
                && labels.entrySet().stream()
                        .allMatch(label -> matches(
                                label.getValue(),
                                Optional.ofNullable(action.labels().get(label.getKey()))));
    }

    private static boolean matches(Set<String> wanted, Optional<String> value) {
        return wanted.isEmpty() || (value.isPresent() && wanted.stream().anyMatch(one -> matches(one, value.get())));
    }

    private static boolean matches(String wanted, String value) {
        return wanted.endsWith("*") ? value.startsWith(wanted.substring(0, wanted.length() - 1)) : value.equals(wanted);
    }
}
