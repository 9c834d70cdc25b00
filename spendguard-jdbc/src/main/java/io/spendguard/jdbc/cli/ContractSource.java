package io.spendguard.jdbc.cli;

import io.spendguard.contract.Contract;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a command's contracts are read: alone, or as layers below another one. */
final class ContractSource {
    @Option(
            names = "--base",
            paramLabel = "FILE",
            description = "read each contract as a layer below this one, as a tenant's below its organisation's")
    private @Nullable Path base;

    Contract load(Path file) {
        return base == null ? Contract.load(file) : Contract.load(base, file);
    }
}
