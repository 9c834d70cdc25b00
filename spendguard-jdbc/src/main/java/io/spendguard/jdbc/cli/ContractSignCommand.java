package io.spendguard.jdbc.cli;

import io.spendguard.bundle.ContractBundle;
import io.spendguard.contract.ContractException;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code spendguard contract sign FILE [LAYER...] --key PEM --out BUNDLE} */
@Command(
        name = "sign",
        description =
                "Signs a contract, with the prices it is enforced with, as a bundle that a guard takes over while it runs.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is required
final class ContractSignCommand implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "the contract, and the layers below it")
    private List<Path> files = new ArrayList<>();

    @Option(names = "--out", paramLabel = "BUNDLE", required = true, description = "the new file")
    private Path out;

    @Option(names = "--prices", paramLabel = "FILE", description = "the price book; by default the library's own")
    private @Nullable Path prices;

    @Mixin
    private SigningKeyOptions key;

    ContractSignCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        List<ContractBundle.Document> documents = new ArrayList<>();
        for (Path file : files) {
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                return terminal.cannotRun("Contract " + file + " cannot be read. Name a file this process may read.");
            }
            documents.add(new ContractBundle.Document(String.valueOf(file.getFileName()), Files.readString(file)));
        }
        PriceBook book = prices == null ? PriceBook.bundled() : PriceBook.load(prices);
        try {
            ContractBundle bundle = key.with(signer -> ContractBundle.sign(documents, book, Instant.now(), signer));
            bundle.write(out);
            terminal.line(out + ": contract '" + bundle.contract().name() + "' "
                    + bundle.contract().digest() + ", prices " + book.version() + ", signed by " + bundle.keyId());
            return SpendGuardCli.OK;
        } catch (ContractException faulty) {
            faulty.findings().forEach(finding -> terminal.line(finding.toString()));
            return SpendGuardCli.FOUND;
        }
    }
}
