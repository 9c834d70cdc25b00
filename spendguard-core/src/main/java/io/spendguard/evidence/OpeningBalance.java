package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.Unit;
import io.spendguard.proof.MerkleTree;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What an account's dropped entries came to. Account and sums are what the closed head committed to; the rest is the ledger's word.
 *
 * @param tenant whose
 * @param account the account's id
 * @param namespace {@code enforce} or {@code shadow}
 * @param budget its budget
 * @param key what the budget is kept per, or empty
 * @param from when its window began, as its opening said
 * @param until when its window ends
 * @param unit what its atoms are
 * @param limit what contract and operators gave together, in atoms
 * @param granted the operators' part of it
 * @param spent what was spent
 * @param held what was held
 * @param debt what was owed
 */
public record OpeningBalance(
        String tenant,
        UUID account,
        String namespace,
        String budget,
        String key,
        String from,
        String until,
        Unit unit,
        long limit,
        long granted,
        long spent,
        long held,
        long debt) {
    /** Checks that every part is present. */
    public OpeningBalance {
        Objects.requireNonNull(tenant, "tenant");
        Objects.requireNonNull(account, "account");
        Objects.requireNonNull(unit, "unit");
    }

    /** The root over a tenant's balances, as a head of the log commits to it; accounts without any balance are left out. */
    public static Digest root(Collection<OpeningBalance> openings) {
        TreeMap<String, Digest> leaves = new TreeMap<>();
        for (OpeningBalance opening : openings) {
            if (opening.limit != 0 || opening.spent != 0 || opening.held != 0 || opening.debt != 0) {
                leaves.put(
                        opening.account.toString(),
                        LogHead.balanceLeaf(opening.account, opening.limit, opening.spent, opening.held, opening.debt));
            }
        }
        return leaves.isEmpty()
                ? MerkleTree.emptyRoot()
                : MerkleTree.of(List.copyOf(leaves.values())).root();
    }

    /** Reads a line of a package's file of opening balances; throws {@link JsonException} when it has another form. */
    public static OpeningBalance parse(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        OpeningBalance opening;
        try {
            opening = new OpeningBalance(
                    json.string("tenant"),
                    UUID.fromString(json.string("account")),
                    json.string("namespace"),
                    json.string("budget"),
                    json.string("key"),
                    json.string("from"),
                    json.string("until"),
                    new Unit(json.string("unit")),
                    Long.parseLong(json.string("limit")),
                    Long.parseLong(json.string("granted")),
                    Long.parseLong(json.string("spent")),
                    Long.parseLong(json.string("held")),
                    Long.parseLong(json.string("debt")));
        } catch (JsonException e) {
            throw e;
        } catch (IllegalArgumentException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        if (!Arrays.equals(opening.toBytes(), line)) {
            throw new JsonException("The line is not canonical, or has members it should not have.");
        }
        return opening;
    }

    /** The line's canonical bytes, without a line feed. */
    public byte[] toBytes() {
        return JsonObject.create()
                .put("tenant", tenant)
                .put("account", account.toString())
                .put("namespace", namespace)
                .put("budget", budget)
                .put("key", key)
                .put("from", from)
                .put("until", until)
                .put("unit", unit.code())
                .put("limit", Long.toString(limit))
                .put("granted", Long.toString(granted))
                .put("spent", Long.toString(spent))
                .put("held", Long.toString(held))
                .put("debt", Long.toString(debt))
                .toCanonicalBytes();
    }
}
