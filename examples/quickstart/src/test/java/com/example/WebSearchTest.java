package com.example;

import io.spendguard.Guard;
import io.spendguard.GuardedProxy;
import io.spendguard.test.BudgetLimit;
import io.spendguard.test.SpendGuardTest;
import org.junit.jupiter.api.Test;

@SpendGuardTest
class WebSearchTest {
    @Test
    @BudgetLimit("0.05 USD")
    void research_needsFiveSearchesAtMost(Guard guard) {
        WebSearch search = GuardedProxy.of(WebSearch.class, query -> "found " + query, guard);

        for (int i = 0; i < 5; i++) {
            search.search("tea");
        }
    }
}
