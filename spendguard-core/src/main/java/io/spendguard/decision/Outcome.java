package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import io.spendguard.model.Money;
import io.spendguard.model.Settlement;
import io.spendguard.model.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * How a hold is to be settled.
 *
 * @param kind committed, released or expired
 * @param usage the provider's count; null for a release, an expiry and for a cost known directly
 * @param cost the real cost; null when the estimate stands or nothing was spent
 * @param charges what each hold becomes
 * @param note why it was released, made fit for evidence; null for a commit
 * @param eventId identifies the outcome's audit event
 * @param transactionId identifies the entries
 * @param at the host's time
 * @param isWhole whether usage and cost are of the whole call; what its parts came to is then left out of the charges
 */
record Outcome(
        Settlement.Outcome kind,
        @Nullable Usage usage,
        @Nullable Money cost,
        List<Terms.Charge> charges,
        @Nullable String note,
        UUID eventId,
        UUID transactionId,
        Instant at,
        boolean isWhole) {
    private static final int MAX_NOTE = 500;

    Outcome {
        note = note == null ? null : legible(note);
    }

    /** This outcome for what is held by now; where the hold itself stands for want of a count, that is the larger one. */
    Outcome of(List<Claim> claims) {
        Map<AccountId, Claim> held = new HashMap<>();
        claims.forEach(claim -> held.put(claim.account().id(), claim));
        List<Terms.Charge> current = charges.stream()
                .map(charge -> {
                    Claim claim = held.getOrDefault(charge.claim().account().id(), charge.claim());
                    boolean isTheHold = charge.estimated()
                            && charge.actual() == charge.claim().atomic();
                    long counted = isWhole ? charge.beyond(claim.committed()) : charge.actual();
                    return new Terms.Charge(claim, isTheHold ? claim.atomic() : counted, charge.estimated());
                })
                .toList();
        return new Outcome(kind, usage, cost, current, note, eventId, transactionId, at, isWhole);
    }

    /** Whether any hold settles at the estimate for want of a count. */
    boolean estimated() {
        return charges.stream().anyMatch(Terms.Charge::estimated);
    }

    /** What is recorded as spent, for each hold. */
    List<Amount> actual() {
        return charges.stream()
                .map(charge ->
                        new Amount(charge.actual(), charge.claim().account().unit()))
                .toList();
    }

    /** What is recorded as spent for each hold by now, with the parts committed before. */
    List<Amount> total() {
        return charges.stream()
                .map(charge -> new Amount(
                        Math.addExact(charge.actual(), charge.claim().committed()),
                        charge.claim().account().unit()))
                .toList();
    }

    /**
     * Two settlements are the same exactly when they settle the same way for the same usage or cost, whatever was held when
     * each of their permits looked last.
     */
    Digest digest() {
        return Digest.sha256(JsonObject.create()
                .put("kind", kind.name())
                .put("usage", String.valueOf(usage))
                .put("cost", String.valueOf(cost))
                .toString()
                .getBytes(StandardCharsets.UTF_8));
    }

    /** A reason may be cut out of any text: half a character, a NUL or too many must not keep a hold from being released. */
    private static String legible(String text) {
        StringBuilder legible = new StringBuilder();
        text.codePoints()
                .limit(MAX_NOTE)
                .map(c -> c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) ? '?' : c)
                .forEach(legible::appendCodePoint);
        return legible.toString();
    }
}
