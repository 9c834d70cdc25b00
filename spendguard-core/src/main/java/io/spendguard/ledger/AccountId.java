package io.spendguard.ledger;

import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Identifies an account by what it is, so that every process knows the id before the row exists: the first 16 bytes of
 * a SHA-256 over namespace, tenant, budget, key, window and unit, marked as a UUIDv8.
 *
 * <p>Its order is that of PostgreSQL's {@code uuid} type (bytes, unsigned), which is the order every ledger locks
 * accounts in; {@link UUID#compareTo} is another order and must not be used for that.
 *
 * @param value the id
 */
public record AccountId(UUID value) implements Comparable<AccountId> {
    /** The id of the account of one budget, key and window. */
    public static AccountId of(
            Namespace namespace, String tenant, String budgetId, String key, Period window, Unit unit) {
        Digest digest = Digest.sha256(
                field("spendguard:account:v1"),
                field(namespace.name()),
                field(tenant),
                field(budgetId),
                field(key),
                field(window.from().toString()),
                field(window.until().toString()),
                field(unit.code()));
        ByteBuffer bytes = ByteBuffer.wrap(digest.bytes());
        long high = (bytes.getLong() & ~0xF000L) | 0x8000L;
        long low = (bytes.getLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
        return new AccountId(new UUID(high, low));
    }

    @Override
    public int compareTo(AccountId other) {
        int high = Long.compareUnsigned(value.getMostSignificantBits(), other.value.getMostSignificantBits());
        return high != 0
                ? high
                : Long.compareUnsigned(value.getLeastSignificantBits(), other.value.getLeastSignificantBits());
    }

    @Override
    public String toString() {
        return value.toString();
    }

    /** Length before content, so that no two field lists collide. */
    private static byte[] field(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(4 + utf8.length)
                .putInt(utf8.length)
                .put(utf8)
                .array();
    }
}
