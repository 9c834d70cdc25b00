package io.spendguard.contract;

import io.spendguard.contract.ModelProfile.Capability;
import io.spendguard.contract.YamlNode.Sequence;
import io.spendguard.model.Money;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one model of an alias. */
final class ModelBinder {
    private final Findings findings;

    ModelBinder(Findings findings) {
        this.findings = findings;
    }

    /** The model, or null when it has no name. */
    @Nullable
    ModelProfile bind(Members members) {
        members.required("provider", "Name the model's provider.");
        members.required("model", "Name the model as its provider does.");
        String provider = members.text("provider");
        String model = members.text("model");
        Set<Capability> capabilities = capabilities(members);
        Long input = members.integer("maxInputTokens", 1, Integer.MAX_VALUE);
        Long output = members.integer("maxOutputTokens", 1, Integer.MAX_VALUE);
        Long quality = members.integer("quality", 0, 1_000);
        Money inputPrice = members.parsed("inputPrice", "money per million tokens", Money::parse);
        Money outputPrice = members.parsed("outputPrice", "money per million tokens", Money::parse);
        return provider == null || model == null
                ? null
                : new ModelProfile(
                        new ModelRef(provider, model), capabilities, input, output, quality, inputPrice, outputPrice);
    }

    private Set<Capability> capabilities(Members members) {
        Set<Capability> capabilities = EnumSet.noneOf(Capability.class);
        Sequence sequence = members.sequence("capabilities");
        if (sequence == null) {
            return capabilities;
        }
        List<String> names = List.of(Capability.values()).stream()
                .map(c -> c.name().toLowerCase(Locale.ROOT))
                .toList();
        for (YamlNode item : sequence.items()) {
            String text = item instanceof YamlNode.Scalar scalar ? scalar.text() : "";
            if (names.contains(text)) {
                capabilities.add(Capability.valueOf(text.toUpperCase(Locale.ROOT)));
            } else {
                findings.fault(
                        item.position(),
                        members.path("capabilities"),
                        "unknown capability " + item.describe() + "." + Texts.suggestion(text, names));
            }
        }
        return capabilities;
    }
}
