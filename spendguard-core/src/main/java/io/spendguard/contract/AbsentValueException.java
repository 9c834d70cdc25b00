package io.spendguard.contract;

/**
 * An expression read a value the action does not have. One instance per variable, without stack: it says which value,
 * and where it was thrown from is always the same.
 */
final class AbsentValueException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    AbsentValueException(String message) {
        super(message, null, false, false);
    }
}
