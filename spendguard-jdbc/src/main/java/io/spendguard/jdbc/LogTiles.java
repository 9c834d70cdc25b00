package io.spendguard.jdbc;

import io.spendguard.proof.TileTree;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jooq.DSLContext;
import org.jspecify.annotations.Nullable;

/** A tree's tiles within one transaction: what was changed is written at its end, each tile once. */
final class LogTiles implements TileTree.Tiles {
    private final DSLContext sql;
    private final String tenant;
    private final Map<Place, byte[]> changed = new LinkedHashMap<>();

    LogTiles(DSLContext sql, String tenant) {
        this.sql = sql;
        this.tenant = tenant;
    }

    @Override
    public byte @Nullable [] read(int level, long index) {
        byte[] tile = changed.get(new Place(level, index));
        return tile != null
                ? tile
                : sql.fetchOptional(
                                "select hashes from spendguard.log_tile where tenant = ? and level = ? and tile = ?",
                                tenant,
                                level,
                                index)
                        .map(row -> row.get(0, byte[].class))
                        .orElse(null);
    }

    @Override
    public void write(int level, long index, byte[] hashes) {
        changed.put(new Place(level, index), hashes);
    }

    void flush() {
        changed.forEach((place, hashes) -> sql.execute("""
                insert into spendguard.log_tile (tenant, level, tile, hashes) values (?, ?, ?, ?)
                on conflict (tenant, level, tile) do update set hashes = excluded.hashes
                """, tenant, place.level(), place.index(), hashes));
        changed.clear();
    }

    private record Place(int level, long index) {}
}
