/**
 * The operator's command line: checks contracts, exports evidence, verifies it.
 * Start reading at {@link io.spendguard.jdbc.cli.SpendGuardCli}.
 */
@NullMarked
package io.spendguard.jdbc.cli;

import org.jspecify.annotations.NullMarked;
