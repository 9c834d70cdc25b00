package io.spendguard.verify;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** What an account is. */
record AccountIdentity(
        UUID id, String namespace, String budget, String key, String from, String until, Period window, Unit unit) {
    /** The key, or its last part, of the accounts in which a rolling window remembers what to give back, and when. */
    private static final String BUCKET = "~bucket";

    static AccountIdentity parse(JsonObject json, UnaryOperator<String> shared) {
        String from = shared.apply(json.string("from"));
        String until = shared.apply(json.string("until"));
        return new AccountIdentity(
                UUID.fromString(json.string("id")),
                shared.apply(json.string("namespace")),
                shared.apply(json.string("budget")),
                json.string("key"),
                from,
                until,
                AccountWords.window(from, until),
                new Unit(shared.apply(json.string("unit"))));
    }

    /** What stands for all that it is, but for its id: no two accounts of a tenant have it in common. */
    UUID digest(String tenant) {
        return UuidMap.key(JsonObject.create()
                .put("tenant", tenant)
                .put("namespace", namespace)
                .put("budget", budget)
                .put("key", key)
                .put("from", window.from().toString())
                .put("until", window.until().toString())
                .put("unit", unit.code()));
    }

    /** Whether it is a rolling window's memory of one bucket. */
    boolean isBucket() {
        return !window.equals(Period.ALWAYS) && (key.equals(BUCKET) || key.endsWith("/" + BUCKET));
    }

    /** The key of the window whose bucket it is; its own, where it is none. */
    String windowKey() {
        if (!isBucket()) {
            return key;
        }
        return key.equals(BUCKET) ? "" : key.substring(0, key.length() - BUCKET.length() - 1);
    }
}
