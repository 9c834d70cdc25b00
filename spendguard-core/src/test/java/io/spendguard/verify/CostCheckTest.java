package io.spendguard.verify;

import static io.spendguard.verify.Specimen.ANCHORS;
import static io.spendguard.verify.Specimen.SIGNER;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.model.Digest;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which costs the verifier re-derives, and which it only counts; {@link AttackCatalogueTest} has those that are wrong. */
class CostCheckTest {
    private static final String TENANT = "acme";
    private static final PriceBook PRICES = PriceBook.bundled();
    private static final Price PRICE =
            PRICES.find("openai", "gpt-4o", Specimen.NOW).orElseThrow();

    private final Specimen writer = Specimen.writer(SIGNER, 0x1000);
    private final UUID decision = writer.id();

    @TempDir
    private Path directory;

    @BeforeEach
    void open() {
        writer.write(writer.opening(TENANT));
    }

    @Test
    void verify_priceBookEnclosed_derivesEstimateAndCost() throws IOException {
        writer.write(priced(), settled());

        VerificationReport report = verify(true);

        assertThat(report.findings()).isEmpty();
        assertThat(report.costs()).isEqualTo(new CostReport(1, 1, 0, 0, 0));
        assertThat(report.notes())
                .contains("costs: 1 and 1 estimates re-derived from usage and price book; not derived: 0 given by hand,"
                        + " 0 without their price book or decision, 0 that state no cost");
    }

    @Test
    void verify_outcomeBeforeItsDecisionInOrderOfFiles_isDerivedAtTheEnd() throws IOException {
        writer.write(settled(), priced());

        assertThat(verify(true).costs()).isEqualTo(new CostReport(1, 1, 0, 0, 0));
    }

    @Test
    void verify_priceBookNotEnclosed_isNotDerived() throws IOException {
        writer.write(priced(), settled());

        VerificationReport report = verify(false);

        assertThat(report.findings()).isEmpty();
        assertThat(report.costs()).isEqualTo(new CostReport(0, 0, 0, 1, 0));
    }

    @Test
    void verify_costOtherThanItsStatedPriceMakes_isFoundWithoutThePriceBook() throws IOException {
        writer.write(priced(), writer.settled(TENANT, decision, "0.003 USD", "0.003 USD", 3_000_000));

        assertThat(verify(false).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.code()).isEqualTo(FindingCode.COST_DIFFERS);
            assertThat(finding.message())
                    .startsWith("Event " + finding.place().event() + " costs 0.003 USD, but ")
                    .endsWith(
                            " at the price of its decision make 0.0035 USD: a cost is usage times price. Ask who wrote"
                                    + " it.");
        });
    }

    @Test
    void verify_partOfASession_isDerivedToo() throws IOException {
        writer.write(priced(), writer.part(TENANT, decision, "0.0035 USD", 3_500_000));

        VerificationReport report = verify(true);

        assertThat(report.findings()).isEmpty();
        assertThat(report.costs()).isEqualTo(new CostReport(1, 1, 0, 0, 0));
    }

    @Test
    void verify_costSomebodyNamed_isCountedAsGiven() throws IOException {
        AuditEvent billed = Specimen.with(
                writer.settled(TENANT, decision, "0.003 USD", "0.003 USD", 3_000_000),
                data -> data.object("outcome").put("given", true));
        writer.write(priced(), billed);

        VerificationReport report = verify(true);

        assertThat(report.findings()).isEmpty();
        assertThat(report.costs()).isEqualTo(new CostReport(0, 1, 1, 0, 0));
    }

    @Test
    void verify_fileThatIsNoPriceBook_isFound() throws IOException {
        writer.write(priced(), settled());
        Path file = Specimen.export(directory.resolve("e.zip"), writer.close());
        byte[] none = "{}".getBytes(StandardCharsets.UTF_8);
        Tampered files = Tampered.open(file)
                .put(PackageNames.priceBook(Digest.sha256(none)), "{}")
                .sealManifest(SIGNER);

        assertThat(BothWays.verify(files.save(directory.resolve("t.zip")), ANCHORS)
                        .findings())
                .extracting(Finding::code)
                .containsExactly(FindingCode.PRICE_BOOK_MALFORMED);
    }

    private AuditEvent priced() {
        return writer.priced(TENANT, decision, PRICE, PRICES.digest());
    }

    private AuditEvent settled() {
        return writer.settled(TENANT, decision, "0.0035 USD", "0.0035 USD", 3_500_000);
    }

    private VerificationReport verify(boolean withBook) throws IOException {
        Path file = Specimen.export(directory.resolve("e.zip"), writer.close());
        if (withBook) {
            Tampered.open(file)
                    .put(
                            PackageNames.priceBook(PRICES.digest()),
                            new String(PRICES.canonicalBytes(), StandardCharsets.UTF_8))
                    .sealManifest(SIGNER)
                    .save(file);
        }
        return BothWays.verify(file, ANCHORS);
    }
}
