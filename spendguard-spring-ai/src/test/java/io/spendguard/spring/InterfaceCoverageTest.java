package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.execution.ToolExecutionExceptionProcessor;
import org.springframework.ai.tool.resolution.ToolCallbackResolver;

/** A method that a new Spring AI adds is a way past the guard until somebody has looked at it. */
class InterfaceCoverageTest {
    static Stream<Arguments> interfaces() {
        return Stream.of(
                Arguments.of(ChatModel.class, new String[] {
                    "call(Message[])",
                    "call(ModelRequest)",
                    "call(Prompt)",
                    "call(String)",
                    "getDefaultOptions()",
                    "getOptions()",
                    "stream(Message[])",
                    "stream(ModelRequest)",
                    "stream(Prompt)",
                    "stream(String)"
                }),
                Arguments.of(EmbeddingModel.class, new String[] {
                    "call(EmbeddingRequest)",
                    "call(ModelRequest)",
                    "dimensions()",
                    "embed(Document)",
                    "embed(List)",
                    "embed(List,EmbeddingOptions,BatchingStrategy)",
                    "embed(String)",
                    "embedForResponse(List)",
                    "getEmbeddingContent(Document)"
                }),
                Arguments.of(ToolCallback.class, new String[] {
                    "call(String)", "call(String,ToolContext)", "getToolDefinition()", "getToolMetadata()"
                }),
                Arguments.of(ToolCallingManager.class, new String[] {
                    "executeToolCalls(Prompt,ChatResponse)", "resolveToolDefinitions(ToolCallingChatOptions)"
                }),
                Arguments.of(ToolCallbackResolver.class, new String[] {"resolve(String)"}),
                Arguments.of(ToolExecutionExceptionProcessor.class, new String[] {"process(ToolExecutionException)"}));
    }

    @ParameterizedTest
    @MethodSource("interfaces")
    void interface_hasNoMethodWeDoNotKnow(Class<?> type, String[] known) {
        Stream<String> methods = Arrays.stream(type.getMethods())
                .filter(method -> !Modifier.isStatic(method.getModifiers()))
                .map(InterfaceCoverageTest::signature)
                .distinct();

        assertThat(methods).containsExactlyInAnyOrder(known);
    }

    private static String signature(Method method) {
        return method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .toList()
                        .toString()
                        .replaceAll("^\\[|]$", "|")
                        .replaceFirst("\\|", "(")
                        .replaceFirst("\\|$", ")")
                        .replace(", ", ",");
    }
}
