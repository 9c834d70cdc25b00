package io.spendguard.evidence;

import io.spendguard.json.JsonObject;
import io.spendguard.json.SchemaText;
import io.spendguard.model.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An audit event before it has a place: a CloudEvents 1.0 envelope in RFC 8785 canonical JSON, hashed. It knows neither
 * its position nor what precedes it, so that it can be built and hashed before order exists.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class AuditEvent {
    private static final String SOURCE = "urn:spendguard:guard";

    private final UUID id;
    private final String tenant;
    private final String type;
    private final byte[] payload;
    private final Digest digest;
    private final List<PersonalValue> personal;

    private AuditEvent(
            UUID id, String tenant, String type, byte[] payload, Digest digest, List<PersonalValue> personal) {
        this.id = id;
        this.tenant = tenant;
        this.type = type;
        this.payload = payload;
        this.digest = digest;
        this.personal = personal;
    }

    /**
     * Starts an event.
     *
     * @param type one of {@link EventTypes}
     * @param id its id, unique for ever
     * @param tenant whose stream it goes to
     * @param time when what it tells of happened
     */
    public static Builder of(String type, UUID id, String tenant, Instant time) {
        return new Builder(type, id, tenant, time);
    }

    /**
     * An event as it was stored. Nothing is checked: the parts may contradict each other, and telling so is the
     * verifier's task.
     */
    public static AuditEvent stored(UUID id, String tenant, String type, byte[] payload) {
        byte[] copy = payload.clone();
        return new AuditEvent(id, tenant, type, copy, Digest.sha256(copy), List.of());
    }

    /** The event's id. */
    public UUID id() {
        return id;
    }

    /** All events as a JSON Schema (draft 2020-12), for readers in other languages. */
    public static String schema() {
        return SchemaText.of(AuditEvent.class, "event.schema.json");
    }

    /** Whose stream it goes to. */
    public String tenant() {
        return tenant;
    }

    /** The CloudEvents type. */
    public String type() {
        return type;
    }

    /** A copy of the canonical bytes. */
    public byte[] payload() {
        return payload.clone();
    }

    /** SHA-256 of the canonical bytes. */
    public Digest digest() {
        return digest;
    }

    /** The values behind the commitments it holds, to be stored where they can be erased. */
    public List<PersonalValue> personal() {
        return personal;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AuditEvent that
                && id.equals(that.id)
                && tenant.equals(that.tenant)
                && type.equals(that.type)
                && digest.equals(that.digest);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** Type and id. */
    @Override
    public String toString() {
        return type + " " + id;
    }

    /** Collects an event's parts. Not safe for several threads. */
    public static final class Builder {
        private final String type;
        private final UUID id;
        private final String tenant;
        private final Instant time;
        private final List<PersonalValue> personal = new ArrayList<>();
        private @Nullable String run;
        private @Nullable UUID decision;
        private @Nullable JsonObject data;

        private Builder(String type, UUID id, String tenant, Instant time) {
            this.type = Objects.requireNonNull(type, "type");
            this.id = Objects.requireNonNull(id, "id");
            this.tenant = Objects.requireNonNull(tenant, "tenant");
            this.time = Objects.requireNonNull(time, "time");
        }

        /** The run it belongs to. */
        public Builder run(String value) {
            this.run = Objects.requireNonNull(value, "value");
            return this;
        }

        /** The decision it tells of. */
        public Builder decision(UUID value) {
            this.decision = Objects.requireNonNull(value, "value");
            return this;
        }

        /** The facts. */
        public Builder data(JsonObject value) {
            this.data = Objects.requireNonNull(value, "value");
            return this;
        }

        /** A value whose commitment the facts hold; it stays beside the event, never in it. */
        public Builder personal(PersonalValue value) {
            this.personal.add(Objects.requireNonNull(value, "value"));
            return this;
        }

        /** The event: written in canonical form and hashed, once. */
        public AuditEvent build() {
            JsonObject envelope = JsonObject.create()
                    .put("specversion", "1.0")
                    .put("id", id.toString())
                    .put("source", SOURCE)
                    .put("type", type)
                    .put("time", time.toString())
                    .put("datacontenttype", "application/json")
                    .put("tenantid", tenant)
                    .putIfPresent("runid", run)
                    .put("data", data == null ? JsonObject.create() : data);
            if (decision != null) {
                envelope.put("decisionid", decision.toString());
            }
            byte[] payload = envelope.toCanonicalBytes();
            return new AuditEvent(id, tenant, type, payload, Digest.sha256(payload), List.copyOf(personal));
        }
    }
}
