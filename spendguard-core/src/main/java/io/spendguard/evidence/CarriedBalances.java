package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What events that are left out of a package made of accounts, so that balances go on from there. Not safe for several threads. */
final class CarriedBalances {
    /** By tenant, and by the account's id as text, which is the order of a balance root. */
    private final Map<String, Map<String, Account>> tenants = new TreeMap<>();

    /** Goes on from what dropped events made of an account. */
    void add(OpeningBalance opening) {
        Account account = account(opening.tenant(), opening.account());
        account.identity = opening;
        account.limit = Math.addExact(account.limit, opening.limit());
        account.granted = Math.addExact(account.granted, opening.granted());
        account.spent = Math.addExact(account.spent, opening.spent());
        account.held = Math.addExact(account.held, opening.held());
        account.debt = Math.addExact(account.debt, opening.debt());
    }

    /** Adds what an event moves and which account it opens; throws {@link EvidenceException} when it cannot be read. */
    void add(AuditEvent event) {
        try {
            JsonObject data = JsonObject.parse(event.payload()).object("data");
            if (event.type().equals(EventTypes.ACCOUNT_OPENED)) {
                JsonObject opened = data.object("account");
                Account account = account(event.tenant(), UUID.fromString(opened.string("id")));
                account.identity = new OpeningBalance(
                        event.tenant(),
                        UUID.fromString(opened.string("id")),
                        opened.string("namespace"),
                        opened.string("budget"),
                        opened.string("key"),
                        opened.string("from"),
                        opened.string("until"),
                        new Unit(opened.string("unit")),
                        0,
                        0,
                        0,
                        0,
                        0);
            }
            if (data.has("entries")) {
                for (JsonObject entry : data.objects("entries")) {
                    account(event.tenant(), UUID.fromString(entry.string("account")))
                            .post(entry.string("kind"), Long.parseLong(entry.string("atomic")));
                }
            }
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            throw new EvidenceException(
                    "Event " + event.id() + " of tenant '" + event.tenant() + "' has no legible entries ("
                            + malformed.getMessage()
                            + "), so that no balance follows after it. Run: spendguard ledger check",
                    malformed);
        }
    }

    /** A tenant's accounts in order of id; throws {@link EvidenceException} when one of them was never opened. */
    List<OpeningBalance> of(String tenant) {
        List<OpeningBalance> balances = new ArrayList<>();
        tenants.getOrDefault(tenant, Map.of()).forEach((id, account) -> {
            OpeningBalance identity = account.identity;
            if (identity == null) {
                throw new EvidenceException("Account " + id + " of tenant '" + tenant
                        + "' has entries but no event that opens it. Run: spendguard ledger check");
            }
            balances.add(account.as(identity));
        });
        return balances;
    }

    private Account account(String tenant, UUID id) {
        return tenants.computeIfAbsent(tenant, name -> new TreeMap<>())
                .computeIfAbsent(id.toString(), name -> new Account());
    }

    private static final class Account {
        private @Nullable OpeningBalance identity;
        private long limit;
        private long granted;
        private long spent;
        private long held;
        private long debt;

        private void post(String kind, long atoms) {
            switch (kind) {
                case "ADJUSTMENT" -> limit = Math.subtractExact(limit, atoms);
                case "GRANT" -> {
                    limit = Math.subtractExact(limit, atoms);
                    granted = Math.subtractExact(granted, atoms);
                }
                case "SPENT" -> spent = Math.addExact(spent, atoms);
                case "HELD" -> held = Math.addExact(held, atoms);
                case "DEBT" -> debt = Math.subtractExact(debt, atoms);
                case "AVAILABLE" -> {
                    // follows from the others
                }
                default -> throw new JsonException("Entry kind '" + kind + "' is unknown.");
            }
        }

        private OpeningBalance as(OpeningBalance what) {
            return new OpeningBalance(
                    what.tenant(),
                    what.account(),
                    what.namespace(),
                    what.budget(),
                    what.key(),
                    what.from(),
                    what.until(),
                    what.unit(),
                    limit,
                    granted,
                    spent,
                    held,
                    debt);
        }
    }
}
