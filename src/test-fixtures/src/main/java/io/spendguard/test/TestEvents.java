package io.spendguard.test;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.EventDraft;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import java.util.List;
import java.util.UUID;

/** Events whose payload holds ledger entries, written and read back. */
final class TestEvents {
    static final String OPERATION = "test.operation";
    static final String OPENING = "test.account.opened";
    static final String CARRYING = "test.limit.carried";

    private TestEvents() {}

    static JsonObject entries(List<Entry> entries) {
        return JsonObject.create()
                .put(
                        "entries",
                        entries.stream()
                                .map(entry -> JsonObject.create()
                                        .put("account", entry.account().toString())
                                        .put("kind", entry.kind().name())
                                        .put("atomic", Long.toString(entry.atomic())))
                                .toList());
    }

    static List<Entry> entries(EventDraft event) {
        return JsonObject.parse(event.payload()).objects("entries").stream()
                .map(entry -> new Entry(
                        new AccountId(UUID.fromString(entry.string("account"))),
                        EntryKind.valueOf(entry.string("kind")),
                        Long.parseLong(entry.string("atomic"))))
                .toList();
    }

    static EventDraft draft(
            IdSource ids, String tenant, String type, JsonObject payload, List<EventDraft.PersonalValue> personal) {
        UUID id = ids.next();
        byte[] bytes = payload.put("id", id.toString()).toCanonicalBytes();
        return new EventDraft(id, tenant, type, bytes, Digest.sha256(bytes), personal);
    }
}
