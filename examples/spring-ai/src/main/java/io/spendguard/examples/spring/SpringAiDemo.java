package io.spendguard.examples.spring;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.examples.Demo;
import io.spendguard.examples.Demos;
import io.spendguard.examples.Evidence;
import io.spendguard.examples.NeverContent;
import io.spendguard.examples.Stage;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Balance;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.proof.Signer;
import io.spendguard.test.OpenAiStandIn;
import io.spendguard.trace.Scope;
import java.util.List;
import org.springframework.boot.Banner;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * An agent that is never content: whatever the search finds, the model asks for another. Spring AI would go on for ever; the
 * run's budget ends it after a few rounds.
 */
public final class SpringAiDemo implements Demo {

    /**
     * Plays and exits.
     *
     * @param args as {@link Demos#main} takes them
     */
    public static void main(String[] args) {
        Demos.playAndExit(args, List.of(new SpringAiDemo()));
    }

    @Override
    public String name() {
        return "agent_spring_ai";
    }

    @Override
    public void play(Stage stage) {
        Contract contract = stage.contract("agent");
        String tenant = stage.newTenant();
        Evidence evidence = Evidence.begin(stage.folder(), name());
        stage.tell("an agent on Spring AI that always wants one more search, %s", Stage.limits(contract));

        try (OpenAiStandIn provider = NeverContent.provider();
                ConfigurableApplicationContext application = start(stage, evidence, provider)) {
            SpendDeniedException stop =
                    answer(application.getBean(ResearchAgent.class), Scope.ofRun(tenant, "question-1"));

            Balance budget = application.getBean(Guard.class).balances(tenant).get(0);
            NeverContent.tell(
                    stage,
                    name(),
                    provider.calls().size(),
                    application.getBean(WebSearch.class).queries(),
                    budget,
                    stop);
        }
        evidence.exportAndVerify(stage, tenant, contract);
    }

    /** An application of its own would say spring.datasource.url and spendguard.signing-key instead of bringing these beans. */
    private static ConfigurableApplicationContext start(Stage stage, Evidence evidence, OpenAiStandIn provider) {
        return new SpringApplicationBuilder(ResearchApplication.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .logStartupInfo(false)
                .initializers((GenericApplicationContext context) -> {
                    context.registerBean(Ledger.class, stage::openLedger);
                    context.registerBean(Signer.class, evidence::signer);
                })
                .properties(
                        "spendguard.contract=file:" + stage.contracts().resolve("agent.yaml"),
                        "openai.base-url=" + provider.baseUrl())
                .run();
    }

    private static SpendDeniedException answer(ResearchAgent agent, Scope caller) {
        try {
            throw NeverContent.cameToAnEnd(String.valueOf(agent.answer(NeverContent.question(), caller)));
        } catch (SpendDeniedException stop) {
            return stop;
        }
    }
}
