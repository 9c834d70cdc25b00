package io.spendguard.contract;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * What the author of a contract expects it to answer: cases that are rehearsed one by one.
 *
 * @param file the file's name
 * @param cases in the order they are written, at least one
 */
public record ContractCases(String file, List<ContractCase> cases) {
    /** What the name of a file of cases ends in: those of {@code NAME.yaml} stand in {@code NAME.tests.yaml}. */
    public static final String SUFFIX = ".tests.yaml";

    /** Copies the list. */
    public ContractCases {
        Objects.requireNonNull(file, "file");
        cases = List.copyOf(cases);
    }

    /**
     * Reads cases from a file. Blocks while it reads.
     *
     * @param contract whose budgets and rules they name
     * @throws ContractException with every fault, or when the file cannot be read
     */
    public static ContractCases load(Path file, Contract contract) {
        return CaseReader.load(file, contract);
    }
}
