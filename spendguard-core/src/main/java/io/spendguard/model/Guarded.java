package io.spendguard.model;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a tool method whose calls a guard decides before they run.
 *
 * <p>The annotation is data: {@code io.spendguard.GuardedProxy} and the framework adapters act on it, a call that goes
 * past them is not guarded. Every fault in it is reported when they read it, not at the first call. A method without an
 * annotation of its own has that of the method it overrides or implements.
 *
 * <p>A call is settled when the method returns: at the cost given here, unless the method committed another through
 * {@link Permit#current()}. A method that throws leaves the outcome unknown. One that returns a future is settled when it
 * returns the future. One that returns a publisher is a fault: it works when it is subscribed to, as often as that happens.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface Guarded {
    /**
     * The most one call costs, money or credits: {@code 0.01 USD}, {@code 3 credits.search}. Empty for a tool that costs
     * nothing or learns its price while it runs; rules and budgets that count calls still apply.
     */
    String cost() default "";

    /**
     * The parameter the cost is multiplied by: the value of a whole number, the size of a collection, map or array, or the
     * characters of a text, counted as Unicode code points. Empty when one call costs {@link #cost} whatever it is
     * passed. Needs classes compiled with {@code -parameters}.
     */
    String per() default "";

    /**
     * The parameter that names the call: a text, a whole number, an id or an enum's constant. Calls with the same value are one call,
     * decided once under the key {@code tool/value}, with {@link #tool} or the method's name whatever a framework calls it. By that
     * key somebody approves a call that waits for it. A call that was allowed is not made a second time, not even when it failed, since
     * nobody can tell whether it ran. Other arguments with the same value are an {@link IdempotencyConflictException}. Empty when every
     * call is one of its own. Needs classes compiled with {@code -parameters}.
     */
    String key() default "";

    /** The tool's name in contracts and evidence. The method's name by default; a framework may bring its own. */
    String tool() default "";

    /** Labels of the action, each {@code name=value}. */
    String[] labels() default {};

    /**
     * A method of the same class with the same parameters, called instead when the guard refuses. It is not guarded
     * itself. Without one a refusal throws {@link SpendDeniedException}.
     */
    String fallback() default "";
}
