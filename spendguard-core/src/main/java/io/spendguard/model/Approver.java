package io.spendguard.model;

import io.spendguard.model.ApprovalException.Fault;
import java.util.Objects;

/**
 * Who approves or denies. Who it is and that he has the role is for the caller to establish: nobody is authenticated here.
 *
 * @param name who, 1 to {@value #LONGEST_NAME} characters; a personal value, of which evidence holds a commitment only
 * @param role as what
 */
public record Approver(String name, ApproverRole role) {
    /** The most characters a name has. */
    public static final int LONGEST_NAME = 200;

    /** Refuses a blank or longer name with {@link ApprovalException}. */
    public Approver {
        Objects.requireNonNull(role, "role");
        if (name.isBlank() || name.length() > LONGEST_NAME) {
            throw new ApprovalException(
                    Fault.NOT_STATED,
                    "Approver's name has " + name.strip().length() + " characters: who approves is named in 1 to "
                            + LONGEST_NAME + ". Name the person.");
        }
    }

    /** The role alone: the name is personal. */
    @Override
    public String toString() {
        return "Approver[" + role.text() + "]";
    }
}
