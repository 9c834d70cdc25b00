package io.spendguard.evidence;

import io.spendguard.json.JsonObject;
import java.util.Objects;

/**
 * That a key is believed no further than a position of the log, as its owner states it.
 *
 * @param keyId the key
 * @param size the size of the log's checkpoint up to which it is believed; 0 for not at all
 * @param reason why, in the owner's words; no personal value
 */
public record KeyRevocation(String keyId, long size, String reason) {
    private static final int LONGEST_REASON = 500;

    /** Refuses what is no position, and a reason that is blank or too long, with {@link IllegalArgumentException}. */
    public KeyRevocation {
        Objects.requireNonNull(keyId, "keyId");
        if (size < 0) {
            throw new IllegalArgumentException("Key '" + keyId + "' is revoked at checkpoint " + size
                    + ": a size is 0 or more. Take it from the anchors.");
        }
        if (reason.isBlank() || reason.length() > LONGEST_REASON) {
            throw new IllegalArgumentException("Reason for revoking key '" + keyId + "' has "
                    + reason.strip().length() + " characters: 1 to " + LONGEST_REASON
                    + " are expected. Say why it is revoked.");
        }
    }

    /** Reads what {@link #toJson} wrote; throws {@link IllegalArgumentException} when it has another form. */
    public static KeyRevocation parse(JsonObject json) {
        return new KeyRevocation(json.string("key"), json.integer("size"), json.string("reason"));
    }

    /** The member {@code revocation} of the event that states it. */
    public JsonObject toJson() {
        return JsonObject.create().put("key", keyId).put("size", size).put("reason", reason);
    }
}
