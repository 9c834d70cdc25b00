package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.json.JsonObject;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConfigurationMetadataTest {
    @Test
    void metadata_namesEveryPropertyOnce() throws Exception {
        List<String> described;
        try (InputStream in =
                SpendGuardProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            described = JsonObject.parse(in.readAllBytes()).objects("properties").stream()
                    .map(property -> property.string("name"))
                    .toList();
        }

        assertThat(described)
                .containsExactlyInAnyOrderElementsOf(
                        names("spendguard.", SpendGuardProperties.class).toList());
    }

    private static Stream<String> names(String prefix, Class<?> type) {
        return Arrays.stream(type.getRecordComponents())
                .flatMap(component -> component.getType().isRecord()
                        ? names(prefix + kebab(component) + ".", component.getType())
                        : Stream.of(prefix + kebab(component)));
    }

    private static String kebab(RecordComponent component) {
        return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }
}
