package io.spendguard.json;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The rules every JSON text here obeys, whatever is then done with it. */
final class StrictJson {
    static final int MAX_DEPTH = 64;

    static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    // How long a text may be is for who reads it from somewhere to say.
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private StrictJson() {}

    /** A parser over decoded text: given bytes, Jackson would guess UTF-16 and UTF-32 as well. */
    static JsonParser parser(byte[] json) throws IOException {
        try {
            return FACTORY.createParser(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString());
        } catch (CharacterCodingException notUtf8) {
            throw new JsonException("Document is not valid UTF-8: canonical JSON is UTF-8. Encode it so.", notUtf8);
        }
    }

    /** The current token's text, if UTF-8 can carry it. */
    static String text(JsonParser parser, String what) throws IOException {
        String text = parser.getText();
        if (!isPaired(text)) {
            throw new JsonException(
                    what + at(parser) + " holds an unpaired surrogate: UTF-8 cannot carry it. Remove it.");
        }
        return text;
    }

    /** Tells whether every surrogate in the text has its partner, so that the text has a UTF-8 form. */
    static boolean isPaired(String text) {
        int i = 0;
        while (i < text.length()) {
            char unit = text.charAt(i++);
            if (!Character.isSurrogate(unit)) {
                continue;
            }
            if (!Character.isHighSurrogate(unit) || i == text.length() || !Character.isLowSurrogate(text.charAt(i++))) {
                return false;
            }
        }
        return true;
    }

    static String at(JsonParser parser) {
        return " at character " + parser.currentTokenLocation().getCharOffset();
    }

    static JsonException malformed(Exception failure) {
        if (failure instanceof JacksonException syntax && syntax.getLocation() != null) {
            // Not the token itself: a file named by mistake may be a private key.
            String detail = syntax.getOriginalMessage()
                    .replaceFirst("^Unrecognized token '[^']*'", "Unrecognized token")
                    .replaceAll("\\s+", " ");
            return new JsonException(
                    "Document is not strict JSON at character "
                            + syntax.getLocation().getCharOffset() + ": " + detail + ".",
                    failure);
        }
        return new JsonException("Document is not strict JSON: " + failure.getMessage(), failure);
    }
}
