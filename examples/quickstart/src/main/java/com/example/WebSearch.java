package com.example;

import io.spendguard.model.Guarded;

public interface WebSearch {
    @Guarded(cost = "0.01 USD")
    String search(String query);
}
