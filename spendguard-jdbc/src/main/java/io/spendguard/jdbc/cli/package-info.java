/**
 * The operator's command line: contracts, evidence with its log and keys, budgets, approvals and costs; and the verifier alone.
 * Start reading at {@link io.spendguard.jdbc.cli.SpendGuardCli}.
 */
@NullMarked
package io.spendguard.jdbc.cli;

import org.jspecify.annotations.NullMarked;
