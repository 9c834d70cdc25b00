package io.spendguard.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The operators and functions conditions may use. What is not listed is refused, so that every cost stays bounded. */
final class FunctionNames {
    static final Set<String> COMPARISONS = Set.of("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_");
    static final Set<String> OPERATORS = Set.of(
            "_&&_",
            "_||_",
            "!_",
            "_?_:_",
            "_+_",
            "_-_",
            "_*_",
            "_/_",
            "_%_",
            "-_",
            "_[_]",
            "@in",
            "@not_strictly_false");
    static final List<String> FUNCTIONS = List.of(
            "size",
            "contains",
            "startsWith",
            "endsWith",
            "int",
            "double",
            "string",
            "bool",
            "timestamp",
            "duration",
            "getFullYear",
            "getMonth",
            "getDate",
            "getDayOfMonth",
            "getDayOfWeek",
            "getDayOfYear",
            "getHours",
            "getMinutes",
            "getSeconds",
            "getMilliseconds");
    static final List<String> OWN_FUNCTIONS = List.of("budget", "money", "amount", "has", "exists", "get", "coalesce");
    static final List<String> MACROS = List.of("all", "exists", "exists_one", "map", "filter");

    private FunctionNames() {}

    /** An operator or function as it is written. */
    static String name(String function) {
        return function.replace("_", "").replace("@", "");
    }

    /** What to say of a name that is none of these. */
    static String unknown(String function) {
        if (function.equals("matches")) {
            return "matches() is not allowed: the cost of a pattern has no bound here."
                    + " Use ==, in, startsWith, endsWith or contains.";
        }
        List<String> names = new ArrayList<>(FUNCTIONS);
        names.addAll(OWN_FUNCTIONS);
        names.addAll(MACROS);
        return "unknown function '" + function + "'." + Texts.suggestion(function, names);
    }
}
