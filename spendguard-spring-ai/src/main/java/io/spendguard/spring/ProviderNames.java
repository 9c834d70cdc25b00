package io.spendguard.spring;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.util.ClassUtils;

/** Names the provider behind a model, as price books name it. */
final class ProviderNames {
    private static final boolean HAS_OPENAI = ClassUtils.isPresent(
            "org.springframework.ai.openai.OpenAiChatOptions", ProviderNames.class.getClassLoader());
    private static final Map<String, String> BY_CLASS_PREFIX = byClassPrefix();

    private ProviderNames() {}

    /** By the class of the model, behind whatever proxies; a class that is not known gives its own name, without the ending. */
    static String of(Object model) {
        String type = ClassUtils.getUserClass(AopProxyUtils.ultimateTargetClass(model))
                .getSimpleName();
        return BY_CLASS_PREFIX.entrySet().stream()
                .filter(known -> type.startsWith(known.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseGet(() -> ownName(type));
    }

    static boolean isOpenAi(ChatOptions options) {
        return HAS_OPENAI && OpenAiOptions.isFor(options);
    }

    private static String ownName(String type) {
        String name = type.replaceFirst("(Chat|Embedding)Model$", "");
        return name.isEmpty() ? "custom" : name.toLowerCase(Locale.ROOT);
    }

    private static Map<String, String> byClassPrefix() {
        Map<String, String> names = new LinkedHashMap<>();
        names.put("OpenAi", "openai");
        names.put("AzureOpenAi", "azure_openai");
        names.put("Anthropic", "anthropic");
        names.put("BedrockProxy", "bedrock_converse");
        names.put("Bedrock", "bedrock");
        names.put("GoogleGenAi", "google_genai");
        names.put("VertexAi", "vertex_ai");
        names.put("MistralAi", "mistral_ai");
        names.put("Ollama", "ollama");
        names.put("DeepSeek", "deepseek");
        return names;
    }
}
