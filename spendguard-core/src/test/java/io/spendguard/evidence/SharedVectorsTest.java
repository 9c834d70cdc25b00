package io.spendguard.evidence;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.json.JsonObject;
import io.spendguard.trace.SharedIds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Prompt hashes and derived ids by the vectors that implementations in other languages pass. */
class SharedVectorsTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void recipe_publishedVector_givesWhatIsPublished(String id, JsonObject vector) {
        JsonObject in = vector.object("inputs");

        String actual = switch (vector.string("fn")) {
            case "compute_prompt_hash" -> PromptHash.of(in.string("prompt_text"), in.string("tenant_id"));
            case "derive_uuid_from_signature" ->
                SharedIds.uuid(in.string("signature"), in.string("scope")).toString();
            case "derive_agent_signature" ->
                SharedIds.agentSignature(in.string("input"), in.stringOrNull("system_instructions"));
            case "derive_idempotency_key" ->
                SharedIds.idempotencyKey(
                        in.string("tenant_id"),
                        in.string("session_id"),
                        in.string("run_id"),
                        in.string("step_id"),
                        in.string("llm_call_id"),
                        in.string("trigger"));
            default -> throw new IllegalStateException("Vector " + id + " is of a function that is not known here.");
        };

        assertThat(actual).isEqualTo(vector.string("expected_output"));
    }

    @Test
    void vectors_areAllThere() throws IOException {
        assertThat(vectors()).hasSize(28);
    }

    static List<Object[]> vectors() throws IOException {
        try (InputStream file = Objects.requireNonNull(
                SharedVectorsTest.class.getResourceAsStream("/vectors/spendguard/cross-language-v1.json"))) {
            // Absent and null mean the same in these vectors; our reader knows no null.
            String json = new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll(",\\s*\"system_instructions\": null", "");
            return JsonObject.parse(json.getBytes(StandardCharsets.UTF_8)).objects("fixtures").stream()
                    .map(vector -> new Object[] {vector.string("id"), vector})
                    .toList();
        }
    }
}
