package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.EvidenceFilter;
import io.spendguard.model.Amount;
import io.spendguard.model.Unit;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class HtmlReportTest {
    @TempDir
    Path folder;

    @Test
    void write_genuinePackage_showsVerdictBudgetsDecisionsAndKeys() throws IOException {
        Path zip = Specimen.export(folder.resolve("e.zip"), Specimen.life(Specimen.SIGNER, "acme", 1));

        String page = render(Verifier.verify(zip, Specimen.ANCHORS), "e.zip");

        assertThat(page)
                .contains("<b>Verified</b>", "evidence: verified, 7 events, 0 findings")
                .contains("completeness not proven")
                .contains("<td>team</td>", "<td class=\"n\">0.25 USD</td>", "<td class=\"n\">0.75 USD</td>")
                .contains("<td>continue</td><td class=\"n\">2</td>", "<td>COMMITTED</td><td class=\"n\">1</td>")
                .contains("<code>" + Specimen.SIGNER.keyId() + "</code></td><td>by the anchors</td>")
                .contains("<td>closed</td>");
    }

    @Test
    void write_tamperedPackage_leadsWithTheFindingAndItsEvent() throws IOException {
        Path zip = Specimen.export(folder.resolve("e.zip"), Specimen.life(Specimen.SIGNER, "acme", 1));
        Tampered tampered = Tampered.open(zip);
        String event = tampered.lines("acme").get(3).id().toString();
        tampered.line("acme", 4, line -> Tampered.edited(line, "200000000", "100000000"))
                .save(zip);

        String page = render(Verifier.verify(zip, Specimen.ANCHORS), "e.zip");

        assertThat(page)
                .contains("<section class=\"verdict bad\">", "<b>Not verified</b>")
                .containsSubsequence("<code class=\"id\">EVENT_EDITED</code>", event);
    }

    @Test
    void write_accounts_nameTheirTenantOnceIfItIsOne() throws IOException {
        Path one = Specimen.export(folder.resolve("one.zip"), Specimen.life(Specimen.SIGNER, "acme", 1));
        Path two = Specimen.export(
                folder.resolve("two.zip"),
                Stream.of("acme", "globex")
                        .flatMap(tenant -> Specimen.life(Specimen.SIGNER, tenant, 1).stream())
                        .toList());

        assertThat(render(Verifier.verify(one, Specimen.ANCHORS), "one.zip"))
                .contains("<h2>Accounts</h2>\n<p class=\"soft\">All of tenant 'acme'.</p>");
        assertThat(render(Verifier.verify(two, Specimen.ANCHORS), "two.zip"))
                .contains("<td class=\"w\">acme</td>", "<td class=\"w\">globex</td>")
                .doesNotContain("All of tenant");
    }

    @Test
    void write_keyOfNobody_isShownAsTrustedByNobody() throws IOException {
        Ed25519Signer stranger = Ed25519Signer.generate();
        Path zip = Specimen.export(folder.resolve("e.zip"), Specimen.life(stranger, "acme", 1));

        String page = render(Verifier.verify(zip, Specimen.ANCHORS), "e.zip");

        assertThat(page).contains("<code>" + stranger.keyId() + "</code></td><td><strong>by nobody</strong></td>");
    }

    @Test
    void write_markupInWhatThePackageSays_staysText() throws IOException {
        Specimen writer = Specimen.writer(Specimen.SIGNER, 1);
        String tenant = "<script>alert(1)</script>\"'&\u202E";
        writer.write(writer.opening(tenant));
        Path zip = Specimen.export(folder.resolve("e.zip"), writer.close());

        String page = render(Verifier.verify(zip, Specimen.ANCHORS), "<img src=x onerror=alert(1)>.zip");

        assertThat(page)
                .doesNotContain("<script", "<img", "\u202E")
                .contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;?")
                .contains("&lt;img src=x onerror=alert(1)&gt;.zip");
    }

    @Test
    void write_anyReport_isWellFormedAndLoadsNothing() throws Exception {
        Path zip = Specimen.export(folder.resolve("e.zip"), Specimen.life(Specimen.SIGNER, "acme", 1));
        String page = render(Verifier.verify(zip, Specimen.ANCHORS), "e.zip");

        // HTML's own empty elements aside, the page is XML, so that nothing in it is left open.
        String xml = page.replace("<!DOCTYPE html>", "").replaceAll("<(meta[^>]*)>", "<$1/>");
        Document document =
                DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));

        assertThat(document.getElementsByTagName("script").getLength()).isZero();
        assertThat(document.getElementsByTagName("table").getLength()).isGreaterThan(3);
        assertThat(page).doesNotContain("http:", "https:", "url(", "@import", "src=", "href=");
        assertThat(page).contains("default-src 'none'", "prefers-color-scheme:dark", "@media print");
    }

    @Test
    void write_sameReport_givesTheSameBytes() throws IOException {
        Path zip = Specimen.export(folder.resolve("e.zip"), Specimen.life(Specimen.SIGNER, "acme", 1));

        assertThat(render(Verifier.verify(zip, Specimen.ANCHORS), "e.zip"))
                .isEqualTo(render(Verifier.verify(zip, Specimen.ANCHORS), "e.zip"));
    }

    @Test
    void write_noEvents_saysNoneEverywhere() throws IOException {
        VerificationReport empty = report(List.of());

        assertThat(render(empty, "nothing.zip"))
                .contains("<h2>Accounts</h2>\n<p>None.</p>", "exported at an unknown time, all tenants");
    }

    @Test
    void write_holdDatedBeforeItsAccount_standsUnderItsLimit() throws IOException {
        Amount nothing = new Amount(0, Unit.CALLS);
        Amount four = new Amount(4, Unit.CALLS);
        Amount ten = new Amount(10, Unit.CALLS);
        List<BalancePoint> history = List.of(
                new BalancePoint(Specimen.NOW, nothing, nothing, four),
                new BalancePoint(Specimen.NOW.plusMillis(20), ten, nothing, four));

        String page = render(
                report(List.of(new AccountReport(
                        "acme",
                        Specimen.ACCOUNT,
                        "ENFORCE",
                        "calls",
                        "",
                        "",
                        "",
                        ten,
                        nothing,
                        four,
                        ten,
                        nothing,
                        history))),
                "early.zip");

        assertThat(page).containsPattern("<path class=\"limit\" d=\"M0 0L[0-9.]+ 0L[0-9.]+ 0L[0-9.]+ 0\"/>");
    }

    private static VerificationReport report(List<AccountReport> accounts) {
        return new VerificationReport(
                null,
                EvidenceFilter.ALL,
                0,
                List.of(),
                accounts,
                new DecisionTally(new TreeMap<>(), new TreeMap<>(), new TreeMap<>()),
                List.of(),
                null,
                null,
                null,
                0,
                new CostReport(0, 0, 0, 0, 0),
                VerificationReport.Money.NOT_PROVEN,
                List.of(),
                0);
    }

    @Test
    void history_manyMoments_keepsItsEndAndStaysBounded() {
        History history = new History();
        for (int i = 0; i < 10_000; i++) {
            history.add(Specimen.NOW.plusSeconds(7L * i), i == 0 ? 100_000 : 0, 1, i % 2 == 0 ? 1 : -1);
        }

        List<BalancePoint> points = history.points(Unit.CALLS);

        assertThat(points).hasSizeBetween(64, 128);
        assertThat(points.get(points.size() - 1).spent().atomic()).isEqualTo(10_000);
        assertThat(points.get(points.size() - 1).held().atomic()).isZero();
        assertThat(points.get(0).limit().atomic()).isEqualTo(100_000);
        assertThat(points).extracting(BalancePoint::at).isSorted();
    }

    @Test
    void history_streamsReadInAnyOrder_isTheSame() {
        History forth = new History();
        History back = new History();
        for (int i = 0; i < 1_000; i++) {
            forth.add(Specimen.NOW.plusSeconds(i), 0, i, 0);
            back.add(Specimen.NOW.plusSeconds(999 - i), 0, 999 - i, 0);
        }

        assertThat(back.points(Unit.CALLS)).isEqualTo(forth.points(Unit.CALLS));
    }

    private static String render(VerificationReport report, String subject) throws IOException {
        StringBuilder page = new StringBuilder();
        HtmlReport.write(report, subject, page);
        return page.toString();
    }
}
