package io.spendguard.evidence.internal;

import io.spendguard.model.Digest;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names a package's files may have; anything else does not belong there. */
public final class PackageNames {
    /** What the package holds, signed. */
    public static final String MANIFEST = "manifest.json";
    /** The signature over the manifest. */
    public static final String SIGNATURE = "manifest.sig";
    /** The public keys that signed; trusted only where an anchor says so. */
    public static final String KEYS = "keys.json";

    /** The log's signed checkpoint. */
    public static final String CHECKPOINT = "log/checkpoint.note";
    /** The leaves of the tree of all tenants. */
    public static final String HEADS = "log/heads.jsonl";
    /** Whose events the leaves of the tenants' trees are. */
    public static final String RUNS = "log/runs.jsonl";
    /** What is left of events that were dropped. */
    public static final String DROPPED = "log/dropped.jsonl";
    /** What the entries of dropped events, or of those before the start, came to. */
    public static final String OPENINGS = "log/openings.jsonl";
    /** How the log stood at the checkpoint after which the package begins. */
    public static final String START = "log/start.jsonl";

    private static final Pattern EVENTS = Pattern.compile(
            "events/((?:[a-z0-9_-]|%[0-9a-f]{2})+)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\\.jsonl");
    private static final Pattern MEMBER = Pattern.compile("(?:contracts|pricebooks)/([0-9a-f]{64})\\.json");

    private PackageNames() {}

    /** A stream's file. The tenant's other bytes than {@code a-z 0-9 _ -} become {@code %xx}, so that no name is special. */
    public static String events(String tenant, UUID stream) {
        StringBuilder name = new StringBuilder("events/");
        for (byte unit : tenant.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (unit & 0xff);
            if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-') {
                name.append(c);
            } else {
                name.append('%').append(HexFormat.of().toHexDigits(unit));
            }
        }
        return name.append('/').append(stream).append(".jsonl").toString();
    }

    /** A contract's file. */
    public static String contract(Digest digest) {
        return "contracts/" + digest.hex() + ".json";
    }

    /** A price book's file. */
    public static String priceBook(Digest digest) {
        return "pricebooks/" + digest.hex() + ".json";
    }

    /** The stream a file name tells of; empty when it is no events file, or not the one name its stream has. */
    public static Optional<StreamName> parseEvents(String name) {
        Matcher matcher = EVENTS.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            StreamName stream = new StreamName(decode(matcher.group(1)), UUID.fromString(matcher.group(2)));
            return events(stream.tenant(), stream.stream()).equals(name) ? Optional.of(stream) : Optional.empty();
        } catch (CharacterCodingException noTenant) {
            return Optional.empty();
        }
    }

    /** The digest a contract's or price book's file is named by; empty for other names. */
    public static Optional<Digest> parseMember(String name) {
        Matcher matcher = MEMBER.matcher(name);
        return matcher.matches() ? Optional.of(Digest.parse(matcher.group(1))) : Optional.empty();
    }

    private static String decode(String encoded) throws CharacterCodingException {
        ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
        for (int i = 0; i < encoded.length(); i++) {
            if (encoded.charAt(i) == '%') {
                utf8.write(HexFormat.fromHexDigits(encoded, i + 1, i + 3));
                i += 2;
            } else {
                utf8.write(encoded.charAt(i));
            }
        }
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(utf8.toByteArray()))
                .toString();
    }

    /**
     * Whose stream.
     *
     * @param tenant the tenant
     * @param stream the stream
     */
    public record StreamName(String tenant, UUID stream) implements Comparable<StreamName> {
        private static final Comparator<StreamName> ORDER =
                Comparator.comparing(StreamName::tenant).thenComparing(StreamName::stream);

        /** An order, so that no package makes a hash table slow whose names all have one hash. */
        @Override
        public int compareTo(StreamName other) {
            return ORDER.compare(this, other);
        }
    }
}
