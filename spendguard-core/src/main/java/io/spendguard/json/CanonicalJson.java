package io.spendguard.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.erdtman.jcs.JsonCanonicalizer;

/** RFC 8785 (JSON Canonicalization Scheme) for any JSON document. */
public final class CanonicalJson {
    private CanonicalJson() {}

    /**
     * The canonical bytes of a JSON document.
     *
     * @param json UTF-8 text of one JSON value
     * @throws JsonException when it is not strict JSON, repeats a name, nests deeper than 64 levels, or holds a number
     *     beyond IEEE double precision's range
     */
    public static byte[] canonicalize(byte[] json) {
        try {
            JsonToken only = requireStrict(json);
            if (only.isStructStart()) {
                return new JsonCanonicalizer(json).getEncodedUTF8();
            }
            // The library reads objects and lists only: put the value into a list, and take it out again.
            byte[] list = new JsonCanonicalizer("[" + new String(json, StandardCharsets.UTF_8) + "]").getEncodedUTF8();
            return Arrays.copyOfRange(list, 1, list.length - 1);
        } catch (JsonException e) {
            throw e;
        } catch (IOException | RuntimeException malformed) {
            throw StrictJson.malformed(malformed);
        }
    }

    /** The canonicalizing library forgives much, so another reader goes first. */
    private static JsonToken requireStrict(byte[] json) throws IOException {
        try (JsonParser parser = StrictJson.parser(json)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                throw new JsonException("Document is empty: one JSON value is expected.");
            }
            int depth = 0;
            boolean complete = false;
            for (JsonToken token = first; token != null; token = parser.nextToken()) {
                if (complete) {
                    throw new JsonException(
                            "Document goes on after its value" + StrictJson.at(parser) + ". Remove what follows.");
                }
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                complete = depth == 0;
                if (token == JsonToken.FIELD_NAME || token == JsonToken.VALUE_STRING) {
                    StrictJson.text(parser, token == JsonToken.FIELD_NAME ? "Name" : "String");
                }
            }
            return first;
        }
    }
}
