package io.spendguard.evidence;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.macs.HMac;
import org.bouncycastle.crypto.params.KeyParameter;

/**
 * Hashes prompts the way other SpendGuard implementations do, so that equal prompts of one tenant are recognised without
 * being kept: HMAC-SHA-256 with the tenant as key over the trimmed prompt. A tenant's name is no secret: who knows it can
 * try prompts. Where that matters use {@link Commitments}.
 */
public final class PromptHash {
    private static final int UUID_DIGITS = 32;

    private PromptHash() {}

    /** The hash in lower-case hexadecimal. Spaces, tabs and line ends around the prompt do not count; nothing else is changed. */
    public static String of(String prompt, String tenant) {
        HMac mac = new HMac(SHA256Digest.newInstance());
        mac.init(new KeyParameter(utf8(canonical(tenant))));
        byte[] message = utf8(trim(prompt));
        mac.update(message, 0, message.length);
        byte[] hash = new byte[mac.getMacSize()];
        mac.doFinal(hash, 0);
        return HexFormat.of().formatHex(hash);
    }

    /** A tenant that is a UUID in any of its notations is its canonical one; others are what they are. */
    private static String canonical(String tenant) {
        String digits = tenant.replace("urn:", "")
                .replace("uuid:", "")
                .replaceAll("^[{}]+|[{}]+$", "")
                .replace("-", "");
        if (digits.length() != UUID_DIGITS || !digits.chars().allMatch(HexFormat::isHexDigit)) {
            return tenant;
        }
        String hex = digits.toLowerCase(Locale.ROOT);
        return String.join(
                "-",
                hex.substring(0, 8),
                hex.substring(8, 12),
                hex.substring(12, 16),
                hex.substring(16, 20),
                hex.substring(20));
    }

    private static String trim(String prompt) {
        int from = 0;
        int to = prompt.length();
        while (from < to && isTrimmed(prompt.charAt(from))) {
            from++;
        }
        while (to > from && isTrimmed(prompt.charAt(to - 1))) {
            to--;
        }
        return prompt.substring(from, to);
    }

    private static boolean isTrimmed(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
