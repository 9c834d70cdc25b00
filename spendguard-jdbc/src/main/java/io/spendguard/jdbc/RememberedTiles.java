package io.spendguard.jdbc;

import io.spendguard.proof.TileTree;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tiles of a tree that is only read, the last few of them kept: proofs of neighbours read the same ones. */
final class RememberedTiles implements TileTree.Tiles {
    /** At most 2 MiB. */
    private static final int KEPT = 256;

    private final TileTree.Tiles tiles;
    private final Map<Place, byte[]> kept = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Place, byte[]> eldest) {
            return size() > KEPT;
        }
    };

    RememberedTiles(TileTree.Tiles tiles) {
        this.tiles = tiles;
    }

    @Override
    public byte @Nullable [] read(int level, long index) {
        Place place = new Place(level, index);
        byte[] tile = kept.get(place);
        if (tile == null) {
            tile = tiles.read(level, index);
            if (tile != null) {
                kept.put(place, tile);
            }
        }
        return tile;
    }

    @Override
    public void write(int level, long index, byte[] hashes) {
        throw new UnsupportedOperationException("These tiles are only read.");
    }

    private record Place(int level, long index) {}
}
