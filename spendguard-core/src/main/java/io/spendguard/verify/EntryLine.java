package io.spendguard.verify;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.util.List;
import java.util.UUID;

/** One ledger entry as an event's facts tell it. */
record EntryLine(UUID account, String kind, long atomic) {
    /** An event's entries; throws {@link JsonException} or {@link IllegalArgumentException} for malformed ones. */
    static List<EntryLine> of(JsonObject data) {
        List<JsonObject> entries = data.objects("entries");
        EntryLine[] lines = new EntryLine[entries.size()];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = parse(entries.get(i));
        }
        return List.of(lines);
    }

    private static EntryLine parse(JsonObject json) {
        String text = json.string("atomic");
        long atomic = Long.parseLong(text);
        if (atomic == 0 || !Long.toString(atomic).equals(text)) {
            throw new JsonException("Entry amount '" + text + "' is no plain decimal number other than 0.");
        }
        return new EntryLine(UUID.fromString(json.string("account")), json.string("kind"), atomic);
    }
}
