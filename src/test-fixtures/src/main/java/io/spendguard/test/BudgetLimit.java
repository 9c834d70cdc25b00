package io.spendguard.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails a test that spends more, or ends while more is spent and held together, naming the calls.
 *
 * <p>Nothing is stopped: the contract does that. A call of unknown cost fails the test too, and so does one in another
 * currency, which this limit cannot bound. Works with {@link SpendGuardTest} and without it; on a class it is for each
 * of its tests.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@ExtendWith(SpendGuardExtension.class)
public @interface BudgetLimit {
    /** The most one test may cost, such as {@code 0.25 USD}. */
    String value();
}
