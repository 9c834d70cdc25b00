package io.spendguard.verify;

import io.spendguard.model.Period;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.stream.Stream;

/**
 * A verification report as one page for a person: no script, no network, the same bytes for the same report, legible on
 * screen, in the dark and on paper.
 *
 * <p>Whatever a package says is text here, never markup. Long lists are cut and say so; the report itself has them whole.
 */
public final class HtmlReport {
    private static final int ROWS = 500;
    private static final int CHARTS = 24;
    private static final int CHART_WIDTH = 320;
    private static final int CHART_HEIGHT = 96;

    private static final String STYLE = """
            :root{color-scheme:light dark;--ink:#1d2330;--soft:#5b6575;--line:#d9dee7;--page:#fff;--card:#f6f8fb;
            --good:#17703f;--bad:#b3261e;--spent:#2f5fb3;--held:#c77d12;--limit:#8a93a3}
            @media (prefers-color-scheme:dark){:root{--ink:#e6e9ef;--soft:#9aa5b5;--line:#333b49;--page:#14181f;
            --card:#1c222c;--good:#5cc98a;--bad:#ff8a80;--spent:#7aa5f0;--held:#e6a84b;--limit:#7c8799}}
            *{box-sizing:border-box}
            body{margin:0 auto;max-width:70rem;padding:2rem 1.25rem 4rem;background:var(--page);color:var(--ink);
            font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
            h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2.25rem 0 .75rem}
            p{margin:.4rem 0}.soft{color:var(--soft)}
            .verdict{border-left:.4rem solid var(--good);background:var(--card);padding:1rem 1.25rem;margin:1.25rem 0}
            .verdict.bad{border-color:var(--bad)}.verdict b{font-size:1.2rem;color:var(--good)}
            .verdict.bad b{color:var(--bad)}
            .facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.75rem;margin:1rem 0}
            .facts div{background:var(--card);padding:.6rem .8rem}.facts span{display:block;color:var(--soft);
            font-size:.8rem}.facts strong{font-size:1.15rem;font-variant-numeric:tabular-nums}
            .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.85rem}
            th{text-align:left;color:var(--soft);font-weight:600}
            th,td{padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
            td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
            .facts strong,td{overflow-wrap:anywhere}td code.id{white-space:nowrap}
            .scroll+.scroll{margin-top:1rem}
            td.t{overflow-wrap:normal}td.w{min-width:6.5rem}
            code{font:.82em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
            .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem}
            figure{margin:0;background:var(--card);padding:.75rem}figcaption{font-size:.85rem;margin-bottom:.4rem}
            svg{display:block;width:100%;height:auto}.bar{fill:var(--spent)}.held{fill:var(--held)}
            .limit{stroke:var(--limit);stroke-dasharray:4 3;fill:none}.axis{stroke:var(--line)}
            svg text{fill:var(--soft);font:10px system-ui,sans-serif}
            .key i{display:inline-block;width:.7rem;height:.7rem;margin:0 .3rem 0 .8rem}
            @media print{:root{--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#fff;--good:#17703f;--bad:#b3261e;
            --spent:#2f5fb3;--held:#c77d12;--limit:#666}body{max-width:none;padding:0;font-size:10pt}
            .verdict,.bar,.held,.key i{print-color-adjust:exact;-webkit-print-color-adjust:exact}
            h2{break-after:avoid}figure,thead,tr,.verdict{break-inside:avoid}.scroll{overflow:visible}
            .facts{grid-template-columns:repeat(6,1fr)}table{font-size:7.5pt}th,td{padding-right:.4rem}}
            """;

    private final VerificationReport report;
    private final String subject;
    private final Appendable out;

    private HtmlReport(VerificationReport report, String subject, Appendable out) {
        this.report = report;
        this.subject = subject;
        this.out = out;
    }

    /**
     * Writes the page.
     *
     * @param subject what was verified, such as the package's file name
     * @param out takes the page; UTF-8 when it becomes bytes
     * @throws IOException what {@code out} threw; a part of the page may be written then
     */
    public static void write(VerificationReport report, String subject, Appendable out) throws IOException {
        new HtmlReport(
                        Objects.requireNonNull(report, "report"),
                        Objects.requireNonNull(subject, "subject"),
                        Objects.requireNonNull(out, "out"))
                .page();
    }

