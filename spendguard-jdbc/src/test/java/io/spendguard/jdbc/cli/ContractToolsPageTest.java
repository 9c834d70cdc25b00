package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files on the contract tools' page are written, its commands run, and they say what the page says. */
class ContractToolsPageTest {
    /** A block; for a file, what introduces it ends in the file's name. */
    private static final Pattern BLOCK =
            Pattern.compile("(?:`([\\w.-]+)`[^`\n]*:\n\n)?```(yaml|json|)\n(.*?)```", Pattern.DOTALL);

    private static final String PROMPT = "$ spendguard ";

    @TempDir
    Path directory;

    @Test
    void everyExample_saysWhatThePageSays() throws IOException {
        String page = Files.readString(Path.of("../docs/contract-tools.md"));

        int commands = 0;
        for (MatchResult block : BLOCK.matcher(page).results().toList()) {
            if (block.group(1) != null) {
                Files.writeString(directory.resolve(block.group(1)), block.group(3));
            } else if (block.group(3).startsWith(PROMPT)) {
                run(block.group(3));
                commands++;
            }
        }

        assertThat(commands).isPositive();
    }

    private void run(String block) {
        String command = block.substring(PROMPT.length(), block.indexOf('\n'));
        String[] args = Arrays.stream(command.split(" ", -1))
                .map(arg -> arg.contains(".") ? directory.resolve(arg).toString() : arg)
                .toArray(String[]::new);

        Console console = Console.run(args);

        assertThat((console.out() + console.err()).replace(directory + "/", ""))
                .as(command)
                .isEqualTo(block.substring(block.indexOf('\n') + 1));
    }
}
