package io.spendguard.contract;

import io.spendguard.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares contracts by their canonical form, so that whatever changes a digest is a change, and nothing else is. */
final class ContractComparison {
    private static final Set<String> NOT_WRITTEN_BY_AUTHORS = Set.of("format");

    private final List<ContractChange> changes = new ArrayList<>();

    private ContractComparison() {}

    static List<ContractChange> of(Contract before, Contract after) {
        ContractComparison comparison = new ContractComparison();
        comparison.documents("", before.canonical(), after.canonical());
        return List.copyOf(comparison.changes);
    }

    private void documents(String where, JsonObject before, JsonObject after) {
        if (before.has("layer") && after.has("layer")) {
            documents(where + "base ", before.object("base"), after.object("base"));
            documents(where + "layer ", before.object("layer"), after.object("layer"));
            return;
        }
        if (before.has("layer") || after.has("layer")) {
            changes.add(new ContractChange(
                    where + "contract", after.has("layer") ? "has a layer below now" : "has no layer below any more"));
            return;
        }
        Set<String> names = names(before, after);
        names.removeAll(List.of("models", "budgets", "rules"));
        names.removeAll(NOT_WRITTEN_BY_AUTHORS);
        for (String name : names) {
            member(where + "contract", name, value(before, name), value(after, name));
        }
        named(where + "model ", members(before.object("models")), members(after.object("models")));
        named(where + "budget ", byId(before, "budgets"), byId(after, "budgets"));
        Map<String, JsonObject> rulesBefore = byId(before, "rules");
        Map<String, JsonObject> rulesAfter = byId(after, "rules");
        named(where + "rule ", rulesBefore, rulesAfter);
        order(where, rulesBefore.keySet(), rulesAfter.keySet());
    }

    private void named(String what, Map<String, JsonObject> before, Map<String, JsonObject> after) {
        before.forEach((id, old) -> {
            JsonObject now = after.get(id);
            if (now == null) {
                changes.add(new ContractChange(what + id, "removed"));
                return;
            }
            for (String name : names(old, now)) {
                member(what + id, name, value(old, name), value(now, name));
            }
        });
        after.forEach((id, now) -> {
            if (!before.containsKey(id)) {
                changes.add(new ContractChange(what + id, "added: " + shown(now)));
            }
        });
    }

    private void member(String subject, String name, @Nullable Object before, @Nullable Object after) {
        if (!Objects.equals(before, after)) {
            changes.add(new ContractChange(subject, name + ": " + shown(before) + " -> " + shown(after)));
        }
    }

    /** Rules of one priority speak in the order they are written. */
    private void order(String where, Set<String> before, Set<String> after) {
        List<String> old = before.stream().filter(after::contains).toList();
        List<String> now = after.stream().filter(before::contains).toList();
        if (!old.equals(now)) {
            changes.add(new ContractChange(
                    where + "rules", "order: " + String.join(", ", old) + " -> " + String.join(", ", now)));
        }
    }

    private static Set<String> names(JsonObject before, JsonObject after) {
        Set<String> names = new TreeSet<>(before.names());
        names.addAll(after.names());
        names.remove("id");
        return new LinkedHashSet<>(names);
    }

    private static @Nullable Object value(JsonObject object, String name) {
        return object.has(name) ? object.value(name) : null;
    }

    private static Map<String, JsonObject> byId(JsonObject document, String name) {
        Map<String, JsonObject> byId = new LinkedHashMap<>();
        document.objects(name).forEach(one -> byId.put(one.string("id"), one));
        return byId;
    }

    private static Map<String, JsonObject> members(JsonObject object) {
        Map<String, JsonObject> members = new LinkedHashMap<>();
        object.names().forEach(name -> members.put(name, object.object(name)));
        return members;
    }

    private static String shown(@Nullable Object value) {
        if (value == null) {
            return "nothing";
        }
        if (value instanceof JsonObject object) {
            return object.names().stream()
                    .filter(name -> !name.equals("id"))
                    .map(name -> name + ": " + shown(object.value(name)))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(ContractComparison::shown).collect(Collectors.joining(", ", "[", "]"));
        }
        return String.valueOf(value);
    }
}
