package io.spendguard.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test a guard of its own, on a ledger of its own, open on the test's thread.
 *
 * <p>The test, its {@code @BeforeEach} and its {@code @AfterEach} methods may take parameters of type {@link
 * io.spendguard.Guard}, {@link io.spendguard.ledger.Ledger} and {@link TestClock}: always the same ones within one test,
 * never shared with another, so that tests may run in parallel. After the test all of them are closed. The ledger is in
 * memory and lives by the test's clock, unless the test is {@link OnPostgres}.
 *
 * <p>On a class it is for every test, nested ones included; on a method it takes the place of the class's.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@ExtendWith(SpendGuardExtension.class)
public @interface SpendGuardTest {
    /**
     * The contract's text, best as a text block.
     *
     * <p>Without it and {@link #resource} every priced call is allowed, for the tenant {@code test}, up to a million USD
     * a day.
     */
    String contract() default "";

    /** The contract as a resource on the class path, such as {@code contracts/agent.yaml}, instead of its text. */
    String resource() default "";

    /** What becomes of a test that leaves a call unsettled. */
    OpenHolds openHolds() default OpenHolds.ALLOW;
}
