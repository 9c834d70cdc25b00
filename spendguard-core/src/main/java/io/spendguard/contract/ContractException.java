package io.spendguard.contract;

import io.spendguard.model.SpendGuardException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A contract that cannot be used. Nothing of it took effect; every fault that was found is in {@link #findings()}. */
public final class ContractException extends SpendGuardException {
    private static final long serialVersionUID = 1L;

    private final transient @Nullable List<Finding> findings;

    /**
     * With every fault at once.
     *
     * @param file the contract's file name
     * @param findings the faults in order of their place, at least one
     */
    public ContractException(String file, List<Finding> findings) {
        super(message(file, findings));
        this.findings = List.copyOf(findings);
    }

    ContractException(Finding finding, Throwable cause) {
        super(message(finding.file(), List.of(finding)), cause);
        this.findings = List.of(finding);
    }

    /** The faults in order of their place; empty only on an exception that was deserialized. */
    public List<Finding> findings() {
        return findings == null ? List.of() : findings;
    }

    private static String message(String file, List<Finding> findings) {
        String count = findings.size() == 1 ? "1 fault" : findings.size() + " faults";
        return findings.stream()
                .map(Finding::toString)
                .collect(Collectors.joining("\n  ", "Contract " + file + " has " + count + ":\n  ", ""));
    }
}
