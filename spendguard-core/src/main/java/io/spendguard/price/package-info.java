/**
 * What a call costs: the dated price book, usage to money, and the estimate made before the call.
 * Start reading at {@link io.spendguard.price.PriceBook}.
 */
@NullMarked
package io.spendguard.price;

import org.jspecify.annotations.NullMarked;
