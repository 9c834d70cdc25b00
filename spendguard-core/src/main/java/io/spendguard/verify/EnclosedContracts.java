package io.spendguard.verify;

import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.evidence.internal.StoredZip;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The limits of the contracts that a package encloses: an event that puts one in force states them, and all of them; and what becomes of
 * holds that nobody settles. Of what else a contract says nothing is read. Memory is proportional to the budgets of the contracts enclosed.
 */
final class EnclosedContracts {
    private static final String FORMAT = "spendguard.contract/1";
    private static final String LAYERS = "spendguard.contract.layers/1";
    /** More than any contract has. */
    private static final int MAX_BYTES = 16 << 20;

    /** By digest in hexadecimal: the limits of each budget; of a layered one those of all its layers, of which one holds. */
    private final Map<String, Map<String, Set<String>>> limits = new HashMap<>();
    /** By digest in hexadecimal, of those without layers: whether holds are given back when their time is over. */
    private final Map<String, Boolean> releasing = new HashMap<>();

    /** Reads them, before the events; one that is not what its name says, or of another form, tells nothing. */
    void read(PackageReader reader, List<StoredZip.Entry> entries) throws IOException {
        for (StoredZip.Entry entry : entries) {
            Digest digest = PackageNames.parseMember(entry.name()).orElse(null);
            if (digest == null || !entry.name().equals(PackageNames.contract(digest)) || entry.size() > MAX_BYTES) {
                continue;
            }
            byte[] content = reader.content(entry);
            if (Digest.sha256(content).equals(digest)) {
                take(digest, content);
            }
        }
    }

    /**
     * What is wrong with what an event states that puts a contract in force; null where nothing is, or where the contract is not here.
     *
     * @param data its facts; throws {@link JsonException} for malformed ones
     */
    @Nullable
    String fault(JsonObject data) {
        Map<String, Set<String>> enclosed = data.has("contract") ? limits.get(data.string("contract")) : null;
        if (enclosed == null) {
            return null;
        }
        Set<String> told = new HashSet<>();
        for (JsonObject limit : data.objects("limits")) {
            String budget = limit.string("budget");
            told.add(budget);
            if (!enclosed.getOrDefault(budget, Set.of()).contains(limit.string("limit"))) {
                return "states a limit of " + limit.string("limit") + " for budget '" + budget
                        + "', which that contract does not give it";
            }
        }
        if (data.has("outranked")) {
            data.objects("outranked").forEach(kept -> told.add(kept.string("budget")));
        }
        return enclosed.keySet().stream()
                .filter(budget -> !told.contains(budget))
                .sorted()
                .findFirst()
                .map(budget -> "states no limit for budget '" + budget + "' of that contract")
                .orElse(null);
    }

    /** What an expiry charges otherwise than its contract says; null for nothing, and where nobody can tell. */
    @Nullable
    String expiryFault(JsonObject data) {
        Boolean releases = data.has("contract") ? releasing.get(data.string("contract")) : null;
        if (releases == null || !data.has("actual")) {
            return null;
        }
        for (JsonObject charge : data.objects("actual")) {
            Amount held = Amount.parse(charge.string("held"));
            boolean isGivenBack = Amount.parse(charge.string("amount")).atomic() == 0;
            if (held.atomic() > 0 && isGivenBack != releases) {
                return (releases ? "charges" : "gives back") + " a hold of " + held + " of budget '"
                        + charge.string("budget") + "'";
            }
        }
        return null;
    }

    private void take(Digest digest, byte[] content) {
        try {
            Map<String, Set<String>> byBudget = new HashMap<>();
            JsonObject contract = JsonObject.parse(content);
            if (collect(contract, byBudget)) {
                limits.put(digest.hex(), byBudget);
                if (contract.string("format").equals(FORMAT)) {
                    releasing.put(
                            digest.hex(),
                            contract.has("onExpiry")
                                    && contract.string("onExpiry").equals("RELEASE"));
                }
            }
        } catch (JsonException otherForm) {
            limits.remove(digest.hex()); // what it says, nobody here can tell
        }
    }

    private static boolean collect(JsonObject contract, Map<String, Set<String>> byBudget) {
        String format = contract.has("format") ? contract.string("format") : "";
        if (format.equals(LAYERS)) {
            return collect(contract.object("base"), byBudget) && collect(contract.object("layer"), byBudget);
        }
        if (!format.equals(FORMAT)) {
            return false;
        }
        for (JsonObject budget : contract.objects("budgets")) {
            byBudget.computeIfAbsent(budget.string("id"), none -> new HashSet<>())
                    .add(budget.string("limit"));
        }
        return true;
    }
}
