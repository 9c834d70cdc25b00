package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class StreamPositionsTest {
    private static final UUID STREAM = new UUID(1, 1);
    private static final Digest CHAIN = Digest.sha256(new byte[0]);

    private final Findings findings = new Findings();
    private final StreamPositions positions =
            new StreamPositions("events.jsonl", new PackageNames.StreamName("acme", STREAM), new Scope(), findings);

    /** Against a set of all positions there are. */
    @Test
    void end_anyClaimsAndLateEvents_tellsWhatIsMissing() {
        Random random = new Random(20_261_127);
        for (int i = 0; i < 2_000; i++) {
            Findings found = new Findings();
            StreamPositions some = new StreamPositions(
                    "events.jsonl", new PackageNames.StreamName("acme", STREAM), new Scope(), found);
            TreeSet<Long> missing = new TreeSet<>();
            for (long seq = 10; seq <= 30; seq++) {
                missing.add(seq);
            }
            some.passed(gap(10, 30));
            TreeSet<Long> claimed = new TreeSet<>();
            TreeSet<Long> filled = new TreeSet<>();
            for (int step = random.nextInt(60); step > 0; step--) {
                long seq = 5L + random.nextInt(30);
                if (random.nextInt(3) > 0) {
                    assertThat(some.claim(seq)).isEqualTo(claimed.add(seq));
                } else {
                    assertThat(some.fill(seq, CHAIN) != null).isEqualTo(seq >= 10 && seq <= 30 && filled.add(seq));
                }
                missing.remove(seq);
            }

            some.end(null, 1);

            assertThat(found.inOrder().stream()
                            .filter(finding -> finding.code() == FindingCode.EVENT_MISSING)
                            .map(finding -> finding.place().seq() + " "
                                    + finding.message()
                                            .substring(0, finding.message().indexOf(" missing")))
                            .toList())
                    .isEqualTo(expected(missing));
        }
    }

    @Test
    void passed_moreGapsThanAnyAccidentMakes_areAllReportedAndTheFirstForgotten() {
        for (long first = 1; first <= 50_000; first += 2) {
            positions.passed(gap(first, first));
        }
        assertThat(positions.isForgotten(29_999)).isTrue();
        assertThat(positions.isForgotten(30_001)).isFalse();
        assertThat(positions.fill(29_999, CHAIN)).isNull();
        assertThat(positions.fill(30_001, CHAIN)).isNotNull();

        positions.end(null, 1);

        assertThat(findings.inOrder())
                .filteredOn(finding -> finding.code() == FindingCode.EVENT_MISSING)
                .hasSize(1_000);
        assertThat(findings.count()).isEqualTo(25_000); // one of them came late, which is a finding of another kind
    }

    @Test
    void claim_positionsFarFromEachOther_areLookedAtUpToABound() {
        long looked = 0;
        for (long seq = 1; seq <= 50_000; seq += 2) {
            looked += positions.claim(seq) ? 1 : 0;
        }

        assertThat(looked).isEqualTo(10_000);
        assertThat(positions.claim(2)).isTrue();
        assertThat(positions.claim(3)).isFalse();
        assertThat(positions.claim(40_000)).isTrue(); // as two rows became one
        assertThat(positions.claim(40_000)).isFalse();
        assertThat(positions.claim(40_002)).isFalse();
        assertThat(positions.highest()).isEqualTo(49_999);
    }

    private static List<String> expected(SortedSet<Long> missing) {
        List<String> expected = new ArrayList<>();
        if (missing.size() == 1) {
            expected.add(missing.first() + " Event " + missing.first() + " is");
        } else if (!missing.isEmpty()) {
            expected.add(missing.first() + " " + missing.size() + " events from " + missing.first() + " on are");
        }
        return expected;
    }

    private static Gap gap(long first, long last) {
        Place place = new Place("events.jsonl", last, "acme", STREAM, last + 1, new UUID(2, last));
        return new Gap(first, last, CHAIN, place, "type", CHAIN, CHAIN, new TreeMap<>());
    }
}
