package io.spendguard.evidence;

import io.spendguard.model.Digest;
import java.util.Arrays;
import java.util.Objects;

/**
 * A personal value behind a commitment in an event. Once value and salt are erased, the commitment tells nothing and
 * every proof still holds.
 *
 * @param commitment what the event shows
 * @param value the value in clear
 * @param salt what was hashed with it
 */
public record PersonalValue(Digest commitment, String value, byte[] salt) {
    /** Copies the salt. */
    public PersonalValue {
        Objects.requireNonNull(commitment, "commitment");
        Objects.requireNonNull(value, "value");
        salt = salt.clone();
    }

    /** A copy of the salt. */
    @Override
    public byte[] salt() {
        return salt.clone();
    }

    /** Tells whether the commitment was made of this value and salt. */
    public boolean isIntact() {
        return commitment.equals(Commitments.commitment(value, salt));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PersonalValue that
                && commitment.equals(that.commitment)
                && value.equals(that.value)
                && Arrays.equals(salt, that.salt);
    }

    @Override
    public int hashCode() {
        return commitment.hashCode();
    }

    /** The commitment; never the value. */
    @Override
    public String toString() {
        return "PersonalValue[" + commitment + "]";
    }
}
