package org.lrcc.cli;

import java.util.Arrays;

/** Sets up the libraries' log before the first logger is made: warnings only, or everything of note with {@code --verbose}. */
final class Logging {
    private Logging() {}

    static void configure(String[] args) {
        boolean verbose = Arrays.asList(args).contains("--verbose");
        setDefault("defaultLogLevel", verbose ? "info" : "warn");
        setDefault("showThreadName", "false");
        setDefault("showShortLogName", "false");
        setDefault("showLogName", "false");
    }

    private static void setDefault(String key, String value) {
        String name = "org.slf4j.simpleLogger." + key;
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
