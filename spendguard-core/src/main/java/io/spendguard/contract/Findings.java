package io.spendguard.contract;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Collects what is wrong with a contract, and what is merely worth knowing. Not safe for several threads. */
final class Findings {
    private static final Comparator<Finding> BY_PLACE =
            Comparator.comparing(finding -> new Position(finding.line(), finding.column()));

    private final String file;
    private final List<Finding> faults = new ArrayList<>();
    private final List<Finding> warnings = new ArrayList<>();
    private final Map<String, Set<String>> members = new TreeMap<>();

    Findings(String file) {
        this.file = file;
    }

    void fault(Position at, String path, String message) {
        faults.add(finding(at, path, message));
    }

    void warn(Position at, String path, String message) {
        warnings.add(finding(at, path, message));
    }

    /** Notes which members the mapping at a path may have. */
    void accepted(String path, Stream<String> names) {
        names.forEach(members.computeIfAbsent(path, unread -> new TreeSet<>())::add);
    }

    /** The members that mappings may have, by path, of those that were read: the language as the parser knows it. */
    Map<String, Set<String>> accepted() {
        return members;
    }

    boolean hasFaults() {
        return !faults.isEmpty();
    }

    int faultCount() {
        return faults.size();
    }

    List<Finding> warnings() {
        return warnings.stream().sorted(BY_PLACE).toList();
    }

    void throwIfAny() {
        if (hasFaults()) {
            throw new ContractException(file, faults.stream().sorted(BY_PLACE).toList());
        }
    }

    Finding finding(Position at, String path, String message) {
        return new Finding(file, at.line(), at.column(), path, message);
    }
}
