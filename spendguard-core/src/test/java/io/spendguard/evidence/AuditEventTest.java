package io.spendguard.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AuditEventTest {
    private static final UUID ID = UUID.fromString("01920000-0000-7000-8000-000000000001");
    private static final UUID DECISION = UUID.fromString("01920000-0000-7000-8000-000000000002");

    @Test
    void build_everyPart_isOneCanonicalCloudEvent() {
        AuditEvent event = AuditEvent.of(
                        EventTypes.DECISION, ID, "acme", Instant.parse("2026-11-23T12:00:00.000000120Z"))
                .run("run-1")
                .decision(DECISION)
                .data(JsonObject.create().put("effect", "stop"))
                .build();

        assertThat(new String(event.payload(), UTF_8))
                .isEqualTo("{\"data\":{\"effect\":\"stop\"},\"datacontenttype\":\"application/json\","
                        + "\"decisionid\":\"01920000-0000-7000-8000-000000000002\","
                        + "\"id\":\"01920000-0000-7000-8000-000000000001\",\"runid\":\"run-1\","
                        + "\"source\":\"urn:spendguard:guard\",\"specversion\":\"1.0\",\"tenantid\":\"acme\","
                        + "\"time\":\"2026-11-23T12:00:00.000000120Z\",\"type\":\"io.spendguard.decision.v1\"}");
        assertThat(event.digest()).isEqualTo(Digest.sha256(event.payload()));
    }

    @Test
    void build_withoutRunAndDecision_leavesThemOut() {
        AuditEvent event = AuditEvent.of(EventTypes.ACCOUNT_OPENED, ID, "acme", Instant.EPOCH)
                .build();

        assertThat(new String(event.payload(), UTF_8))
                .contains("\"data\":{}", "\"time\":\"1970-01-01T00:00:00Z\"")
                .doesNotContain("runid", "decisionid");
    }

    @Test
    void payload_changedByItsReceiver_staysAsItWas() {
        AuditEvent event =
                AuditEvent.of(EventTypes.DECISION, ID, "acme", Instant.EPOCH).build();

        event.payload()[0] = 'X';

        assertThat(Digest.sha256(event.payload())).isEqualTo(event.digest());
    }

    @Test
    void commit_value_isTheDocumentedHash() {
        PersonalValue committed = Commitments.of(new Random(1)).commit("alice");

        byte[] framed = concat(
                new byte[] {0, 0, 0, 24},
                "spendguard:commitment:v1".getBytes(UTF_8),
                new byte[] {0, 0, 0, 16},
                committed.salt(),
                new byte[] {0, 0, 0, 5},
                "alice".getBytes(UTF_8));
        assertThat(committed.commitment()).isEqualTo(Digest.sha256(framed));
        assertThat(committed.isIntact()).isTrue();
        assertThat(committed).hasToString("PersonalValue[" + committed.commitment() + "]");
    }

    @Test
    void commit_sameValueTwice_givesUnlinkableCommitments() {
        Commitments commitments = Commitments.system();

        assertThat(commitments.commit("alice").commitment())
                .isNotEqualTo(commitments.commit("alice").commitment());
    }

    @Test
    void isIntact_otherValueUnderTheCommitment_isFalse() {
        PersonalValue committed = Commitments.system().commit("alice");

        assertThat(new PersonalValue(committed.commitment(), "bob", committed.salt()).isIntact())
                .isFalse();
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
