package io.spendguard.json;

import java.io.IOException;
import org.erdtman.jcs.JsonCanonicalizer;

/** RFC 8785 (JSON Canonicalization Scheme) for any JSON document. */
public final class CanonicalJson {
    private CanonicalJson() {}

    /**
     * The canonical bytes of a JSON document.
     *
     * @param json UTF-8 text of one JSON value
     * @throws JsonException when it is not JSON, repeats a name, or holds a number beyond IEEE double precision's range
     */
    public static byte[] canonicalize(byte[] json) {
        try {
            return new JsonCanonicalizer(json).getEncodedUTF8();
        } catch (IOException | RuntimeException malformed) {
            throw new JsonException("Document is not canonicalizable JSON: " + malformed.getMessage(), malformed);
        }
    }
}
