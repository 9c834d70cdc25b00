package io.spendguard.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Trees that grow, by the consistency vectors of transparency-dev/merkle and against trees built at once. */
class ConsistencyTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void verifyConsistency_publishedVector_answersAsPublished(Path file) throws IOException {
        Map<String, Object> vector = read(file);

        assertThat(verifies(vector)).isEqualTo(!vector.get("wantErr").equals(true));
    }

    @Test
    void vectors_areAllThere() throws Exception {
        assertThat(vectors()).hasSize(98);
    }

    @Test
    void tiles_everySizeTo600_giveTheRootsAndProofsOfTheTreeBuiltAtOnce() {
        for (int size : new int[] {1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 600}) {
            TileTree tiles = tiles(size, 100);
            MerkleTree tree = MerkleTree.of(leaves(size));
            assertThat(tiles.root()).as("size %d", size).isEqualTo(tree.root());
            for (int i = 0; i < size; i += 1 + size / 40) {
                assertThat(tiles.inclusion(i, size))
                        .as("leaf %d of %d", i, size)
                        .isEqualTo(tree.path(i));
            }
        }
    }

    @Test
    void consistency_betweenAllSizesTo70_isVerified() {
        TileTree tiles = tiles(70, 7);
        for (int from = 1; from <= 70; from++) {
            for (int to = from; to <= 70; to++) {
                assertThat(MerkleTree.verifyConsistency(
                                from, to, tiles.consistency(from, to), tiles.root(from), tiles.root(to)))
                        .as("%d to %d", from, to)
                        .isTrue();
            }
        }
    }

    @Test
    void consistency_withAnotherPast_isRefused() {
        TileTree tiles = tiles(600, 64);
        Digest other = MerkleTree.of(leaves(300).subList(1, 300)).root();

        assertThat(MerkleTree.verifyConsistency(299, 600, tiles.consistency(299, 600), other, tiles.root()))
                .isFalse();
    }

    @Test
    void range_cutAnywhereAndJoinedInAnyOrder_givesTheRoot() {
        List<Digest> leaves = leaves(300);
        for (int cut = 0; cut <= 300; cut += 13) {
            MerkleRange left = range(leaves, 0, cut / 2);
            MerkleRange right = range(leaves, cut / 2, cut);
            right.append(range(leaves, cut, 300));
            left.append(right);
            assertThat(left.root())
                    .as("cut at %d", cut)
                    .isEqualTo(MerkleTree.of(leaves).root());
        }
    }

    @Test
    void range_thatDoesNotAdjoin_isRefused() {
        assertThatThrownBy(() -> MerkleRange.startingAt(0).append(MerkleRange.startingAt(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Range from leaf 2 does not follow one that ends before leaf 0.");
    }

    @Test
    void name_ofTiles_isTheOneOfTlogTiles() {
        assertThat(TileTree.name(0, 1_234_067, 256)).isEqualTo("0/x001/x234/067");
        assertThat(TileTree.name(1, 5, 17)).isEqualTo("1/005.p/17");
    }

    @Test
    void inclusion_inATreeThatIsNotThere_isRefused() {
        assertThatThrownBy(() -> tiles(5, 5).inclusion(0, 6))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There is no tree of 6 leaves before that of 5. Name an earlier size.");
    }

    private static TileTree tiles(int size, int batch) {
        TileTree tree = TileTree.of(new MemoryTiles(), 0);
        List<Digest> leaves = leaves(size);
        for (int from = 0; from < size; from += batch) {
            tree.append(leaves.subList(from, Math.min(size, from + batch)));
        }
        return tree;
    }

    private static MerkleRange range(List<Digest> leaves, int from, int to) {
        MerkleRange range = MerkleRange.startingAt(from);
        leaves.subList(from, to).forEach(range::append);
        return range;
    }

    private static List<Digest> leaves(int size) {
        return IntStream.range(0, size)
                .mapToObj(i -> MerkleTree.leafHash(("leaf " + i).getBytes(UTF_8)))
                .toList();
    }

    static List<Path> vectors() throws Exception {
        Path root = Path.of(ConsistencyTest.class
                .getResource("/vectors/merkle/testdata/consistency")
                .toURI());
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    @SuppressWarnings("unchecked")
    private static boolean verifies(Map<String, Object> vector) {
        List<Digest> proof = ((List<String>) vector.getOrDefault("proof", List.of()))
                .stream().map(ConsistencyTest::digest).toList();
        return MerkleTree.verifyConsistency(
                (long) vector.get("size1"),
                (long) vector.get("size2"),
                proof,
                digest((String) vector.getOrDefault("root1", "")),
                digest((String) vector.getOrDefault("root2", "")));
    }

    /** Some vectors have a few words where a root does not matter; equal words are equal roots. */
    private static Digest digest(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return bytes.length == 32 ? Digest.of(bytes) : Digest.sha256(bytes);
    }

    /** A flat object of numbers, strings, flags and one list of strings; 64-bit numbers wrap around. */
    private static Map<String, Object> read(Path file) throws IOException {
        Map<String, Object> values = new HashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(file.toFile())) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                switch (parser.nextToken()) {
                    case START_ARRAY -> {
                        List<String> items = new ArrayList<>();
                        while (parser.nextToken() != JsonToken.END_ARRAY) {
                            items.add(parser.getText());
                        }
                        values.put(name, items);
                    }
                    case VALUE_NUMBER_INT ->
                        values.put(name, parser.getBigIntegerValue().longValue());
                    case VALUE_TRUE, VALUE_FALSE -> values.put(name, parser.getBooleanValue());
                    case VALUE_STRING -> values.put(name, parser.getText());
                    default -> {
                        // null: as if it were not there
                    }
                }
            }
        }
        return values;
    }

    /** Tiles on the heap. */
    private static final class MemoryTiles implements TileTree.Tiles {
        private final Map<String, byte[]> tiles = new HashMap<>();

        @Override
        public byte @Nullable [] read(int level, long index) {
            return tiles.get(level + "/" + index);
        }

        @Override
        public void write(int level, long index, byte[] hashes) {
            tiles.put(level + "/" + index, hashes);
        }
    }
}
