package io.spendguard.jdbc.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Arrays;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The command line {@code spendguard}.
 *
 * <p>Exit code 0: all is well; 1: something was found; 2: the command could not run. Answers go to standard output, as
 * text or with {@code --json} as one JSON object; why a command could not run goes to standard error, in one line.
 */
public final class SpendGuardCli {
    /** All is well. */
    public static final int OK = 0;
    /** Something was found. */
    public static final int FOUND = 1;
    /** The command could not run. */
    public static final int CANNOT_RUN = 2;

    private SpendGuardCli() {}

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] args) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        System.exit(run(out, err, System.getenv(), Clock.systemUTC(), args));
    }

    /** Runs a command in this process; never throws for what its input holds. */
    static int run(PrintWriter out, PrintWriter err, Map<String, String> environment, Clock clock, String... args) {
        Terminal terminal = new Terminal(out, err, Arrays.asList(args).contains("--json"));
        CommandLine root = new CommandLine(new Root());
        CommandLine contract = new CommandLine(new ContractGroup());
        CommandLine evidence = new CommandLine(new EvidenceGroup());
        contract.addSubcommand(new ContractCheckCommand(terminal))
                .addSubcommand(new ContractEvalCommand(terminal, clock))
                .addSubcommand(new ContractTestCommand(terminal))
                .addSubcommand(new ContractInitCommand(terminal))
                .addSubcommand(new ContractSchemaCommand(terminal))
                .addSubcommand(new ContractDiffCommand(terminal))
                .addSubcommand(new ContractSignCommand(terminal));
        evidence.addSubcommand(new EvidenceExportCommand(terminal, environment, clock))
                .addSubcommand(new EvidenceTailCommand(terminal, environment))
                .addSubcommand(new EvidenceSchemaCommand(terminal))
                .addSubcommand(new EvidenceShowCommand(terminal, environment))
                .addSubcommand(new RetentionCommands.Close(terminal, environment, clock))
                .addSubcommand(new RetentionCommands.Drop(terminal, environment))
                .addSubcommand(new RetentionCommands.Erase(terminal, environment));
        CommandLine budget = new CommandLine(new BudgetGroup())
                .addSubcommand(new BudgetCommands.ListAll(terminal, environment))
                .addSubcommand(new ExposureCommand(terminal, environment))
                .addSubcommand(new BudgetCommands.Show(terminal, environment))
                .addSubcommand(new BudgetMoveCommands.Grant(terminal, environment, clock))
                .addSubcommand(new BudgetMoveCommands.Transfer(terminal, environment, clock));
        CommandLine ledger =
                new CommandLine(new LedgerGroup()).addSubcommand(new LedgerCheckCommand(terminal, environment));
        CommandLine schema = new CommandLine(new SchemaGroup())
                .addSubcommand(new SchemaCommands.Print(terminal))
                .addSubcommand(new SchemaCommands.Migrate(terminal, environment))
                .addSubcommand(new SchemaCommands.Check(terminal, environment));
        CommandLine log = new CommandLine(new LogGroup())
                .addSubcommand(new LogCommands.SignCheckpoint(terminal, environment))
                .addSubcommand(new LogKeepCommand(terminal, environment))
                .addSubcommand(new LogCommands.Prove(terminal, environment))
                .addSubcommand(new LogCommands.Witness(terminal, environment, clock));
        CommandLine keys = new CommandLine(new KeysGroup())
                .addSubcommand(new KeyCommands.ListAll(terminal, environment))
                .addSubcommand(new KeyCommands.Jwks(terminal, environment))
                .addSubcommand(new KeyChangeCommands.Rotate(terminal))
                .addSubcommand(new KeyChangeCommands.Revoke(terminal))
                .addSubcommand(new KeyChangeCommands.Announce(terminal, environment, clock));
        CommandLine anchors = new CommandLine(new AnchorsGroup())
                .addSubcommand(new AnchorCommands.Show(terminal))
                .addSubcommand(new AnchorCommands.Adopt(terminal))
                .addSubcommand(new AnchorCommands.Update(terminal));
        root.addSubcommand(contract)
                .addSubcommand(log)
                .addSubcommand(keys)
                .addSubcommand(anchors)
                .addSubcommand(budget)
                .addSubcommand(ledger)
                .addSubcommand(schema)
                .addSubcommand(evidence)
                .addSubcommand(new CommandLine(new ApprovalGroup())
                        .addSubcommand(new ApprovalCommands.ListPending(terminal, environment))
                        .addSubcommand(new ApprovalCommands.Approve(terminal, environment, clock))
                        .addSubcommand(new ApprovalCommands.Deny(terminal, environment, clock)))
                .addSubcommand(new SettleCommand(terminal, environment, clock))
                .addSubcommand(new CommandLine(new CostGroup())
                        .addSubcommand(new CostCommands.Refund(terminal, environment, clock))
                        .addSubcommand(new CostCommands.Dispute(terminal, environment, clock))
                        .addSubcommand(new CostCommands.Resolve(terminal, environment, clock))
                        .addSubcommand(new CostCommands.Compensate(terminal, environment, clock)))
                .addSubcommand(new VerifyCommand(terminal));
        return terminal.execute(root, args);
    }

    @Command(
            name = "spendguard",
            description = "Checks contracts, shows budgets, checks the ledger, exports evidence, verifies it.",
            mixinStandardHelpOptions = true,
            synopsisSubcommandLabel = "COMMAND")
    private static final class Root {}

    @Command(name = "contract", description = "What a contract says.", mixinStandardHelpOptions = true)
    private static final class ContractGroup {}

    @Command(name = "budget", description = "What may be spent and what was.", mixinStandardHelpOptions = true)
    private static final class BudgetGroup {}

    @Command(name = "cost", description = "What a call cost after all.", mixinStandardHelpOptions = true)
    private static final class CostGroup {}

    @Command(name = "approval", description = "What waits for an answer.", mixinStandardHelpOptions = true)
    private static final class ApprovalGroup {}

    @Command(name = "ledger", description = "Whether the books are right.", mixinStandardHelpOptions = true)
    private static final class LedgerGroup {}

    @Command(name = "schema", description = "Where the books are kept.", mixinStandardHelpOptions = true)
    private static final class SchemaGroup {}

    @Command(name = "log", description = "What was committed to.", mixinStandardHelpOptions = true)
    private static final class LogGroup {}

    @Command(
            name = "keys",
            description = "Who signed, who signs from now on, and who no more.",
            mixinStandardHelpOptions = true)
    private static final class KeysGroup {}

    @Command(name = "anchors", description = "Whom an auditor trusts.", mixinStandardHelpOptions = true)
    private static final class AnchorsGroup {}

    @Command(name = "evidence", description = "What can be proved.", mixinStandardHelpOptions = true)
    private static final class EvidenceGroup {}
}
