package io.spendguard.jdbc;

import io.spendguard.evidence.EvidenceException;
import io.spendguard.evidence.LogHead;
import io.spendguard.model.Digest;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.MerkleTree;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.Signer;
import io.spendguard.proof.TileTree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jooq.DSLContext;
import org.jooq.Record;

/**
 * Signs the tree of all tenants. Heads commit first and are signed after; a crash or a signer that is away leaves a root that
 * the next checkpoint signs.
 */
final class LogCheckpoints {
    private final LogDatabase database;

    LogCheckpoints(LogDatabase database) {
        this.database = database;
    }

    /** Throws {@link IllegalArgumentException} when the log has another name already. */
    void requireOrigin(String origin) {
        new Checkpoint(origin, 0, MerkleTree.emptyRoot()); // refuses what is no name
        latest().map(note -> Checkpoint.parse(note.text())).ifPresent(last -> {
            if (!last.origin().equals(origin)) {
                throw new IllegalArgumentException("Log origin '" + origin + "' is another than '" + last.origin()
                        + "', under which checkpoint " + last.size() + " was signed: a log keeps its name. Use that.");
            }
        });
    }

    /** Appends the heads of the trees that grew and signs the root over all; without new heads the last checkpoint again. */
    SignedNote sign(String origin, Signer signer) {
        Checkpoint next = database.transaction(sql -> appendHeads(sql, origin));
        Optional<SignedNote> last = latest();
        if (last.isPresent() && Checkpoint.parse(last.get().text()).size() >= next.size()) {
            return last.get();
        }
        SignedNote note = SignedNote.of(next.text()).signedBy(origin, signer);
        database.transaction(sql -> sql.execute(
                "insert into spendguard.checkpoint (size, note) values (?, ?) on conflict do nothing",
                next.size(),
                new String(note.toBytes(), StandardCharsets.UTF_8)));
        return latest().orElseThrow();
    }

    /** How many events the trees hold that no checkpoint covers. */
    long unsigned() {
        return Objects.requireNonNull(
                database.transaction(sql -> sql.fetchSingle("""
                        select coalesce(sum(tree.checked_size - coalesce(head.size, 0)), 0)
                          from spendguard.log_tree tree
                          left join lateral (
                            select covered.size from spendguard.tree_head covered
                             where covered.tenant = tree.tenant
                               and covered.global_index < (select coalesce(max(size), 0) from spendguard.checkpoint)
                             order by covered.size desc limit 1) head on true
                         where tree.tenant <> '' and tree.checked_size = tree.size
                        """).get(0, Long.class)));
    }

    /** The last checkpoint with the cosignatures it has; empty before the first. */
    Optional<SignedNote> latest() {
        return database.transaction(LogCheckpoints::latest);
    }

    /** Tells whether a checkpoint of that size was signed. */
    boolean isSigned(long size) {
        return database.transaction(sql -> sql.fetchOptional("select from spendguard.checkpoint where size = ?", size)
                .isPresent());
    }

    /** The checkpoint of that size with the cosignatures it has; empty where none was signed. */
    Optional<SignedNote> signed(long size) {
        return database.transaction(sql -> note(sql, size));
    }

    /** As {@link EvidenceLog#cosign} says. */
    SignedNote cosign(long size, NoteKey witness, SignedNote.Signature line) {
        return database.transaction(sql -> {
            SignedNote note = note(sql, size)
                    .orElseThrow(() -> new EvidenceException(
                            "Checkpoint " + size + " is not in the log. Name one that was signed here."));
            if (SignedNote.of(note.text()).with(line).cosignedAt(witness).isEmpty()) {
                throw new EvidenceException("The line of witness '" + witness.name()
                        + "' does not verify over checkpoint " + size + " of this log. Ask the witness again.");
            }
            sql.execute(
                    "insert into spendguard.cosignature (size, line) values (?, ?) on conflict do nothing",
                    size,
                    line.toString());
            return note.with(line);
        });
    }

    static Optional<SignedNote> latest(DSLContext sql) {
        return sql.fetchOptional("select max(size) from spendguard.checkpoint")
                .map(row -> row.get(0, Long.class))
                .flatMap(size -> note(sql, size));
    }

    /** Appends the heads of the trees that grew; returns what is to be signed. */
    private static Checkpoint appendHeads(DSLContext sql, String origin) {
        long before = LogTrees.lock(sql, LogTrees.ALL);
        LogTiles tiles = new LogTiles(sql, LogTrees.ALL);
        TileTree all = TileTree.of(tiles, before);
        requireContinuation(sql, all, before);
        List<Digest> leaves = new ArrayList<>();
        for (Record row : sql.fetch("""
                select tree.tenant, tree.size
                  from spendguard.log_tree tree
                 where tree.tenant <> '' and tree.size > 0 and tree.checked_size = tree.size
                   and not exists (
                    select from spendguard.tree_head head where head.tenant = tree.tenant and head.size >= tree.size)
                 order by tree.tenant
                """)) {
            String tenant = row.get(0, String.class);
            long size = row.get(1, Long.class);
            Digest root = TileTree.of(new LogTiles(sql, tenant), size).root();
            Digest balances = LogBalances.root(sql, tenant);
            sql.execute(
                    "insert into spendguard.tree_head (tenant, size, root, balance_root, global_index)"
                            + " values (?, ?, ?, ?, ?)",
                    tenant,
                    size,
                    root.bytes(),
                    balances.bytes(),
                    before + leaves.size());
            leaves.add(LogHead.of(tenant, size, root, balances).leaf());
        }
        all.append(leaves);
        tiles.flush();
        sql.execute("update spendguard.log_tree set size = ? where tenant = ''", all.size());
        if (all.size() == 0) {
            throw new EvidenceException(
                    "The ledger has no event yet: there is nothing to sign. Decide something first.");
        }
        return new Checkpoint(origin, all.size(), all.root());
    }

    private static void requireContinuation(DSLContext sql, TileTree all, long size) {
        latest(sql).map(note -> Checkpoint.parse(note.text())).ifPresent(signed -> {
            if (signed.size() > size || !all.root(signed.size()).equals(signed.root())) {
                throw new EvidenceException("Checkpoint is blocked: the tree of " + size
                        + " heads does not continue checkpoint " + signed.size()
                        + ", which was signed. Restore the log from its backup.");
            }
        });
    }

    private static Optional<SignedNote> note(DSLContext sql, long size) {
        return sql.fetchOptional("select note from spendguard.checkpoint where size = ?", size)
                .map(row -> {
                    SignedNote note = SignedNote.parse(row.get(0, String.class).getBytes(StandardCharsets.UTF_8));
                    for (Record line :
                            sql.fetch("select line from spendguard.cosignature where size = ? order by line", size)) {
                        note = note.with(SignedNote.Signature.parse(line.get(0, String.class)));
                    }
                    return note;
                });
    }
}
