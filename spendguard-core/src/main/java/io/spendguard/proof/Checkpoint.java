package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.util.Base64;
import java.util.Objects;

/**
 * What a log commits to: that many entries under that root, in the text of C2SP tlog-checkpoint.
 *
 * @param origin the log's name
 * @param size how many leaves its tree has
 * @param root the tree's root
 */
public record Checkpoint(String origin, long size, Digest root) {
    /** Refuses an origin that is no name and a negative size with {@link IllegalArgumentException}. */
    public Checkpoint {
        Objects.requireNonNull(root, "root");
        if (!NoteKey.isName(origin)) {
            throw new IllegalArgumentException("Log origin '" + origin
                    + "' is empty or holds a space, control character or plus sign. Use a name like example.com/log.");
        }
        if (size < 0) {
            throw new IllegalArgumentException("Checkpoint size " + size + " is negative.");
        }
    }

    /** Reads a note's text; throws {@link IllegalArgumentException} when it has another form, or extension lines. */
    public static Checkpoint parse(String text) {
        String[] lines = text.split("\n", -1);
        try {
            if (lines.length == 4) {
                Checkpoint checkpoint = new Checkpoint(
                        lines[0],
                        Long.parseLong(lines[1]),
                        Digest.of(Base64.getDecoder().decode(lines[2])));
                if (checkpoint.text().equals(text)) {
                    return checkpoint;
                }
            }
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("Checkpoint is damaged: " + malformed.getMessage(), malformed);
        }
        throw new IllegalArgumentException(
                "Checkpoint is not three lines: origin, size and root in base64. Copy it whole.");
    }

    /** The text that is signed. */
    public String text() {
        return origin + "\n" + size + "\n" + Base64.getEncoder().encodeToString(root.bytes()) + "\n";
    }
}
