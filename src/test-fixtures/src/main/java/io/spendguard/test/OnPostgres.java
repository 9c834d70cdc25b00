package io.spendguard.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of {@link SpendGuardTest} a migrated database of its own on {@link EmbeddedPostgres#shared()} instead of
 * a ledger in memory. Needs {@code spendguard-jdbc} and Flyway on the class path; without them the test fails and says so.
 *
 * <p>The guard then lives by the system's clock, since the database's own time decides: no {@link TestClock} is given.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@ExtendWith(SpendGuardExtension.class)
public @interface OnPostgres {}
