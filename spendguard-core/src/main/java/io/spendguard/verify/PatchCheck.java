package io.spendguard.verify;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Whether a degraded action is what its patch makes of the action as it was asked for. Looks at one event at a time. */
final class PatchCheck {
    /** What the effective action leaves out. */
    private static final Set<String> LEFT_OUT = Set.of("user", "labels");
    /** What an alias of the contract's catalogue stands for, which is not in the event. */
    private static final Set<String> NAMED_BY_ALIAS = Set.of("provider", "model");

    private PatchCheck() {}

    /** Throws {@link JsonException} where they differ in what the patch does not name, or has otherwise. */
    static void require(JsonObject data) {
        if (!data.has("effective") || !data.has("action")) {
            return;
        }
        Map<String, Object> patched = new HashMap<>();
        if (data.has("patch")) {
            for (JsonObject operation : data.objects("patch")) {
                if (!operation.string("op").equals("test")) {
                    patched.put(operation.string("path"), operation.value("value"));
                }
            }
        }
        JsonObject action = data.object("action");
        JsonObject effective = data.object("effective");
        Set<String> members = new HashSet<>(action.names());
        members.addAll(effective.names());
        members.removeAll(LEFT_OUT);
        for (String member : members) {
            List<Object> before = valueOf(action, member);
            List<Object> after = valueOf(effective, member);
            boolean isPatched = NAMED_BY_ALIAS.contains(member)
                    ? patched.containsKey("/modelAlias")
                    : patched.containsKey("/" + member)
                            && after.toString()
                                    .equals(List.of(patched.get("/" + member)).toString());
            if (!before.equals(after) && !isPatched) {
                throw new JsonException("Member 'effective' has another '" + member
                        + "' than its action, which its patch does not make.");
            }
        }
    }

    private static List<Object> valueOf(JsonObject action, String member) {
        return action.has(member) ? List.of(action.value(member)) : List.of();
    }
}
