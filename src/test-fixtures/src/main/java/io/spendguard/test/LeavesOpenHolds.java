package io.spendguard.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A test under {@link SettledCalls} that ends with a call whose cost nobody can know, and says why. It fails when it leaves
 * none, unless that is left to chance.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface LeavesOpenHolds {
    /** Why the call's cost is unknown, such as {@code the connection broke after the request was sent}. */
    String value();

    /** False for a test whose call may as well end settled, as where the network decides how much of an answer arrives. */
    boolean always() default true;
}
