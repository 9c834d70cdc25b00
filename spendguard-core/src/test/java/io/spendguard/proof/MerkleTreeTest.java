package io.spendguard.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** RFC 6962 by the inclusion vectors of transparency-dev/merkle. */
class MerkleTreeTest {
    @ParameterizedTest(name = "{0}")
    @MethodSource("vectors")
    void verifyInclusion_publishedVector_answersAsPublished(Path vector) throws IOException {
        Vector v = Vector.read(vector);

        assertThat(v.verifies()).isEqualTo(!v.wantErr);
    }

    @Test
    void vectors_areAllThere() throws Exception {
        assertThat(vectors()).hasSize(98);
    }

    @Test
    void root_ofKnownLeaves_isTheOneOfRfc6962Implementations() {
        // Leaves and roots of the reference test data of Certificate Transparency.
        List<Digest> leaves = Stream.of(
                        "",
                        "00",
                        "10",
                        "2021",
                        "3031",
                        "40414243",
                        "5051525354555657",
                        "606162636465666768696a6b6c6d6e6f")
                .map(hex -> MerkleTree.leafHash(HexFormat.of().parseHex(hex)))
                .toList();

        assertThat(MerkleTree.of(leaves.subList(0, 1)).root())
                .hasToString("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        assertThat(MerkleTree.of(leaves.subList(0, 3)).root())
                .hasToString("aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
        assertThat(MerkleTree.of(leaves.subList(0, 7)).root())
                .hasToString("ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c");
        assertThat(MerkleTree.of(leaves).root())
                .hasToString("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    }

    @Test
    void path_everyLeafOfEverySizeTo70_leadsToTheRoot() {
        for (int size = 1; size <= 70; size++) {
            MerkleTree tree = MerkleTree.of(leaves(size));
            for (int i = 0; i < size; i++) {
                assertThat(MerkleTree.verifyInclusion(leaf(i), i, size, tree.path(i), tree.root()))
                        .as("leaf %d of %d", i, size)
                        .isTrue();
            }
        }
    }

    @Test
    void verifyInclusion_otherIndexOrSize_fails() {
        MerkleTree tree = MerkleTree.of(leaves(7));

        for (int i = 0; i < 7; i++) {
            for (int claimed = -1; claimed <= 8; claimed++) {
                assertThat(MerkleTree.verifyInclusion(leaf(i), claimed, 7, tree.path(i), tree.root()))
                        .as("leaf %d claimed as %d", i, claimed)
                        .isEqualTo(claimed == i);
            }
        }
    }

    @Test
    void leafHash_ofAnInnerNodesContent_isNotThatNode() {
        Digest left = leaf(0);
        Digest right = leaf(1);
        byte[] both = new byte[64];
        System.arraycopy(left.bytes(), 0, both, 0, 32);
        System.arraycopy(right.bytes(), 0, both, 32, 32);

        assertThat(MerkleTree.leafHash(both))
                .isNotEqualTo(MerkleTree.of(List.of(left, right)).root());
    }

    @Test
    void of_noLeaves_isRefused() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> MerkleTree.of(List.of()))
                .withMessage("A Merkle tree needs at least one leaf. Do not sign an empty batch.");
    }

    @Test
    void path_leafBeyondTheTree_isRefused() {
        MerkleTree tree = MerkleTree.of(leaves(3));

        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> tree.path(3))
                .withMessage("Leaf 3 is not in a tree of 3 leaves. Count from 0.");
    }

    private static List<Digest> leaves(int size) {
        return IntStream.range(0, size).mapToObj(MerkleTreeTest::leaf).toList();
    }

    private static Digest leaf(int i) {
        return MerkleTree.leafHash(("leaf " + i).getBytes(UTF_8));
    }

    static List<Path> vectors() throws IOException, URISyntaxException {
        Path root = Path.of(MerkleTreeTest.class
                .getResource("/vectors/merkle/testdata/inclusion")
                .toURI());
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(file -> file.toString().endsWith(".json"))
                    .sorted()
                    .toList();
        }
    }

    /** One vector file; it holds null and 64-bit numbers, which our own reader refuses. */
    private static final class Vector {
        private static final JsonFactory FACTORY = new JsonFactory();
        private long leafIdx;
        private long treeSize;
        private byte[] root = {};
        private byte[] leafHash = {};
        private final List<byte[]> proof = new ArrayList<>();
        private boolean wantErr;

        static Vector read(Path file) throws IOException {
            Vector vector = new Vector();
            try (JsonParser parser = FACTORY.createParser(file.toFile())) {
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    vector.set(name, parser);
                }
            }
            return vector;
        }

        boolean verifies() {
            if (root.length != 32 || leafHash.length != 32 || proof.stream().anyMatch(p -> p.length != 32)) {
                return false;
            }
            return MerkleTree.verifyInclusion(
                    Digest.of(leafHash),
                    leafIdx,
                    treeSize,
                    proof.stream().map(Digest::of).toList(),
                    Digest.of(root));
        }

        private void set(String name, JsonParser parser) throws IOException {
            switch (name) {
                case "leafIdx" -> leafIdx = parser.getBigIntegerValue().longValue();
                case "treeSize" -> treeSize = parser.getBigIntegerValue().longValue();
                case "root" -> root = bytes(parser);
                case "leafHash" -> leafHash = bytes(parser);
                case "wantErr" -> wantErr = parser.getBooleanValue();
                case "proof" -> {
                    boolean isList = parser.currentToken() == JsonToken.START_ARRAY;
                    while (isList && parser.nextToken() != JsonToken.END_ARRAY) {
                        proof.add(bytes(parser));
                    }
                }
                case "desc" -> parser.getText();
                default -> throw new IOException("Vector has an unknown member '" + name + "'.");
            }
        }

        private static byte[] bytes(JsonParser parser) throws IOException {
            return parser.currentToken() == JsonToken.VALUE_NULL
                    ? new byte[0]
                    : Base64.getDecoder().decode(parser.getText());
        }
    }
}
