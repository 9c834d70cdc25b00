package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.spendguard.model.BilledCall;
import io.spendguard.model.Money;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files as spreadsheets and providers write them, and as nobody should. */
class UsageFileTest {
    @TempDir
    private Path folder;

    @Test
    void read_asASpreadsheetWritesIt_isTheSame() throws IOException {
        List<BilledCall> calls = read(
                "u.csv",
                "\uFEFFkey,cost,reference\r\na,0.01 USD,\"line 1, \"\"second\"\" page\" \r\n\r\n",
                StandardCharsets.UTF_8);

        assertThat(calls).singleElement().satisfies(call -> {
            assertThat(call.key()).isEqualTo("a");
            assertThat(call.cost()).isEqualTo(Money.parse("0.01 USD"));
            assertThat(call.reference()).isEqualTo("line 1, \"second\" page");
        });
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "a,NaN,1,          | inputTokens is 'NaN': a whole number of tokens is expected. Correct it.",
                "a,1e3,1,          | inputTokens is '1e3': a whole number of tokens is expected. Correct it.",
                "a,-1,1,           | ",
                "a,99999999999999999999,1, | inputTokens is '99999999999999999999'",
                "a,,,-1.00 USD     | Amount '-1.00 USD' is malformed",
                "a,,,1e3 USD       | Amount '1e3 USD' is malformed",
                "a,,,1.00          | Amount '1.00' is malformed",
                "a,,,              | there are neither tokens nor a cost: nothing is said of the call.",
                "a\"b,1,1,         | a quote stands inside a field.",
                "\"a\"b,1,1,       | a quote stands inside a field.",
                "\"a,1,1,          | a quote is never closed.",
                "b,1,1,            | 'key' b is provider_reported in line 2 already"
            })
    void read_lineOfACsvFile_isRefused(String line, String fault) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(
                        "u.csv", "key,inputTokens,outputTokens,cost\nb,2,2,\n" + line.strip(), StandardCharsets.UTF_8))
                .withMessageStartingWith("u.csv:3 " + (fault == null ? "" : fault));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"key\":\"a\",\"input_tokens\":5} | unknown member 'input_tokens': key, inputTokens,",
                "{\"key\":\"a\",\"inputTokens\":1.5} | ",
                "{\"key\":\"a\",\"cost\":0.01} | ",
                "{\"key\":\"a\",\"key\":\"c\",\"inputTokens\":1} | ",
                "{\"key\":\"b\",\"inputTokens\":1,\"outputTokens\":1} | 'key' b is provider_reported in line 1 already",
                "NaN | "
            })
    void read_lineOfAJsonFile_isRefused(String line, String fault) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read(
                        "u.jsonl", "{\"key\":\"b\",\"cost\":\"0.02 USD\"}\n" + line.strip(), StandardCharsets.UTF_8))
                .withMessageStartingWith("u.jsonl:2 " + (fault == null ? "" : fault));
    }

    @Test
    void read_otherEncoding_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> read("u.csv", "key,cost\n\u00e9,1 USD", StandardCharsets.ISO_8859_1))
                .withMessage("u.csv is not encoded in UTF-8. Save it so.");
    }

    private List<BilledCall> read(String name, String text, Charset charset) throws IOException {
        return UsageFile.read(Files.write(folder.resolve(name), text.getBytes(charset)), "acme");
    }
}
