package io.spendguard.examples;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.IdSource;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What a demo plays on.
 *
 * @param ledgers opens the ledger: once for the guard, which closes it, and once more for the export of evidence
 * @param contracts the folder of the sample contracts
 * @param folder where evidence is left
 * @param out where the demo tells what happens
 * @param isConsole whether somebody watches, so that a line may be written over
 * @param clock tells the time of decisions, and when evidence is exported
 * @param ids makes names that no earlier play has used, as a database may remember those
 */
public record Stage(
        Supplier<Ledger> ledgers,
        Path contracts,
        Path folder,
        PrintStream out,
        boolean isConsole,
        Clock clock,
        IdSource ids) {
    /** Opens the ledger. */
    public Ledger openLedger() {
        return ledgers.get();
    }

    /** A sample contract by its name. */
    public Contract contract(String name) {
        return Contract.load(contracts.resolve(name + ".yaml"));
    }

    /** A tenant that no earlier play has used. */
    public String newTenant() {
        return "demo-" + ids.next();
    }

    /** Tells one line, as {@link String#format} makes it. */
    public void tell(String format, Object... figures) {
        out.printf(Locale.ROOT, format + "%n", figures);
    }

    /** Shows how far something has come: on a console in one line that is written over, elsewhere in few lines. */
    public void tellProgress(int done, int of, String text) {
        if (isConsole) {
            // Padded, or a longer line before would show through.
            out.printf(Locale.ROOT, "\r  %-76s%s", text, done == of ? System.lineSeparator() : "");
            out.flush();
        } else if (done % 10 == 0 || done == of) {
            tell("  %s", text);
        }
    }

    /** What a contract allows, such as {@code budget per-run 1.00 USD}. */
    public static String limits(Contract contract) {
        return contract.budgets().stream()
                .map(budget -> "budget " + budget.id() + " " + budget.limit())
                .collect(Collectors.joining(", "));
    }
}