    private void page() throws IOException {
        put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        put("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
        put("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n");
        put("<title>Evidence report: " + text(subject) + "</title>\n<style>\n" + STYLE + "</style>\n</head>\n<body>\n");
        put("<h1>Evidence report</h1>\n<p class=\"soft\"><code>" + text(subject) + "</code>, exported "
                + text(
                        report.createdAt() == null
                                ? "at an unknown time"
                                : report.createdAt().toString()) + ", "
                + text(report.filter().toString()) + "</p>\n");
        verdict();
        findings();
        charts();
        accounts();
        tally();
        streams();
        keys();
        checkpoint();
        put("</body>\n</html>\n");
    }

    private void verdict() throws IOException {
        put("<section class=\"verdict" + (report.isVerified() ? "" : " bad") + "\">\n<b>"
                + (report.isVerified() ? "Verified" : "Not verified") + "</b>\n<p>" + text(report.summary())
                + "</p>\n");
        if (report.unprovedLine().isPresent()) {
            put("<p><strong>" + text(report.unprovedLine().get()) + "</strong></p>\n");
        }
        for (String note : report.notes()) {
            put("<p class=\"soft\">" + text(note) + "</p>\n");
        }
        put("</section>\n<div class=\"facts\">\n");
        fact("Events", Long.toString(report.events()));
        fact("Decisions", Long.toString(total(report.tally().effects())));
        fact("Streams", Integer.toString(report.streams().size()));
        fact("Accounts", Integer.toString(report.accounts().size()));
        fact("Open holds", Long.toString(report.openHolds()));
        fact("Findings", Long.toString(report.findingCount()));
        put("</div>\n");
    }

    private void fact(String name, String value) throws IOException {
        put("<div><span>" + text(name) + "</span><strong>" + text(value) + "</strong></div>\n");
    }

    private void findings() throws IOException {
        put("<h2>Findings</h2>\n");
        if (report.findings().isEmpty()) {
            put("<p>None.</p>\n");
            return;
        }
        open(List.of("What", "Where", "Event", "Message"), 0);
        for (Finding finding : head(report.findings())) {
            Place place = finding.place();
            row(
                    "<code class=\"id\">" + finding.code() + "</code>",
                    code(place.toString()),
                    code(place.event() == null ? "-" : place.event().toString()),
                    text(finding.message()));
        }
        close(report.findingCount(), Math.min(report.findings().size(), ROWS));
    }

    /** The accounts that used most of their limit, which are those an auditor looks at first. */
    private void charts() throws IOException {
        List<AccountReport> shown = report.accounts().stream()
                .filter(account -> account.history().size() > 1)
                .sorted(Comparator.comparingDouble(HtmlReport::use).reversed())
                .limit(CHARTS)
                .toList();
        if (shown.isEmpty()) {
            return;
        }
        put("<h2>Budgets over time</h2>\n<p class=\"soft key\">By the times the events state."
                + "<i style=\"background:var(--spent)\"></i>spent<i style=\"background:var(--held)\"></i>held"
                + "<i style=\"background:var(--limit);height:2px;vertical-align:middle\"></i>limit</p>\n"
                + "<div class=\"charts\">\n");
        for (AccountReport account : shown) {
            chart(account);
        }
        put("</div>\n");
        cut(report.accounts().size(), shown.size());
    }

    private void chart(AccountReport account) throws IOException {
        List<BalancePoint> points = account.history();
        double top = 1;
        for (BalancePoint point : points) {
            top = Math.max(top, (double) point.limit().atomic());
            top = Math.max(top, (double) point.spent().atomic() + point.held().atomic());
        }
        Instant from = points.get(0).at();
        Instant until = points.get(points.size() - 1).at();
        String name = account.budget() + (account.key().isEmpty() ? "" : " / " + account.key());
        put("<figure>\n<figcaption><strong>" + text(name) + "</strong> <span class=\"soft\">"
                + text(account.spent() + " of " + account.limit()) + "</span></figcaption>\n");
        put("<svg viewBox=\"0 0 " + CHART_WIDTH + " " + (CHART_HEIGHT + 16) + "\" role=\"img\" aria-label=\""
                + text(name + ": " + account.spent() + " spent of " + account.limit()) + "\">\n");
        double millis = Math.max(1, (double) Duration.between(from, until).toMillis());
        StringBuilder limit = new StringBuilder();
        long granted = firstLimit(points);
        boolean isOpened = false;
        for (int i = 0; i < points.size(); i++) {
            BalancePoint point = points.get(i);
            double x = CHART_WIDTH * Duration.between(from, point.at()).toMillis() / (millis * 1.02);
            double next = i + 1 < points.size()
                    ? CHART_WIDTH
                            * Duration.between(from, points.get(i + 1).at()).toMillis()
                            / (millis * 1.02)
                    : CHART_WIDTH;
            double spent = CHART_HEIGHT * (point.spent().atomic() / top);
            double held = CHART_HEIGHT * (point.held().atomic() / top);
            isOpened |= point.limit().atomic() != 0;
            granted = isOpened ? point.limit().atomic() : granted;
            double cap = CHART_HEIGHT * (1 - granted / top);
            rectangle("bar", x, CHART_HEIGHT - spent, next - x, spent);
            rectangle("held", x, CHART_HEIGHT - spent - held, next - x, held);
            limit.append(i == 0 ? "M" : "L").append(number(x)).append(' ').append(number(cap));
            limit.append('L').append(number(next)).append(' ').append(number(cap));
        }
        put("<path class=\"limit\" d=\"" + limit + "\"/>\n<path class=\"axis\" d=\"M0 " + CHART_HEIGHT + "H"
                + CHART_WIDTH + "\"/>\n");
        put("<text x=\"0\" y=\"" + (CHART_HEIGHT + 12) + "\">" + text(from.toString()) + "</text><text x=\""
                + CHART_WIDTH + "\" y=\"" + (CHART_HEIGHT + 12) + "\" text-anchor=\"end\">" + text(until.toString())
                + "</text>\n</svg>\n</figure>\n");
    }

    /** Drawn from the beginning: who decides dates the decision, and the ledger the account that is opened for it, a moment later. */
    private static long firstLimit(List<BalancePoint> points) {
        return points.stream()
                .mapToLong(point -> point.limit().atomic())
                .filter(limit -> limit != 0)
                .findFirst()
                .orElse(0);
    }

    private void rectangle(String kind, double x, double y, double width, double height) throws IOException {
        if (height > 0 && width > 0) {
            put("<rect class=\"" + kind + "\" x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(width)
                    + "\" height=\"" + number(height) + "\"/>\n");
        }
    }

    private void accounts() throws IOException {
        put("<h2>Accounts</h2>\n");
        if (report.accounts().isEmpty()) {
            put("<p>None.</p>\n");
            return;
        }
        List<String> columns = List.of("Budget", "Key", "From", "Until", "Limit", "Spent", "Held", "Available", "Debt");
        String first = report.accounts().get(0).tenant();
        boolean ofSeveral =
                report.accounts().stream().anyMatch(account -> !account.tenant().equals(first));
        if (ofSeveral) {
            columns = Stream.concat(Stream.of("Tenant"), columns.stream()).toList();
        } else {
            put("<p class=\"soft\">All of tenant '" + text(first) + "'.</p>\n");
        }
        open(columns, columns.indexOf("Limit"));
        for (AccountReport account : head(report.accounts())) {
            put("<tr>");
            if (ofSeveral) {
                put("<td class=\"w\">" + text(account.tenant()) + "</td>");
            }
            cell(text(account.budget()
                    + (account.namespace().equals("enforce") ? "" : " (" + account.namespace() + ")")));
            cell(text(account.key().isEmpty() ? "-" : account.key()));
            time(account.from());
            time(account.until());
            figure(account.limit());
            figure(account.spent());
            figure(account.held());
            figure(account.available());
            figure(account.debt());
            put("</tr>\n");
        }
        close(report.accounts().size(), Math.min(report.accounts().size(), ROWS));
    }

    private void tally() throws IOException {
        put("<h2>Decisions</h2>\n");
        counts("Effect", report.tally().effects());
        counts("Reason of a refusal or degrade", report.tally().reasons());
        counts("Outcome", report.tally().outcomes());
        counts("Answer to a required approval", report.tally().approvals());
    }

    private void counts(String name, SortedMap<String, Long> counts) throws IOException {
        if (counts.isEmpty()) {
            return;
        }
        long most = counts.values().stream().mapToLong(Long::longValue).max().orElse(1);
        put("<div class=\"scroll\"><table>\n<tr><th>" + text(name)
                + "</th><th class=\"n\">Number</th><th></th></tr>\n");
        for (Map.Entry<String, Long> count : counts.entrySet()) {
            put("<tr>");
            cell(text(count.getKey()));
            put("<td class=\"n\">" + count.getValue() + "</td><td style=\"width:60%\"><svg viewBox=\"0 0 100 4\""
                    + " preserveAspectRatio=\"none\" style=\"height:.8rem\" aria-hidden=\"true\">");
            put("<rect class=\"bar\" width=\"" + number(100.0 * count.getValue() / most)
                    + "\" height=\"4\"/></svg></td></tr>\n");
        }
        put("</table></div>\n");
    }

    private void streams() throws IOException {
        put("<h2>Streams</h2>\n");
        if (report.streams().isEmpty()) {
            put("<p>None.</p>\n");
            return;
        }
        open(List.of("Tenant", "Stream", "End", "Events"), 3);
        for (StreamReport stream : head(report.streams())) {
            put("<tr>");
            cell(text(stream.tenant()));
            cell(code(stream.stream().toString()));
            cell(
                    switch (stream.state()) {
                        case CLOSED -> "closed";
                        case CLOSED_BY_FENCE -> "closed by fence";
                        case OPEN -> "<strong>open</strong>";
                        case FILTERED -> "not proved (filtered)";
                    });
            put("<td class=\"n\">" + stream.events() + "</td></tr>\n");
        }
        close(report.streams().size(), Math.min(report.streams().size(), ROWS));
    }

    private void keys() throws IOException {
        put("<h2>Keys</h2>\n");
        if (report.keys().isEmpty()) {
            put("<p>None.</p>\n");
            return;
        }
        open(List.of("Key", "Trusted", "Events"), 2);
        for (KeyReport key : report.keys()) {
            put("<tr>");
            cell(code(key.id()));
            String root = key.certifiedBy();
            cell(
                    key.isAnchored()
                            ? "by the anchors"
                            : root == null ? "<strong>by nobody</strong>" : "by certificate of " + code(root));
            put("<td class=\"n\">" + key.events() + "</td></tr>\n");
        }
        close(report.keys().size(), report.keys().size());
    }

    private void checkpoint() throws IOException {
        put("<h2>Checkpoint</h2>\n");
        LogReport log = report.log();
        if (log == null) {
            put("<p>None.</p>\n");
            return;
        }
        open(List.of("Log", "Root", "Heads", "Events covered", "Events after it", "Witnesses"), 2);
        put("<tr>");
        cell(text(log.checkpoint().origin()));
        cell(code(log.checkpoint().root().hex()));
        for (long figure : new long[] {log.checkpoint().size(), log.covered(), log.later(), log.witnesses()}) {
            put("<td class=\"n\">" + figure + "</td>");
        }
        put("</tr>\n");
        close(1, 1);
    }

    private void open(List<String> columns, int firstFigure) throws IOException {
        put("<div class=\"scroll\"><table>\n<thead><tr>");
        for (int i = 0; i < columns.size(); i++) {
            put((firstFigure > 0 && i >= firstFigure ? "<th class=\"n\">" : "<th>") + text(columns.get(i)) + "</th>");
        }
        put("</tr></thead>\n");
    }

    private void close(long all, long shown) throws IOException {
        put("</table></div>\n");
        cut(all, shown);
    }

    private void cut(long all, long shown) throws IOException {
        if (all > shown) {
            put("<p class=\"soft\">" + shown + " of " + all + " are shown here.</p>\n");
        }
    }

    private void row(String... cells) throws IOException {
        put("<tr>");
        for (String cell : cells) {
            cell(cell);
        }
        put("</tr>\n");
    }

    private void cell(String markup) throws IOException {
        put("<td>" + markup + "</td>");
    }

    /** On two lines where it must be, the day and the time of day. */
    private void time(String time) throws IOException {
        put("<td class=\"t\">" + text(moment(time)).replaceFirst("T", "<wbr/>T") + "</td>");
    }

    private void figure(Object amount) throws IOException {
        put("<td class=\"n\">" + text(amount.toString()) + "</td>");
    }

    private void put(String markup) throws IOException {
        out.append(markup);
    }

    private static <T> List<T> head(List<T> all) {
        return all.subList(0, Math.min(all.size(), ROWS));
    }

    private static double use(AccountReport account) {
        return (account.spent().atomic() + (double) account.held().atomic())
                / Math.max(1, account.limit().atomic());
    }

    private static long total(SortedMap<String, Long> counts) {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The ends of time, which bound what has no window, read better as words. */
    private static String moment(String time) {
        if (time.equals(Period.ALWAYS.from().toString())
                || time.equals(Period.ALWAYS.until().toString())) {
            return "-";
        }
        return time;
    }

    private static String code(String text) {
        return "<code>" + text(text) + "</code>";
    }

    private static String number(double value) {
        return BigDecimal.valueOf(value)
                .setScale(2, RoundingMode.HALF_UP)
                .stripTrailingZeros()
                .toPlainString();
    }

    /** What a package says, so that it neither becomes markup nor turns or hides what stands beside it. */
    private static String text(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(point -> {
            switch (point) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(isHarmless(point) ? point : '?');
            }
        });
        return safe.toString();
    }

    private static boolean isHarmless(int point) {
        int type = Character.getType(point);
        return type != Character.CONTROL && type != Character.FORMAT && type != Character.SURROGATE;
    }
}
