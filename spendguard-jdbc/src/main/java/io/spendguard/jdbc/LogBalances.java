package io.spendguard.jdbc;

import io.spendguard.evidence.EventTypes;
import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.LogHead;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.proof.MerkleTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jooq.DSLContext;

/** What forwarded events make of a tenant's accounts, whatever the accounts' own rows say. */
final class LogBalances {
    private static final List<String> KINDS = List.of("ADJUSTMENT", "SPENT", "HELD", "DEBT");
    /** Part of the limit, as what contracts give. */
    private static final String GRANT = "GRANT";

    private static final int ADJUSTMENT = 0;
    private static final int SPENT = 1;
    private static final int HELD = 2;
    private static final int DEBT = 3;

    private final String tenant;
    private final Map<UUID, long[]> moved = new LinkedHashMap<>();

    LogBalances(String tenant) {
        this.tenant = tenant;
    }

    /** Adds up what an event moves; throws {@link EvidenceException} when its entries cannot be read. */
    void apply(UUID event, String type, byte[] payload) {
        if (type.equals(EventTypes.STREAM_OPENED) || EventTypes.closesItsStream(type)) {
            return;
        }
        try {
            JsonObject data = JsonObject.parse(payload).object("data");
            if (!data.has("entries")) {
                return;
            }
            for (JsonObject entry : data.objects("entries")) {
                int kind = entry.string("kind").equals(GRANT) ? ADJUSTMENT : KINDS.indexOf(entry.string("kind"));
                if (kind < 0) {
                    continue; // what is available follows from the others
                }
                UUID account = UUID.fromString(entry.string("account"));
                long atoms = Long.parseLong(entry.string("atomic"));
                long[] change = moved.computeIfAbsent(account, key -> new long[KINDS.size()]);
                change[kind] = kind == ADJUSTMENT || kind == DEBT
                        ? Math.subtractExact(change[kind], atoms)
                        : Math.addExact(change[kind], atoms);
            }
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            throw new EvidenceException(
                    "Checkpoint is blocked: event " + event + " of tenant '" + tenant + "' has no legible entries ("
                            + malformed.getMessage() + "). Ask who wrote it.",
                    malformed);
        }
    }

    /** Moves the stored balances by what was added up. */
    void write(DSLContext sql) {
        if (moved.isEmpty()) {
            return;
        }
        List<UUID> accounts = new ArrayList<>(moved.keySet());
        sql.execute(
                """
                insert into spendguard.log_balance as known
                       (tenant, account_id, limit_atoms, spent_atoms, held_atoms, debt_atoms)
                select ?, moved.* from unnest(?::uuid[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) as moved
                on conflict (tenant, account_id) do update
                   set limit_atoms = known.limit_atoms + excluded.limit_atoms,
                       spent_atoms = known.spent_atoms + excluded.spent_atoms,
                       held_atoms = known.held_atoms + excluded.held_atoms,
                       debt_atoms = known.debt_atoms + excluded.debt_atoms
                """,
                tenant,
                accounts.toArray(UUID[]::new),
                column(ADJUSTMENT),
                column(SPENT),
                column(HELD),
                column(DEBT));
    }

    private Long[] column(int kind) {
        return moved.values().stream().map(change -> change[kind]).toArray(Long[]::new);
    }

    /** Throws {@link EvidenceException} when an account's row says something else than the events forwarded so far. */
    static void requireThoseOfTheAccounts(DSLContext sql, String tenant) {
        sql.fetchOptional("""
                select coalesce(account.account_id, known.account_id) as account_id
                  from (select * from spendguard.account where tenant = ?) account
                  full join (select * from spendguard.log_balance where tenant = ?) known
                    on known.account_id = account.account_id
                 where coalesce(account.limit_atoms, 0) <> coalesce(known.limit_atoms, 0)
                    or coalesce(account.spent_atoms, 0) <> coalesce(known.spent_atoms, 0)
                    or coalesce(account.held_atoms, 0) <> coalesce(known.held_atoms, 0)
                    or coalesce(account.debt_atoms, 0) <> coalesce(known.debt_atoms, 0)
                 order by account_id
                 limit 1
                """, tenant, tenant).ifPresent(row -> {
            throw new EvidenceException("Checkpoint is blocked: account " + row.get(0, UUID.class) + " of tenant '"
                    + tenant + "' has a balance that does not follow from its events. Run: spendguard ledger check");
        });
    }

    /** The root over a tenant's balances, which its head commits to. */
    static Digest root(DSLContext sql, String tenant) {
        List<Digest> leaves = sql.fetch("""
                        select account_id, limit_atoms, spent_atoms, held_atoms, debt_atoms from spendguard.log_balance
                         where tenant = ?
                           and (limit_atoms <> 0 or spent_atoms <> 0 or held_atoms <> 0 or debt_atoms <> 0)
                         order by account_id
                        """, tenant)
                .map(row -> LogHead.balanceLeaf(
                        row.get(0, UUID.class),
                        row.get(1, Long.class),
                        row.get(2, Long.class),
                        row.get(3, Long.class),
                        row.get(4, Long.class)));
        return leaves.isEmpty() ? MerkleTree.emptyRoot() : MerkleTree.of(leaves).root();
    }
}
